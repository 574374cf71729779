"""What the payer keeps back for the taxman, and the discount for paying early, at Base39 and Aira."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

import pytest

from businesses.terms import Terms, Tier
from invoices.draft import InvoiceDraft
from invoices.totals import compute
from providers import withheld
from providers.aira import issuing as aira
from providers.base39 import asking as base39
from providers.base39.client import BASE39
from providers.base39.codec import Unit
from providers.connector import Access
from tests.factories import line, make_draft, tax
from tests.providers.stepping import bill_of, job_of, says, walk

AT_BASE39 = Access("https://api.base39.example", {"api_key": "k", "beneficiary": "fund_1"})
AT_AIRA = Access(
    "https://api.aira.example", {"api_key": "k", "payment_account": "acc-1"}, {"customer": "external"}
)
LEFT_OUT = {"early_discount": "leave_out"}
IRRF, ISS = tax("1.5", name="IRRF", withheld=True), tax("5", name="ISS", withheld=True)
PCC = tax("4.65", name="PCC", withheld=True)
DRAFTS = [
    make_draft(1, [line("1000", "1", IRRF, ISS), line("33.33", "3", PCC, discount_amount=77), line("10")]),
    make_draft(
        1, [line("0.01", "1", IRRF)] * 30 + [line("99.99", "7", PCC, ISS, tax("10"))], rounding_mode="tax"
    ),
    make_draft(
        1, [line("10.01", "1", PCC, tax("10", inclusive=True))] * 7, rounding_mode="document", document_tax=33
    ),
    make_draft(1, [line("1", "1", tax(fixed=300, withheld=True)), line("5")]),
]


def at_aira(draft: InvoiceDraft, **options: str) -> tuple[str, Sequence[int]]:
    """The memo, and the lines' amounts."""
    job = job_of(replace(AT_AIRA, options={**AT_AIRA.options, **options}), bill_of(draft))
    return aira.creation(job)["memo"], [each["amount"] for each in aira.lines_to_add(job)]


@pytest.mark.parametrize("draft", DRAFTS)
def test_both_ask_exactly_for_what_the_payer_is_asked_for(draft: InvoiceDraft) -> None:
    wanted, shares = compute(draft).amount_due, withheld.shares(draft)
    assert sum(shares) == compute(draft).withheld > 0
    items = base39.creation(job_of(AT_BASE39, bill_of(draft)), Unit("BRL"))["items"]
    sums = [round(100 * (each["amount"] - each.get("discount", 0))) for each in items]
    assert sum(sums) == wanted and min(sums) >= 0
    amounts = at_aira(draft)[1]
    assert sum(amounts) == wanted and min(amounts) >= 0


@pytest.mark.parametrize(
    ("language", "words"),
    [("pt-br", "retido na fonte: IRRF 1,5 %, ISS 5 %"), ("en", "withheld at source: IRRF 1.5 %, ISS 5 %")],
)
def test_each_item_says_what_was_withheld_in_the_invoice_s_language(language: str, words: str) -> None:
    draft = make_draft(1, [line("1000", "1", IRRF, ISS, discount_amount=1000), line("10")], language=language)
    first, second = base39.creation(job_of(AT_BASE39, bill_of(draft)), Unit("BRL"))["items"]
    assert first["description"].startswith("Work (") and words in first["description"]
    assert first["discount"] == Decimal("74.35") and first["amount"] == 1000
    assert "discount" not in second and second["description"] == "Work"


def test_aira_s_memo_names_each_tax_with_its_amount() -> None:
    memo, amounts = at_aira(make_draft(1, [line("1000", "1", IRRF, ISS)], description="Março"))
    assert amounts == [93500] and memo.startswith("2026-0007 · ") and memo.endswith(" · Março")
    assert "IRRF 1,5 %: R$\xa015,00" in memo and "ISS 5 %: R$\xa050,00" in memo


def test_the_total_there_is_compared_with_what_the_payer_is_asked_for() -> None:
    bill = bill_of(make_draft(1, [line("1000", "1", IRRF)]))
    there = {"id": "inv_1", "status": "draft", "amountDue": 985, "amountPaid": 0}
    done = walk(
        BASE39.operations["issue"](job_of(AT_BASE39, bill)),
        says(there, 201),
        says({**there, "status": "open"}),
    )
    assert done.failed is None
    more = walk(BASE39.operations["issue"](job_of(AT_BASE39, bill)), says({**there, "amountDue": 1000}, 201))
    assert more.failed is not None


def test_nothing_is_said_where_nothing_is_withheld() -> None:
    assert withheld.told(make_draft(1, [line("10", "1", tax("5"))])) == ""


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_a_discount_that_is_left_out_is_said_with_the_way_to_it(language: str) -> None:
    terms = Terms(tiers=(Tier(5, Decimal(10)),)).as_dict()
    draft = make_draft(1, payment_terms=terms, language=language, description="Março")
    link = bill_of().link
    memo, amounts = at_aira(draft, **LEFT_OUT)
    assert link in memo and amounts == [10000]
    body = base39.creation(job_of(replace(AT_BASE39, options=LEFT_OUT), bill_of(draft)), Unit("BRL"))
    assert link in body["description"] and body["description"].endswith("Março")
    assert body["items"][0]["amount"] == 100
