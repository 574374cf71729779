"""What is told to a provider, and what is taken from it: no money twice, none lost, nothing under a used-up key."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db.models import F

from businesses.models import Event
from customers.models import Customer
from invoices.models import Invoice
from outbox.models import Delivery, State
from payments.models import Payment
from providers import pushing, reconciling, repairs, returns
from providers.bills import read_bills
from providers.connector import Seen
from providers.models import Connection, Drift, RemoteInvoice
from tests.payments.money import issued, pay
from tests.providers.returning.desk import Desk
from tests.providers.returning.test_reconciling import an_hour_ago, pull, push_what_waits

pytestmark = pytest.mark.django_db

Pushed = Callable[..., Invoice]


def half(paid: int = 5000) -> Seen:
    return Seen("r1", "partially_paid", "half", total=10000, paid=paid)


def credited(invoice: Invoice) -> None:
    """Settled by a credit note over all of it: no money came."""
    Invoice.objects.filter(pk=invoice.pk).update(
        credit_total=F("total"), status="paid", paid_at=F("finalized_at")
    )


def test_half_paid_here_and_the_other_half_there_does_not_vanish(
    connection: Connection, pushed: Pushed
) -> None:
    """Whether the sum there is ours, told just now, nobody can tell: a person looks."""
    invoice = pushed()
    pay(invoice, 5000)
    returns.take_in(connection, half())
    drift = Drift.objects.get()
    assert (drift.kind, Payment.objects.count()) == ("perhaps_paid", 1)
    repairs.perform(drift, "receive", by="user:ana")
    returns.take_in(connection, half())
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.count(), Drift.objects.count()) == ("paid", 2, 0)
    returns.take_in(connection, Seen("r1", "paid", "paid", total=10000, paid=10000))
    assert Payment.objects.count() == 2, "the rest there is what was paid here"


def test_what_was_told_there_is_known_and_what_comes_on_top_is_news(
    connection: Connection, pushed: Pushed
) -> None:
    invoice = pushed()
    pay(invoice, 5000)
    RemoteInvoice.objects.update(notes={"told_sum": 5000})
    returns.take_in(connection, half())
    assert (Drift.objects.count(), Payment.objects.count()) == (0, 1)
    returns.take_in(connection, Seen("r1", "paid", "paid", total=10000, paid=10000))
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.count(), Drift.objects.count()) == ("paid", 2, 0)


def test_more_there_than_was_paid_here_is_surely_news_but_for_what_may_be_ours(
    connection: Connection, pushed: Pushed
) -> None:
    pay(pushed(), 3000)
    for _again in range(3):
        returns.take_in(connection, half())
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [2000, 3000]
    drift = Drift.objects.get()
    assert (drift.kind, repairs.repairs_of(drift)[0].name) == ("perhaps_paid", "receive")


def test_where_all_the_money_came_in_nothing_is_cancelled(
    connect: Callable[..., Connection], pushed: Pushed, desk: Desk
) -> None:
    """This provider can be told of no payment; it needs not be told of its own."""
    there = connect("aira", push_on="never")
    invoice = pushed(connection=there)
    returns.take_in(there, Seen("r1", "processing", "confirmed", total=10000, paid=10000))
    invoice.refresh_from_db()
    assert invoice.status == "paid"
    push_what_waits()
    assert [path for method, path in desk.calls if method == "POST"] == []
    found = Delivery.objects.get(target=f"{there.public_id}:void")
    assert (found.state, found.code) == (State.SKIPPED, "known_there")


def test_what_no_money_settled_is_cancelled_there(connection: Connection, pushed: Pushed, desk: Desk) -> None:
    Connection.objects.update(push_on="never")
    invoice = pushed()
    credited(invoice)
    an_hour_ago(invoice)
    assert pull(connection) == [("paid_here", "new")]
    assert [one.name for one in repairs.repairs_of(Drift.objects.get())] == ["tell", "cancel", "ignore"]
    repairs.perform(Drift.objects.get(), "tell", by="user:ana")
    push_what_waits()
    assert desk.books["r1"]["standing"] == "void"


def test_what_was_paid_here_can_be_cancelled_there_by_a_person(
    connection: Connection, pushed: Pushed
) -> None:
    invoice = pushed()
    pay(invoice, 10000)
    an_hour_ago(invoice)
    pull(connection)
    repairs.perform(Drift.objects.get(), "cancel", by="user:ana")
    event = Event.objects.about(invoice).get(kind="invoice.push_requested")
    assert event.data["operation"] == "void"


def test_one_button_where_telling_is_cancelling(
    connect: Callable[..., Connection], pushed: Pushed, desk: Desk
) -> None:
    there = connect("aira")
    invoice = pushed(connection=there)
    pay(invoice, 10000)
    an_hour_ago(invoice)
    pull(there)
    assert [one.name for one in repairs.repairs_of(Drift.objects.get())] == ["tell", "ignore"]


def test_what_is_pushed_again_goes_under_another_key(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    bill = read_bills([pushed().pk]).popitem()[1]
    keys = []
    for _again in range(3):
        notes = RemoteInvoice.objects.get().notes
        keys.append(pushing._key(connection, bill, "issue", notes.get("generation")))
        desk.books.clear()
        RemoteInvoice.objects.update(standing="open", remote_id="r1", seen_at=None)
        Drift.objects.all().delete()
        assert pull(connection) == [("missing_there", "new")]
        repairs.perform(Drift.objects.get(), "push", by="user:ana")
    assert len(set(keys)) == 3
    assert RemoteInvoice.objects.get().notes == {"generation": 3}


def test_comparing_costs_the_same_however_much_is_over(
    connection: Connection,
    pushed: Pushed,
    desk: Desk,
    customer: Customer,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for number in range(6):
        pushed(f"r{number}")
        gone = pushed(f"over-{number}", invoice=issued(customer))
        Invoice.objects.filter(pk=gone.pk).update(status="void")
        del desk.books[f"over-{number}"]
    pull(connection)
    listed = [Seen(f"r{number}", "open", "open", total=10000, paid=0) for number in range(6)]
    rows = reconciling._concerned(connection, listed)
    assert sorted(row.remote_id for row in rows) == [seen.id for seen in listed]
    connection.refresh_from_db()
    with django_assert_max_num_queries(14):
        reconciling.compare(connection, listed)
