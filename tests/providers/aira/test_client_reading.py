"""What Aira tells us: invoices in our words, lists page by page, webhooks; and what is never sent to it."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from businesses.terms import Terms, Tier
from core.http import CallFailed
from core.problems import Problem
from invoices.draft import InvoiceDraft
from providers.aira.client import AIRA
from providers.aira.seen import STANDING, seen
from providers.aira.wire import STATUSES
from providers.connector import Access, Forged, News, Secured, SeenPayment, Standing
from tests.factories import line, make_draft, tax
from tests.providers.aira.samples import sample
from tests.providers.stepping import bill_of, says, walk

ID = "3c90c3cc-0d44-4b50-8888-8dd25736052a"
ACCESS = Access(
    "https://api.aira.example",
    {"api_key": "k", "payment_account": "acc-1", "webhook_token": "shared"},
    {"customer": "external"},
)
SINCE = date(2026, 3, 1)


@pytest.mark.parametrize("word", [*STATUSES, "a word of tomorrow"])
def test_every_status_has_its_standing(word: str) -> None:
    found = seen({"invoice": {"id": ID, "status": word, "totalAmount": 7, "invoiceNumber": None}})
    assert (found.id, found.word, found.total, found.paid, found.number) == (ID, word, 7, None, "")
    assert found.standing == STANDING.get(word, Standing.UNKNOWN)
    assert (found.standing == Standing.UNKNOWN) is (word in ("failed", "a word of tomorrow"))


def test_payments_are_known_by_their_own_ids() -> None:
    paid = {
        "id": "p-1",
        "amount": 400,
        "status": "paid",
        "paymentMethod": "bolepix",
        "processedAt": "2026-03-20T10:00:00Z",
    }
    rows = [paid, {**paid, "id": "p-2", "status": "created"}, {"status": "paid", "amount": 0}, "x"]
    found = seen({"payments": rows, "invoice": {"id": ID, "status": "pending", "totalAmount": 1000}})
    assert found.payments == (SeenPayment("p-1", 400, "bolepix", datetime(2026, 3, 20, 10, tzinfo=UTC)),)
    assert (found.paid, found.standing) == (400, Standing.PARTIALLY_PAID)


def test_document_002_s_example_is_read_without_a_crash() -> None:
    found = seen(sample("list")[0])
    assert (found.word, found.standing, found.paid) == ("open", Standing.DRAFT, 0)


@pytest.mark.parametrize(
    "body", [{}, {"invoice": None}, {"id": ID}, {"id": 1, "status": "open"}, {"id": ID, "status": []}]
)
def test_what_is_no_invoice_is_garbage(body: dict[str, Any]) -> None:
    with pytest.raises(CallFailed, match="garbage"):
        seen(body)


@pytest.mark.parametrize("value", [True, "1", float("nan"), 1e300, None, {}])
def test_what_is_no_amount_is_left_out(value: Any) -> None:
    assert seen({"id": ID, "status": "open", "totalAmount": value}).total is None


def item(key: str, invoiced: str, due: str) -> dict[str, Any]:
    return {"id": key, "status": "issued", "invoiceDate": invoiced, "dueDate": due, "totalAmount": 1}


def test_a_list_is_followed_to_its_end_and_keeps_what_is_due_or_issued_since() -> None:
    one = says(
        {
            "items": [item("a", "2026-03-01", "2026-03-02"), item("b", "2026-02-01", "2026-03-01")],
            "hasMore": True,
        }
    )
    two = says({"items": [item("c", "2026-02-01", "2026-02-28")], "hasMore": False})
    done = walk(AIRA.listed(ACCESS, SINCE), one, two)
    assert [each.id for each in done.value] == ["a", "b"]
    first = "GET v1/invoices?invoiceDate.gte=2025-12-31&limit=100&offset="
    assert done.asked == [f"{first}0", f"{first}100"]


@pytest.mark.parametrize("body", [[], {"items": None}, {"items": "x"}])
def test_a_list_that_is_none_is_garbage(body: Any) -> None:
    for steps in (AIRA.listed(ACCESS, SINCE), AIRA.check(ACCESS)):
        assert isinstance(walk(steps, says(body)).failed, CallFailed)


def test_a_row_that_is_none_does_not_keep_the_others_back() -> None:
    rows = ["x", {"id": "a", "invoiceDate": "2026-03-02"}, item("b", "2026-03-02", "2026-03-16")]
    done = walk(AIRA.listed(ACCESS, SINCE), says({"items": rows, "hasMore": False}))
    assert done.failed is None and [one.id for one in done.value] == ["b"]


def test_an_id_is_one_step_of_the_path_whatever_it_is() -> None:
    done = walk(AIRA.look(ACCESS, "a/../b?c"), says({"id": ID, "status": "open"}))
    assert done.asked == ["GET v1/invoices/a%2F..%2Fb%3Fc"]


def test_checking_the_connection_only_reads() -> None:
    done = walk(AIRA.check(ACCESS), says({"items": [], "hasMore": False}))
    assert done.value == "acc-1" and done.asked == ["GET v1/invoices?limit=1&offset=0"]


def test_an_invoice_is_looked_up_and_a_missing_one_is_gone() -> None:
    assert (
        walk(AIRA.look(ACCESS, ID), says({"invoice": {"id": ID, "status": "paid"}})).value.standing == "paid"
    )
    assert walk(AIRA.look(ACCESS, ID), says({}, 404)).value.standing == Standing.GONE


def heard(body: Any, token: str | None = "shared", access: Access = ACCESS) -> list[News]:
    headers = {} if token is None else {"x-webhook-token": token}
    return AIRA.hear(access, Secured(headers, body if isinstance(body, bytes) else json.dumps(body).encode()))


@pytest.mark.parametrize(
    ("event", "payload", "news"),
    [
        ("payment.status-updated", {"payment": {"id": "p"}, "invoice": {"id": ID}}, [News(ID)]),
        ("payment.status-updated", {"payment": {"id": "p"}, "invoiceId": ID}, [News(ID)]),
        ("payment.status-updated", {"id": "p"}, []),
        ("invoice.status-updated", {"invoice": {"id": ID}}, [News(ID)]),
        ("invoice.status-updated", {"id": ID, "status": "paid"}, [News(ID)]),
        ("contract.created", {"id": ID}, []),
        ("invoice.status-updated", {"invoice": {"id": 7}}, []),
        ("invoice.status-updated", {"invoice": {"id": "../customers"}}, []),
        ("invoice.status-updated", {"invoice": {"id": "a" * 101}}, []),
        ("invoice.status-updated", None, []),
    ],
)
def test_a_webhook_says_which_invoice_to_read_again(event: str, payload: Any, news: list[News]) -> None:
    assert heard({"id": "evt-1", "event": event, "payload": payload}) == news


@pytest.mark.parametrize("token", [None, "", "other", "Shared"])
def test_a_webhook_without_the_shared_token_is_forged(token: str | None) -> None:
    with pytest.raises(Forged):
        heard({"event": "invoice.status-updated", "payload": {"id": ID}}, token)
    with pytest.raises(Forged):
        heard({}, token, Access("https://x.example", {"api_key": "k"}))


@pytest.mark.parametrize("body", [b"", b"<html>"])
def test_a_webhook_that_cannot_be_read_is_a_problem(body: bytes) -> None:
    with pytest.raises(Problem):
        heard(body)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        (make_draft(1, currency="USD"), "currency"),
        (make_draft(1, [line("1", "1", tax(fixed=200, withheld=True))], document_tax=500), "lines"),
        (make_draft(1, payment_terms=Terms(tiers=(Tier(5, Decimal(10)),)).as_dict()), "payment_terms"),
    ],
)
def test_what_aira_cannot_say_is_refused_before_anything_is_sent(draft: InvoiceDraft, field: str) -> None:
    with pytest.raises(Problem) as refused:
        AIRA.refuse(bill_of(draft), ACCESS)
    assert refused.value.field == field and "Aira" in refused.value.text


def test_a_discount_for_paying_early_can_be_left_out() -> None:
    draft = make_draft(1, payment_terms=Terms(tiers=(Tier(5, Decimal(10)),)).as_dict())
    AIRA.refuse(bill_of(draft), Access("https://x.example", {}, {"early_discount": "leave_out"}))
    AIRA.refuse(bill_of(make_draft(1, [line("10", "1", tax("5", withheld=True))])), ACCESS)


@pytest.mark.parametrize("external", ["", "maria@example.com", "a b", "joão"])
def test_a_customer_whom_aira_cannot_find_is_named_as_the_reason(external: str) -> None:
    bill = bill_of(payer={"external_id": external, "public_id": "6740a1b2c3d4e5f600000001"})
    with pytest.raises(Problem) as refused:
        AIRA.refuse(bill, ACCESS)
    assert refused.value.field == "customer" and external in refused.value.text
    AIRA.refuse(bill, Access("https://x.example", {}, {"customer": "ours"}))
