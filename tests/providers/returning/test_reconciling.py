"""Comparing by pulling: a webhook that never came is found, and what differs is told until it is mended."""

from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from businesses.models import Business, Event
from core.clock import database_now
from core.problems import Conflict
from customers.models import Customer
from invoices.models import Invoice
from outbox import actions as outbox
from outbox import engine
from outbox.models import Delivery, State
from payments import actions as payments
from payments.models import Payment
from providers import reconciling, repairs
from providers.models import Connection, Drift, RemoteInvoice
from tests.payments.money import issued, pay
from tests.providers.returning.desk import Desk

pytestmark = pytest.mark.django_db

Pushed = Callable[..., Invoice]


def pull(connection: Connection) -> list[tuple[str, str]]:
    """What differs now: (kind, state)."""
    connection.refresh_from_db()
    reconciling.pull([connection])
    return list(Drift.objects.filter(connection=connection).order_by("key").values_list("kind", "state"))


def an_hour_ago(invoice: Invoice) -> None:
    Invoice.objects.filter(pk=invoice.pk).update(updated_at=database_now() - timedelta(hours=1))


def push_what_waits() -> list[tuple[str, str]]:
    while outbox.fan_out():
        pass
    engine.drain(10)
    return list(Delivery.objects.order_by("pk").values_list("target", "state"))


def test_a_payment_whose_webhook_was_lost_is_found_by_the_next_pull(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=10000)
    assert reconciling.pull_due() == 1
    invoice.refresh_from_db()
    assert (invoice.status, Drift.objects.count()) == ("paid", 0)
    assert reconciling.pull_due() == 0, "not before its time"
    later = database_now() + reconciling.EVERY
    assert reconciling.pull_due(later) == 1
    assert Payment.objects.count() == 1


def test_an_invoice_that_has_not_moved_is_not_read_again(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    pushed()
    assert pull(connection) == []
    desk.calls.clear()
    assert pull(connection) == []
    assert desk.calls == [("GET", "/invoices")]


def test_a_list_that_names_no_payments_and_a_reading_that_does_are_one_payment(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=None)
    pull(connection)
    desk.put("r1", standing="paid", paid=10000, payments=[{"external_id": "p1", "amount": 10000}])
    RemoteInvoice.objects.update(paid=None)
    pull(connection)
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.count()) == ("paid", 1)


def test_money_in_another_currency_becomes_credit_and_a_difference(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=10000, currency="USD")
    assert pull(connection) == [("amount", "new")]
    assert pull(connection) == [("amount", "new")]
    invoice.refresh_from_db()
    payment = Payment.objects.get()
    assert (invoice.status, payment.currency, payment.unapplied) == ("open", "USD", 10000)


def test_more_than_was_due_becomes_credit(connection: Connection, pushed: Pushed, desk: Desk) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=12000)
    assert pull(connection) == []
    assert pull(connection) == []
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.get().unapplied) == ("paid", 2000)


def test_money_for_a_void_invoice_becomes_credit(connection: Connection, pushed: Pushed, desk: Desk) -> None:
    invoice = payments.void(pushed())
    desk.put("r1", standing="paid", paid=10000)
    assert pull(connection) == []
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.get().unapplied) == ("void", 10000)


def test_a_payment_given_back_here_does_not_come_back(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    """What was told there stays told there."""
    invoice = pushed()
    pay(invoice, 4000)
    desk.put("r1", standing="partially_paid", paid=4000)
    pull(connection)
    assert Payment.objects.count() == 1


def test_what_is_cancelled_there_is_not_void_here_before_somebody_says_so(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="void")
    assert pull(connection) == [("void_there", "new")]
    invoice.refresh_from_db()
    assert invoice.status == "open"
    repairs.perform(Drift.objects.get(), "void", by="user:ana")
    invoice.refresh_from_db()
    assert (invoice.status, Drift.objects.count()) == ("void", 0)
    event = Event.objects.about(invoice).get(kind="invoice.drift_repaired")
    assert event.data == {"repair": "void", "kind": "void_there", "provider": "base39"}
    assert pull(connection) == []


def test_what_is_gone_there_is_asked_for_before_it_is_called_missing(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    pushed("hidden")
    pushed("gone")
    desk.put("hidden", word="hidden from lists")
    del desk.books["gone"]
    assert pull(connection) == [("missing_there", "new")]
    assert ("GET", "/invoices/hidden") in desk.calls


def test_what_is_missing_there_is_pushed_again(connection: Connection, pushed: Pushed, desk: Desk) -> None:
    invoice = pushed()
    push_what_waits()
    desk.books.clear()
    pull(connection)
    repairs.perform(Drift.objects.get(), "push", by="user:ana")
    assert Drift.objects.get().state == "asked"
    assert (f"{connection.public_id}:issue", State.SENT) in push_what_waits()
    row = RemoteInvoice.objects.get()
    assert row.remote_id == f"new-{invoice.public_id}"
    desk.put(row.remote_id, total=10000, paid=0, currency="BRL")
    assert pull(connection) == []


def test_what_is_void_here_and_open_there_is_cancelled_there(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    payments.void(invoice)
    assert pull(connection) == [], "it is on its way there"
    an_hour_ago(invoice)
    assert pull(connection) == [("void_here", "new")]
    repairs.perform(Drift.objects.get(), "cancel", by="user:ana")
    push_what_waits()
    assert desk.books["r1"]["standing"] == "void"
    assert pull(connection) == []


def test_what_is_paid_here_and_open_there_is_told_there(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    pay(invoice, 10000)
    an_hour_ago(invoice)
    assert pull(connection) == [("paid_here", "new")]
    repairs.perform(Drift.objects.get(), "tell", by="user:ana")
    push_what_waits()
    assert desk.books["r1"]["standing"] == "paid"
    assert pull(connection) == []
    assert Payment.objects.count() == 1


def test_paid_there_without_a_sum_waits_for_somebody(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=None, total=None)
    assert pull(connection) == [("paid_there", "new")]
    assert Payment.objects.count() == 0
    repairs.perform(Drift.objects.get(), "receive", by="user:ana")
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.get().amount, Drift.objects.count()) == ("paid", 10000, 0)
    assert pull(connection) == []


@pytest.mark.parametrize("standing", ["refunded", "chargeback"])
def test_money_that_went_back_there_is_told_and_not_taken_back_here(
    connection: Connection, pushed: Pushed, desk: Desk, standing: str
) -> None:
    invoice = pushed()
    desk.put("r1", standing="paid", paid=10000)
    pull(connection)
    desk.put("r1", standing=standing)
    assert pull(connection) == [("refunded_there", "new")]
    invoice.refresh_from_db()
    assert invoice.status == "paid"


def test_what_is_ignored_stays_so_until_it_changes(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    pushed()
    desk.put("r1", total=9000)
    assert pull(connection) == [("amount", "new")]
    repairs.perform(Drift.objects.get(), "ignore", by="user:ana")
    assert pull(connection) == [("amount", "ignored")]
    desk.put("r1", total=8000)
    assert pull(connection) == [("amount", "new")]
    desk.put("r1", total=10000)
    assert pull(connection) == []


def test_an_invoice_that_we_never_pushed_is_shown_until_it_is_gone(
    connection: Connection, desk: Desk
) -> None:
    desk.put("theirs", total=5000, paid=0, link="https://desk.example/theirs")
    desk.put("a draft", standing="draft")
    desk.put("long over", standing="paid", paid=700, total=700)
    assert pull(connection) == [("missing_here", "new")]
    del desk.books["theirs"]
    assert pull(connection) == []


def test_a_word_that_nobody_knows_is_kept_and_shown(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="unknown", word="in_limbo")
    assert pull(connection) == [("unknown_word", "new")]
    invoice.refresh_from_db()
    row = RemoteInvoice.objects.get()
    assert (invoice.status, row.standing, row.word) == ("open", "open", "in_limbo")


def test_a_difference_that_was_settled_meanwhile_is_not_repaired(
    connection: Connection, pushed: Pushed, desk: Desk
) -> None:
    invoice = pushed()
    desk.put("r1", standing="void")
    pull(connection)
    drift = Drift.objects.get()
    pay(invoice, 10000)
    with pytest.raises(Conflict):
        repairs.perform(drift, "void")
    invoice.refresh_from_db()
    assert invoice.status == "paid"


def test_paid_at_one_provider_cancels_at_the_others_once_and_tells_itself_nothing(
    connection: Connection,
    connect: Callable[..., Connection],
    pushed: Pushed,
    desk: Desk,
    customer: Customer,
) -> None:
    a, b, c = connection, connect("aira"), connect("base39", name="c")
    Connection.objects.update(push_on="never")
    invoice = issued(customer)
    for remote_id, there in (("at-a", a), ("at-b", b), ("at-c", c)):
        pushed(remote_id, connection=there, invoice=invoice)
    desk.put("at-a", standing="paid", paid=10000)
    pull(a)
    pull(a)
    push_what_waits()
    push_what_waits()
    said = [path for method, path in desk.calls if method == "POST"]
    assert sorted(said) == ["/invoices/at-b/void", "/invoices/at-c/pay"]
    states = dict(Delivery.objects.values_list("target", "state"))
    assert states[f"{a.public_id}:pay"] == State.SKIPPED
    assert Payment.objects.count() == 1


def test_the_command_compares_and_says_what_it_found(
    connection: Connection, pushed: Pushed, desk: Desk, business: Business
) -> None:
    pushed()
    desk.put("r1", total=9000)
    out = StringIO()
    call_command("reconcile", business=business.slug, stdout=out)
    assert out.getvalue() == "padaria · Base39: 1 seen, 1 differ\n"
    connection.refresh_from_db()
    assert connection.pulled_at
    with pytest.raises(CommandError, match="No business"):
        call_command("reconcile", business="nobody")
    desk.sick = 500
    err = StringIO()
    with pytest.raises(CommandError, match="Not every provider"):
        call_command("reconcile", stderr=err)
    assert err.getvalue() == "padaria · Base39: down 500\n"


def test_paused_and_inactive_connections_are_left_alone(
    connect: Callable[..., Connection], desk: Desk
) -> None:
    Connection.objects.filter(pk=connect().pk).update(health="paused")
    connect("aira", is_active=False)
    assert (reconciling.pull_due(), desk.calls) == (0, [])


def test_strangers_of_another_business_stay_there(
    connection: Connection, other_business: Business, desk: Desk, customer: Any
) -> None:
    invoice = issued(customer)
    desk.put("x", ref=invoice.public_id, total=10000, paid=10000, standing="open")
    pull(connection)
    invoice.refresh_from_db()
    assert (invoice.status, Payment.objects.count()) == ("open", 0), "it was never pushed there"
