"""What Base39 tells us: invoices in our words, lists page by page, webhooks; and what is never sent to it."""

import json
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from businesses.terms import PerDay, Terms, Tier
from core.http import CallFailed
from core.problems import Problem
from invoices.draft import InvoiceDraft
from providers.base39.client import BASE39
from providers.base39.codec import Unit
from providers.base39.seen import STANDING, amount_of, seen
from providers.connector import Access, Forged, News, Secured, Seen, SeenPayment, Standing
from tests.factories import line, make_draft, tax
from tests.providers.base39.bodies import sample
from tests.providers.stepping import bill_of, says, walk

REAIS = Unit("BRL")
ACCESS = Access(
    "https://api.base39.example", {"api_key": "k", "beneficiary": "fund_1", "webhook_token": "shared secret"}
)
INV = "inv_5f92f01728e009f403d8502e"


def test_the_documents_own_example_is_understood() -> None:
    found = seen(sample("answer"), REAIS)
    assert found == Seen("inv_5f92f01728e009f403d8502e", "draft", "draft", total=20_000_000, paid=15_005_000)


@pytest.mark.parametrize(
    ("body", "standing"),
    [
        *(({"status": word}, standing) for word, standing in STANDING.items()),
        ({"status": "open", "amountPaid": 1}, Standing.PARTIALLY_PAID),
        ({"status": "open", "deleted": True}, Standing.GONE),
        ({"status": "a word of tomorrow"}, Standing.UNKNOWN),
    ],
)
def test_every_status_has_its_standing(body: dict[str, Any], standing: Standing) -> None:
    found = seen({"id": INV, **body}, REAIS)
    assert (found.standing, found.word) == (standing, body["status"])


def test_our_own_id_and_number_come_back() -> None:
    metadata = {"faturo_id": "6740a1b2c3d4e5f601234567", "faturo_number": "7"}
    found = seen({"id": INV, "status": "open", "metadata": metadata}, REAIS)
    assert (found.ref, found.number) == ("6740a1b2c3d4e5f601234567", "7")


@pytest.mark.parametrize("body", [{}, {"id": 7, "status": "open"}, {"id": INV}, {"id": INV, "status": {}}])
def test_what_is_no_invoice_is_garbage(body: dict[str, Any]) -> None:
    with pytest.raises(CallFailed, match="garbage"):
        seen(body, REAIS)


@pytest.mark.parametrize(
    ("value", "minor"),
    [(0.1 + 0.2, 30), (1234.56, 123456), (10, 1000), (True, None), ("1", None), (float("nan"), None),
     (float("inf"), None), (1e300, None), (None, None)],
)  # fmt: skip
def test_amounts_survive_binary_fractions_and_nonsense(value: Any, minor: int | None) -> None:
    assert amount_of(value, REAIS) == minor


def intents(*rows: Any) -> dict[str, Any]:
    return {
        "id": INV,
        "status": "open",
        "amountPaid": 30,
        "paymentIntents": {"hasMore": False, "data": list(rows)},
    }


def test_paid_intents_are_payments_under_their_own_ids() -> None:
    details = {"paidAt": "2026-03-20", "amountPaid": 10.5}
    found = seen(
        intents(
            {"id": "pi_1", "status": "paid", "amount": 10, "method": "pix", "paymentDetails": details},
            {"id": "pi_2", "status": "paid", "amount": 20, "method": "loan"},
            {"id": "pi_3", "status": "open", "amount": 70, "method": "boleto"},
        ),
        REAIS,
    )
    assert found.payments == (
        SeenPayment("pi_1", 1050, "pix", datetime(2026, 3, 20, 15, tzinfo=UTC)),
        SeenPayment("pi_2", 2000, "other", None),
    )


def test_money_that_we_told_of_does_not_come_back_as_new() -> None:
    told = {
        "id": "pi_1",
        "status": "paid",
        "amount": 10,
        "method": "offline",
        "metadata": {"faturo_key": "k"},
    }
    found = seen(intents(told), REAIS)
    assert found.payments == () and found.paid == 3000


@pytest.mark.parametrize("rows", [["x", None, 7], [{"status": "paid", "amount": "10"}]])
def test_intents_that_are_none_are_passed_over(rows: list[Any]) -> None:
    assert seen(intents(*rows), REAIS).payments == ()


def test_an_invoice_is_looked_up_and_a_missing_one_is_gone() -> None:
    found = walk(BASE39.look(ACCESS, INV), says({"id": INV, "status": "paid", "amountDue": 5}))
    assert found.asked == [f"GET v1/invoices/{INV}"] and found.value.total == 500
    gone = walk(BASE39.look(ACCESS, INV), says({"code": "INVOICE_NOT_FOUND"}, 404))
    assert gone.value.standing == Standing.GONE


def test_a_list_is_followed_to_its_end() -> None:
    def page(has_more: bool, *ids: str) -> Any:
        return says({"hasMore": has_more, "data": [{"id": key, "status": "open"} for key in ids]})

    done = walk(BASE39.listed(ACCESS, date(2026, 3, 1)), page(True, "inv_1", "inv_2"), page(False, "inv_3"))
    assert [one.id for one in done.value] == ["inv_1", "inv_2", "inv_3"]
    first = "GET v1/invoices?beneficiary=fund_1&due_date_start=2026-03-01&limit=50"
    assert done.asked == [first, f"{first}&starting_after=inv_2"]


@pytest.mark.parametrize("body", [[], {"data": None}, {"data": "x"}, {"hasMore": True}])
def test_a_list_that_is_none_is_garbage(body: Any) -> None:
    assert isinstance(walk(BASE39.listed(ACCESS, date(2026, 3, 1)), says(body)).failed, CallFailed)


def test_a_row_that_is_none_does_not_keep_the_others_back() -> None:
    rows = ["x", {"id": "inv_1"}, {"id": "inv_2", "status": "open"}, {"id": "inv_3", "status": 7}]
    done = walk(BASE39.listed(ACCESS, date(2026, 3, 1)), says({"hasMore": False, "data": rows}))
    assert done.failed is None and [one.id for one in done.value] == ["inv_2"]


def test_an_id_is_one_step_of_the_path_whatever_it_is() -> None:
    done = walk(BASE39.look(ACCESS, "inv_1/void?x=#"), says({"id": INV, "status": "open"}))
    assert done.asked == ["GET v1/invoices/inv_1%2Fvoid%3Fx%3D%23"]
    for key in ("", ".", ".."):
        assert isinstance(walk(BASE39.look(ACCESS, key)).failed, CallFailed)


def test_checking_the_connection_only_reads() -> None:
    done = walk(BASE39.check(ACCESS), says({"hasMore": False, "data": []}))
    assert done.value == "fund_1" and done.asked == ["GET v1/invoices?beneficiary=fund_1&limit=1"]


def heard(body: Any, token: str | None = "shared secret", access: Access = ACCESS) -> list[News]:
    headers = {} if token is None else {"authorization": token}
    return BASE39.hear(
        access, Secured(headers, body if isinstance(body, bytes) else json.dumps(body).encode())
    )


@pytest.mark.parametrize("token", ["shared secret", "Bearer shared secret"])
def test_a_webhook_says_which_invoices_to_read_again(token: str) -> None:
    body = {
        "event": "payment-intent.paid",
        "data": {"id": "pi_1", "invoice": INV, "list": [INV, "inv_9", "my inv_8"]},
    }
    assert heard(body, token) == [News(INV), News("inv_9")]
    assert heard({"event": "loan.created", "data": {"id": "loan_1"}}) == []


@pytest.mark.parametrize(
    "token", [None, "", "shared", "Bearer ", "Bearer Bearer shared secret", "sháred secret"]
)
def test_a_webhook_without_our_token_is_forged(token: str | None) -> None:
    with pytest.raises(Forged):
        heard({"id": INV}, token)


def test_without_a_registered_token_no_webhook_is_believed() -> None:
    for token in (None, "", "shared secret"):
        with pytest.raises(Forged):
            heard({"id": INV}, token, replace(ACCESS, credentials={"api_key": "k"}))


@pytest.mark.parametrize("body", [b"", b"<html>", b"\xff", b"[" * 100_000])
def test_a_webhook_that_cannot_be_read_is_a_problem(body: bytes) -> None:
    with pytest.raises(Problem):
        heard(body)


def test_what_is_deep_in_a_webhook_is_not_searched_for() -> None:
    deep: Any = INV
    for _level in range(500):
        deep = [deep]
    assert heard(deep) == []


def terms(**fields: Any) -> InvoiceDraft:
    return make_draft(1, payment_terms=Terms(**fields).as_dict())


PARTS = {"parts": [{"due_on": "2026-03-16", "amount": 5000}, {"due_on": "2026-04-16", "amount": 5000}]}
REFUSED: list[tuple[InvoiceDraft, str]] = [
    (make_draft(1, currency="EUR"), "currency"),
    (make_draft(1, [line("1", "1", tax(fixed=200, withheld=True))], document_tax=500), "lines"),
    (make_draft(1, [line("10"), line("-1")]), "lines"),
    (make_draft(1, schedule=PARTS), "schedule"),
    (terms(tiers=(Tier(5, Decimal(10)),)), "payment_terms"),
    (terms(per_day=PerDay.AMOUNT, per_day_amount=10), "payment_terms"),
    (make_draft(1, [line("0")]), "total"),
]


@pytest.mark.parametrize(("draft", "field"), REFUSED)
def test_what_base39_cannot_say_is_refused_before_anything_is_sent(draft: InvoiceDraft, field: str) -> None:
    with pytest.raises(Problem) as refused:
        BASE39.refuse(bill_of(draft), ACCESS)
    assert refused.value.field == field and "%" not in refused.value.text
    assert "Base39" in refused.value.text or field == "total"


def test_a_discount_for_paying_early_is_refused_only_while_somebody_can_reach_it() -> None:
    """The draft is issued fourteen days before it is due."""
    with pytest.raises(Problem):
        BASE39.refuse(bill_of(terms(tiers=(Tier(14, Decimal(10)),))), ACCESS)
    BASE39.refuse(bill_of(terms(tiers=(Tier(15, Decimal(10)),))), ACCESS)
    BASE39.refuse(
        bill_of(terms(tiers=(Tier(5, Decimal(10)),))),
        replace(ACCESS, options={"early_discount": "leave_out"}),
    )


def test_a_customer_whom_base39_does_not_know_is_named_as_the_reason() -> None:
    with pytest.raises(Problem) as refused:
        BASE39.refuse(bill_of(payer={"external_id": ""}), ACCESS)
    assert refused.value.field == "customer" and "Base39" in refused.value.text


@pytest.mark.parametrize(
    "draft",
    [
        make_draft(1, [line("10", "3", tax("5")), line("1", discount_percent=Decimal(10))], document_tax=7),
        terms(fine_percent=Decimal(2)),
        make_draft(1, [line("10", "1", tax("5", withheld=True))]),
        make_draft(1, terms="<p>Obrigado</p>"),
    ],
)
def test_what_goes_into_amounts_or_is_only_said_can_be_pushed(draft: InvoiceDraft) -> None:
    BASE39.refuse(bill_of(draft), ACCESS)
