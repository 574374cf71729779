"""What is done with invoices through our own API, and what is asked about them."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection, transaction

from api.credit_notes import CreditNote
from api.events import Event
from api.invoice_actions import QuoteAnswer
from api.invoice_wire import Invoice, Line
from api.payments import Payment
from businesses.models import Account, Business
from businesses.roles import Role
from invoices.models import Invoice as InvoiceRow
from tests import factories
from tests.api.papers import LINE, body, create, issued
from tests.api.words import fields_refused, listed, said
from tests.gateway.calls import Caller, error_of

pytestmark = pytest.mark.django_db


def pay(call: Caller, invoice: Any, amount: int, **more: Any) -> Any:
    money = {"amount": amount, "method": "pix", "invoices": [{"invoice": invoice["id"]}], **more}
    return said(call.post("/payments", money), Payment, 201)


def test_an_invoice_moves_on(call: Caller) -> None:
    path = f"/invoices/{create(call)['id']}"
    assert said(call.post(f"{path}/issue"), Invoice)["status"] == "open"
    refused = call.post(f"{path}/issue")
    assert (refused.status_code, error_of(refused)["code"]) == (409, "conflict")
    assert said(call.post(f"{path}/uncollectible"), Invoice)["situation"] == "uncollectible"
    assert said(call.post(f"{path}/void"), Invoice)["status"] == "void"
    copy = said(call.post(f"{path}/duplicate"), Invoice, 201)
    assert (copy["status"], copy["cloned_from"], copy["total"]) == ("draft", path.rpartition("/")[2], 25_000)
    lines = {line["id"] for line in said(call.get(path), Invoice)["lines"]}
    assert not lines & {line["id"] for line in copy["lines"]}


def test_moving_on_heeds_what_the_caller_has_seen(call: Caller) -> None:
    path = f"/invoices/{create(call)['id']}"
    seen = {"If-Match": call.get(path)["ETag"]}
    call.patch(path, {"title": "New"})
    assert call.post(f"{path}/issue", headers=seen).status_code == 412


@pytest.mark.django_db(transaction=True)
def test_what_changes_while_it_is_being_issued_is_not_issued() -> None:
    """The change is written but not committed when the other request comes."""
    if connection.vendor == "sqlite":
        pytest.skip("SQLite has one writer at a time")
    business = factories.make_business()
    factories.make_customer(business)
    call = Caller(business, "faturo")
    path = f"/invoices/{create(call)['id']}"
    seen = {"If-Match": call.get(path)["ETag"]}
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            call.patch(path, {"title": "New"})
            issuing = pool.submit(in_thread, lambda: call.post(f"{path}/issue", headers=seen))
            until_somebody_waits()
        assert issuing.result(timeout=30).status_code == 412
    assert said(call.get(path), Invoice)["status"] == "draft"


def in_thread(act: Callable[[], Any]) -> Any:
    try:
        return act()
    finally:
        connection.close()


WAITS_FOR_US = (
    "SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid)) LIMIT 1"
)


def until_somebody_waits() -> None:
    for _ in range(200):
        with connection.cursor() as cursor:
            cursor.execute(WAITS_FOR_US)
            if cursor.fetchone():
                return
        time.sleep(0.05)
    raise AssertionError("nobody waits")


@pytest.mark.parametrize("verb", ["void", "uncollectible", "credit"])
def test_a_biller_neither_voids_nor_credits(business: Business, call: Caller, verb: str) -> None:
    made = issued(call)
    biller = Caller(business, "faturo", role=Role.BILLER)
    sent = {"reason": "x", "lines": [{"amount": 1}]} if verb == "credit" else None
    assert biller.post(f"/invoices/{made['id']}/{verb}", sent).status_code == 403


def test_a_credit_note_lowers_what_is_due(call: Caller) -> None:
    made = issued(call, LINE, {**LINE, "name": "More"})
    path, line = f"/invoices/{made['id']}", made["lines"][0]["id"]
    sent = {
        "reason": "Too much",
        "lines": [{"line": line, "amount": 5_000}, {"amount": 1_000, "name": "Rest"}],
    }
    response = call.post(f"{path}/credit", sent)
    note = said(response, CreditNote, 201)
    assert (note["invoice"], note["total"], note["reduces"]) == (made["id"], 6_000, 6_000)
    assert [item["line"] for item in note["lines"]] == [line, None]
    assert said(call.get(path), Invoice)["amount_due"] == made["total"] - 6_000
    assert said(call.get(f"/credit-notes/{note['id']}"), CreditNote) == note
    assert listed(call.get(f"/credit-notes?invoice={made['id']}"), CreditNote) == [note]
    assert listed(call.get("/credit-notes?number=nope"), CreditNote) == []
    for wrong, field in (
        ({"reason": "x", "lines": [{"line": "0" * 24, "amount": 1}]}, "lines.0.line"),
        ({"reason": "x", "lines": [{"amount": 1}, {"line": line, "amount": 99_999_999}]}, "lines.1.amount"),
        ({"reason": "x", "lines": [{"amount": 99_999_999}]}, "lines"),
        ({"reason": "", "lines": [{"amount": 1}]}, "reason"),
    ):
        assert fields_refused(call.post(f"{path}/credit", wrong)) == [field]


def test_what_is_owed_on_a_day_and_why(call: Caller, business: Business) -> None:
    key = "3f0e4f4e-6e1c-4c0e-9b1a-2d3f4a5b6c7d"
    Account.objects.create(business=business, name="Main", is_default=True, pix_key=key)
    terms = {"fine_percent": "2", "interest": "percent_month", "interest_percent": "1"}
    made = issued(call, payment_terms=terms)
    path = f"/invoices/{made['id']}/quote"
    on_time = said(call.get(f"{path}?on=2026-03-16"), QuoteAnswer)
    assert (on_time["total"], on_time["fine"]) == (25_000, 0)
    late = said(call.get(f"{path}?on=2026-04-15"), QuoteAnswer)
    assert (late["fine"], late["interest"], late["total"]) == (500, 250, 25_750)
    steps = late["parts"][0]["steps"]
    assert sum(step["amount"] for step in steps) == late["total"]
    assert [step["label"] for step in steps][1] == "Fine of 2 %"
    assert late["pix_code"].startswith("000201")
    spoken = said(call.get(f"{path}?on=2026-04-15", headers={"Accept-Language": "pt-BR"}), QuoteAnswer)
    assert spoken["parts"][0]["steps"][1]["label"] == "Multa de 2 %"
    assert fields_refused(call.get(f"{path}?on=9999-12-31")) == ["on"]
    assert fields_refused(call.get(f"{path}?day=2026-04-15")) == ["day"]
    assert call.get(f"/invoices/{create(call)['id']}/quote").status_code == 409


def test_the_pdf(call: Caller) -> None:
    made = issued(call)
    response = call.get(f"/invoices/{made['id']}/pdf")
    assert (response["Content-Type"], response.content[:5]) == ("application/pdf", b"%PDF-")
    assert made["number"] in response["Content-Disposition"]


def test_payments_and_events_of_an_invoice(call: Caller) -> None:
    made, other = issued(call), issued(call)
    payment = pay(call, made, 30_000)
    pay(call, other, 1)
    assert listed(call.get(f"/invoices/{made['id']}/payments"), Payment) == [payment]
    events = listed(call.get(f"/invoices/{made['id']}/events"), Event)
    assert [event["kind"] for event in events] == ["invoice.paid", "invoice.finalized", "invoice.created"]
    assert {event["subject"]["id"] for event in events} == {made["id"]}
    assert events[0]["data"]["payment"] == payment["id"]
    assert events[0]["actor"] == "key:faturo test"


def test_lines_one_at_a_time(call: Caller, business: Business) -> None:
    made = create(call, LINE, {**LINE, "name": "Second"})
    path = f"/invoices/{made['id']}/lines"
    assert listed(call.get(path), Line) == made["lines"]
    response = call.post(path, {**LINE, "name": "Third", "quantity": 1})
    third = said(response, Line, 201)
    assert response["Location"] == f"/api/v1{path}/{third['id']}"
    first = made["lines"][0]
    changed = said(call.patch(f"{path}/{first['id']}", {"quantity": "3"}), Line)
    assert changed == {**first, "quantity": "3", "gross": 30_000, "total": 30_000}
    assert call.delete(f"{path}/{made['lines'][1]['id']}").status_code == 204
    assert [line["id"] for line in listed(call.get(path), Line)] == [first["id"], third["id"]]
    whole = said(call.get(f"/invoices/{made['id']}"), Invoice)
    assert (whole["total"], whole["version"]) == (40_000, 4)
    assert said(call.get(f"{path}/{third['id']}"), Line) == third
    assert call.get(f"{path}/{third['id']}?fields=name").json() == {"name": "Third"}
    assert call.get(f"{path}/{made['lines'][1]['id']}").status_code == 404
    assert call.patch(f"{path}/{made['lines'][1]['id']}", {"quantity": 1}).status_code == 404


def test_a_line_s_product_and_price_can_change(call: Caller, business: Business) -> None:
    product = factories.make_product(business, price="80.00")
    price = product.prices.get().public_id
    made = create(call)
    path = f"/invoices/{made['id']}/lines/{made['lines'][0]['id']}"
    kept = said(call.patch(path, {"product": product.public_id}), Line)
    assert (kept["product"], kept["price"], kept["unit_price"], kept["name"]) == (
        product.public_id,
        None,
        "100",
        "Work",
    )
    priced = said(call.patch(path, {"product": product.public_id, "price": price}), Line)
    assert (priced["price"], priced["unit_price"]) == (price, "80")
    own = said(call.patch(path, {"unit_price": "70"}), Line)
    assert (own["price"], own["unit_price"], own["product"]) == (None, "70", product.public_id)
    taxed = said(call.patch(path, {"taxes": [{"name": "X", "percent": "10"}]}), Line)
    assert (taxed["tax"], taxed["total"]) == (1_750, 19_250)


def test_a_line_of_an_invoice_that_somebody_changed_is_left_alone(call: Caller) -> None:
    made = create(call)
    path = f"/invoices/{made['id']}/lines/{made['lines'][0]['id']}"
    seen = {"If-Match": call.get(path)["ETag"]}
    call.patch(f"/invoices/{made['id']}", {"title": "New"})
    assert call.patch(path, {"quantity": 1}, headers=seen).status_code == 412
    assert fields_refused(call.patch(path, {"quantity": 0})) == ["quantity"]
    assert fields_refused(call.patch(path, {"position": 3})) == ["position"]


def test_many_lines_come_in_pages(call: Caller) -> None:
    made = create(call, *[{**LINE, "name": f"No. {i}"} for i in range(7)])
    found, path = [], f"/invoices/{made['id']}/lines"
    page = call.get(f"{path}?limit=3").json()
    found += page["data"]
    while page["next"]:
        page = call.get(f"{path}?limit=3&cursor={page['next']}").json()
        found += page["data"]
    assert found == made["lines"]


def test_nobody_sees_what_is_another_s(call: Caller, stranger: Caller) -> None:
    made = issued(call)
    draft = create(call)
    line = f"/lines/{draft['lines'][0]['id']}"
    payment = pay(call, made, 100)
    note = said(
        call.post(f"/invoices/{made['id']}/credit", {"reason": "x", "lines": [{"amount": 1}]}),
        CreditNote,
        201,
    )
    reads = ["", "/lines", line, "/payments", "/events", "/quote", "/pdf"]
    paths = [f"/invoices/{draft['id']}{end}" for end in reads] + [
        f"/invoices/{made['id']}{end}" for end in reads
    ]
    for path in [*paths, f"/payments/{payment['id']}", f"/credit-notes/{note['id']}"]:
        assert stranger.get(path).status_code == 404, path
    count = InvoiceRow.objects.count()
    credit = {"reason": "x", "lines": [{"amount": 1}]}
    writes: list[tuple[str, str, Any]] = [
        ("PATCH", f"/invoices/{draft['id']}", {"title": "x"}),
        ("DELETE", f"/invoices/{draft['id']}", None),
        ("POST", f"/invoices/{draft['id']}/lines", LINE),
        ("PATCH", f"/invoices/{draft['id']}{line}", {"quantity": 1}),
        ("DELETE", f"/invoices/{draft['id']}{line}", None),
        *[
            ("POST", f"/invoices/{made['id']}/{verb}", None)
            for verb in ("void", "uncollectible", "duplicate")
        ],
        ("POST", f"/invoices/{draft['id']}/issue", None),
        ("POST", f"/invoices/{made['id']}/credit", credit),
        ("POST", f"/payments/{payment['id']}/refund", {"amount": 1}),
    ]
    for method, path, data in writes:
        assert stranger.send(method, path, data).status_code == 404, path
    for path in ("/invoices", "/payments", "/credit-notes", "/events?subject=invoice:" + made["id"]):
        assert stranger.get(path).json()["data"] == [], path
    theirs = body(stranger, customer=call.ids["customer"])
    assert fields_refused(stranger.post("/invoices", theirs)) == ["customer"]
    money = {"amount": 1, "method": "pix", "invoices": [{"invoice": made["id"]}]}
    assert fields_refused(stranger.post("/payments", money)) == ["invoices.0.invoice"]
    assert InvoiceRow.objects.count() == count
