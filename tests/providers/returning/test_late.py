"""What has changed here or there by the time that somebody gets to it: nothing in vain, nothing missed."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from core.http import CallFailed
from core.problems import Problem
from customers.models import Customer
from invoices.models import Invoice
from outbox import actions as outbox
from outbox import engine
from outbox.models import Delivery, State
from payments import actions as payments
from providers import inbox, reconciling
from providers.connector import Access, Bill, Seen, Steps
from providers.differing import There, differs
from providers.models import Connection, Drift, Inbound, RemoteInvoice
from providers.registry import CONNECTORS
from tests.payments.money import issued, pay
from tests.providers.returning.desk import Desk, DeskConnector, issue, void
from tests.providers.returning.desk import pay as pay_there
from tests.providers.returning.test_reconciling import an_hour_ago, pull
from tests.providers.returning.test_webhooks import tell

pytestmark = pytest.mark.django_db
Pushed = Callable[..., Invoice]


class Picky(DeskConnector):
    def refuse(self, bill: Bill, access: Access) -> None:
        raise Problem("Not like this.")


class Listless(DeskConnector):
    """Its list is longer than anybody reads."""

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        yield from ()
        raise CallFailed("too_large", is_unclear=True)


def drain() -> None:
    while outbox.fan_out():
        pass
    engine.drain(10)


def first_push() -> tuple[str, str]:
    row = Delivery.objects.filter(channel="push").order_by("pk")[0]
    return row.state, row.code


@pytest.mark.parametrize(("end", "code"), [("void", "void"), ("pay", "settled")])
def test_what_is_over_before_it_was_pushed_is_not_pushed(
    connection: Connection, customer: Customer, end: str, code: str
) -> None:
    invoice = issued(customer)
    outbox.fan_out()
    if end == "void":
        payments.void(invoice)
    else:
        pay(invoice, 10000)
    drain()
    assert first_push() == (State.SKIPPED, code)
    assert RemoteInvoice.objects.get().remote_id == ""


def test_what_was_perhaps_pushed_is_looked_for_though_it_is_void_by_now(
    connection: Connection, customer: Customer
) -> None:
    invoice = issued(customer)
    outbox.fan_out()
    Delivery.objects.update(is_unclear=True)
    payments.void(invoice)
    drain()
    assert first_push() == (State.SENT, "")


def test_only_an_issue_is_refused_beforehand(
    connection: Connection, pushed: Pushed, customer: Customer, monkeypatch: pytest.MonkeyPatch, desk: Desk
) -> None:
    monkeypatch.setitem(CONNECTORS, "base39", Picky("base39", issue=issue, void=void, pay=pay_there))
    Connection.objects.update(push_on="never")
    payments.void(pushed())
    Connection.objects.update(push_on="issue")
    issued(customer)
    drain()
    ends = [(row.target.partition(":")[2], row.state) for row in Delivery.objects.filter(channel="push")]
    assert sorted(ends) == [("issue", State.DEAD), ("void", State.SENT)]
    assert desk.books["r1"]["standing"] == "void"


@pytest.mark.parametrize("state", ["done", "failed"])
def test_the_same_words_after_they_were_acted_on_are_read_again(
    connection: Connection, pushed: Pushed, desk: Desk, state: str
) -> None:
    invoice = pushed()
    assert tell(connection, {"id": "r1"}) == 200
    inbox.process()
    Inbound.objects.update(state=state)
    desk.put("r1", standing="paid", paid=10000)
    assert [tell(connection, {"id": "r1"}) for _ in range(2)] == [200, 200]
    assert [inbox.process(), inbox.process()] == [1, 0]
    invoice.refresh_from_db()
    assert (invoice.status, Inbound.objects.get().tries) == ("paid", 1)


def test_payments_come_back_though_the_list_is_too_long_to_be_read(
    connection: Connection, pushed: Pushed, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    invoice = pushed()
    desk.put("theirs", total=5000, paid=0)
    assert pull(connection) == [("missing_here", "new")]
    monkeypatch.setitem(CONNECTORS, "base39", Listless("base39", issue=issue))
    desk.put("r1", standing="paid", paid=10000)
    (reading,) = reconciling.pull([connection])
    assert reading.why[0] == "too_large", "whoever asked learns it"
    invoice.refresh_from_db()
    assert (invoice.status, Drift.objects.get().kind) == ("paid", "missing_here")


def test_a_part_that_was_paid_here_and_is_still_asked_for_there_is_a_difference(
    connection: Connection, pushed: Pushed
) -> None:
    invoice = pushed()
    pay(invoice, 4000)
    assert pull(connection) == [], "it is on its way there"
    an_hour_ago(invoice)
    assert pull(connection) == [("amount", "new")]


def there(standing: str = "open", total: int | None = 10_000, paid: int | None = 0) -> There:
    return There(standing, standing, "BRL", total, paid)


@pytest.mark.parametrize(
    ("fields", "seen", "kind"),
    [
        ({}, there(), None),
        ({"credit_total": 3_000}, there(), "amount"),
        ({"credit_total": 3_000}, there(total=7_000), None),
        ({"credit_total": 3_000}, there("processing"), None),
        ({"amount_paid": 3_000}, there("overdue"), "amount"),
        ({"amount_paid": 3_000}, there("partially_paid", paid=3_000), None),
        ({"amount_paid": 3_000}, there("draft"), None),
        ({"withheld_total": 150}, there(), "amount"),
        ({"withheld_total": 150}, there(total=9_850), None),
        ({}, there(total=None), None),
    ],
)
def test_more_asked_for_there_than_remains_here_is_a_difference(
    fields: dict[str, Any], seen: There, kind: str | None
) -> None:
    invoice = Invoice(status="open", currency="BRL", total=10_000, **fields)
    assert differs(invoice, seen) == kind
