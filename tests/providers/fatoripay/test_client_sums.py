"""The FatoriPay connector where sums, lists or standings are not what they were when somebody decided to push."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from businesses.terms import PerDay, Terms, Tier
from core.problems import Problem
from invoices.draft import DiscountDraft, LineDraft, TaxDraft
from providers.connector import Doubtful, Refused, Remote
from providers.fatoripay.client import FATORIPAY, issue
from tests.providers.fatoripay.test_client import ACCESS, JOB, THERE, options, row
from tests.providers.steps import Played, bill_of, play

UNSEEN = replace(JOB, is_unclear=True)
TAXED = LineDraft(
    "Work", Decimal(100), taxes=(TaxDraft("ISS", Decimal(5)), TaxDraft("IRRF", Decimal("1.5"), withheld=True))
)
TIERS = Terms(tiers=(Tier(5, percent=Decimal(3)),)).as_dict()
PER_DAY = Terms(per_day=PerDay.AMOUNT, per_day_amount=10).as_dict()


@pytest.mark.parametrize(
    "bill", [bill_of(paid=1), replace(bill_of(), amount_due=9_000)], ids=["partly paid", "partly credited"]
)
def test_what_is_not_whole_here_any_more_is_not_asked_for_whole_there(bill: Any) -> None:
    with pytest.raises(Problem) as problem:
        FATORIPAY.refuse(bill, ACCESS)
    assert problem.value.field == "amount_due"
    into = Played()
    with pytest.raises(Refused):
        play(issue(replace(UNSEEN, bill=bill)), (200, []), into=into)
    assert into.asked == ["GET /invoices/"]
    found = play(issue(replace(UNSEEN, bill=bill)), (200, [row()]))
    assert found.learned[-1].id == "uuid-1", "what is there already is taken over"


@pytest.mark.parametrize("money", ["cents", "point", "comma"])
def test_what_is_withheld_at_source_is_not_asked_for_and_named(money: str) -> None:
    bill = bill_of(TAXED, discount=DiscountDraft(amount=1_000), language="pt-br")
    assert (bill.total, bill.withheld) == (9_450, 135)
    FATORIPAY.refuse(bill, ACCESS)
    job = replace(JOB, bill=bill, access=options(money=money))
    body = play(issue(job), (200, row(total_amount="93.15"))).body(0)
    assert body["discount_amount"] == {"cents": 1_135, "point": "11.35", "comma": 11.35}[money]
    assert "IRRF" in body["description"] and "R$\xa01,35" in body["description"]
    with pytest.raises(Refused):
        play(issue(job), (200, row(total_amount="94.50")))


@pytest.mark.parametrize("terms", [TIERS, PER_DAY])
def test_a_discount_for_paying_early_is_refused_or_left_out_and_said(terms: Any) -> None:
    bill = bill_of(payment_terms=terms, language="pt-br", description="Março")
    with pytest.raises(Problem) as problem:
        FATORIPAY.refuse(bill, ACCESS)
    assert problem.value.field == "payment_terms"
    job = replace(JOB, bill=bill, access=options(early_discount="leave_out"))
    FATORIPAY.refuse(bill, job.access)
    said = play(issue(job), (200, row())).body(0)["description"]
    assert said.startswith("Março\n") and said.endswith(bill.link)


def test_a_discount_that_nobody_can_get_any_more_is_none() -> None:
    late = Terms(tiers=(Tier(15, percent=Decimal(3)),)).as_dict()
    FATORIPAY.refuse(bill_of(payment_terms=late), ACCESS)
    day = date(2026, 3, 2)
    FATORIPAY.refuse(bill_of(payment_terms=PER_DAY, issue_on=day, due_on=day), ACCESS)


@pytest.mark.parametrize(
    "paging",
    [
        {"next_page_url": "https://elsewhere.example/api/invoices?page=2", "data": []},
        {"links": {"next": "https://elsewhere.example/api/invoices?page=2"}, "data": []},
        {"meta": {"current_page": 1, "last_page": 2}, "data": []},
        {"current_page": 1, "last_page": 2, "data": []},
    ],
)
def test_pages_as_laravel_writes_them_are_read_to_their_end(paging: Any) -> None:
    last = {
        "data": [row()],
        "current_page": 2,
        "last_page": 2,
        "next_page_url": None,
        "links": {"next": None},
    }
    found = play(issue(UNSEEN), (200, paging), (200, last))
    assert found.asked == ["GET /invoices/", "GET /invoices/?page=2"]
    assert found.learned[-1].id == "uuid-1"


def test_a_look_up_that_does_not_see_the_end_creates_nothing() -> None:
    endless = (200, {"data": [], "next_page_url": "/?page=7"})
    into = Played()
    with pytest.raises(Doubtful):
        play(issue(UNSEEN), *[endless] * 50, into=into)
    assert not any(asked.startswith("POST") for asked in into.asked)


def test_a_cancelled_one_is_taken_only_when_there_is_no_other_and_is_no_success() -> None:
    cancelled = row(id="uuid-0", status="canceled")
    assert play(issue(UNSEEN), (200, [cancelled, row()])).learned[-1].id == "uuid-1"
    with pytest.raises(Refused):
        play(issue(UNSEEN), (200, [cancelled]))
    with pytest.raises(Refused):
        play(issue(replace(JOB, remote=THERE)), (200, cancelled))


def test_an_id_with_a_slash_is_one_step_of_a_path() -> None:
    found = play(issue(replace(JOB, remote=Remote("a/../b"))), (200, row()))
    assert found.asked == ["GET /invoices/a%2F..%2Fb"]


@pytest.mark.parametrize(
    ("came", "interest", "own"),
    [("102.50", "2.50", 10_000), ("100.00", "2.50", 10_000), ("95.00", "0", 9_500), ("102.50", None, 10_250)],
)
def test_interest_is_not_for_the_invoice_itself(came: str, interest: str | None, own: int) -> None:
    about = {"method": "pix", "total_amount": came, "interest_amount": interest}
    found = play(FATORIPAY.look(ACCESS, "uuid-1"), (200, row(status="paid", payment=about))).value
    assert ([one.amount for one in found.payments], found.paid) == ([own], own)


def test_one_row_without_sense_does_not_keep_the_others_from_being_compared() -> None:
    rows = ["rubbish", {"id": "x"}, row(id="y", total_amount="1.2.3"), row()]
    found = play(FATORIPAY.listed(ACCESS, date(2026, 1, 1)), (200, rows))
    assert [seen.id for seen in found.value] == ["uuid-1"]
