"""Money that comes in: where it goes, what is left, and that the same news twice changes nothing."""

from datetime import timedelta

import pytest
from django.utils import timezone

from businesses.events import broken_links
from businesses.models import Business, Event
from core.problems import Problem
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from payments import actions
from payments.actions import Target
from payments.models import Allocation, Payment
from tests.factories import DUE, line, make_customer, make_invoice
from tests.payments.money import LATE, incoming, issued, pay

pytestmark = pytest.mark.django_db


def test_a_payment_in_full_pays_the_invoice(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 10000)
    assert (invoice.status, invoice.amount_paid, invoice.amount_remaining) == ("paid", 10000, 0)
    assert (payment.applied, payment.unapplied) == (10000, 0)
    assert invoice.paid_at == payment.paid_at


def test_the_same_news_twice_is_one_payment(customer: Customer) -> None:
    invoice = issued(customer)
    first = pay(invoice, 4000, external_id="E1")
    again = pay(invoice, 4000, external_id="E1")
    assert first.pk == again.pk
    assert invoice.amount_paid == 4000
    assert Payment.objects.count() == 1


def test_a_part_is_counted_and_the_rest_remains(customer: Customer) -> None:
    invoice = issued(customer)
    pay(invoice, 3000)
    assert (invoice.status, invoice.amount_due, invoice.amount_paid, invoice.amount_remaining) == (
        "open",
        10000,
        3000,
        7000,
    )


def test_too_much_becomes_credit_that_the_next_invoice_uses(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 12000)
    assert (invoice.status, payment.unapplied) == ("paid", 2000)
    assert Event.objects.filter(kind="payment.unapplied").get().data["reason"] == "overpaid"
    following = actions.issue(make_invoice(customer, [line("50.00")]))
    assert (following.amount_paid, following.amount_remaining) == (2000, 3000)


def test_one_payment_for_three_invoices(customer: Customer) -> None:
    rows = [issued(customer, price) for price in ("100.00", "150.00", "100.00")]
    money = incoming(30000)
    actions.receive(customer.business, money, [Target(row.pk) for row in rows])
    for row in rows:
        row.refresh_from_db()
    assert [row.amount_paid for row in rows] == [10000, 15000, 5000]
    assert [row.status for row in rows] == ["paid", "paid", "open"]


def test_a_late_payer_pays_fine_and_interest(customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    payment = pay(invoice, 102500, DUE + timedelta(days=15))
    row = payment.allocations.get()
    assert (row.principal, row.fine, row.interest) == (100000, 2000, 500)
    assert (invoice.status, invoice.amount_due, invoice.amount_paid, invoice.surcharge_total) == (
        "paid",
        102500,
        102500,
        2500,
    )


def test_the_bare_amount_of_a_late_invoice_leaves_what_was_charged(customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    pay(invoice, 100000, DUE + timedelta(days=15))
    assert (invoice.status, invoice.amount_remaining) == ("open", 2500)


def test_a_cent_short_is_written_off_within_the_tolerance(customer: Customer) -> None:
    terms = LATE.of({**LATE.as_dict(), "tolerance": 5})
    invoice = issued(customer, terms=terms)
    payment = pay(invoice, 9999)
    assert (invoice.status, invoice.allowance_total, invoice.amount_due) == ("paid", 1, 9999)
    assert payment.allocations.get().write_off == 1


def test_money_for_a_void_invoice_becomes_credit_and_staff_are_told(customer: Customer) -> None:
    invoice = invoices.void(issued(customer))
    payment = pay(invoice, 10000)
    assert (invoice.status, payment.unapplied) == ("void", 10000)
    assert Event.objects.filter(kind="payment.unapplied").get().data["reason"] == "void"


def test_an_uncollectible_invoice_is_paid_all_the_same(customer: Customer) -> None:
    invoice = invoices.mark_uncollectible(issued(customer))
    pay(invoice, 10000)
    assert invoice.status == "paid"


def test_a_tip_stays_apart(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 11000, tip=1000)
    assert (invoice.amount_paid, payment.tip, payment.unapplied) == (10000, 1000, 0)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"amount": 0}, "amount"),
        ({"amount": -1}, "amount"),
        ({"amount": 10**16}, "amount"),
        ({"fee": 10001}, "fee"),
        ({"tip": -1}, "tip"),
        ({"method": "cowries"}, "method"),
        ({"currency": "XXY"}, "currency"),
        ({"paid_at": timezone.now() + timedelta(days=2)}, "paid_at"),
        ({"account_id": 999_999}, "account"),
    ],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_stored(
    customer: Customer, wrong: dict[str, object], field: str
) -> None:
    invoice = issued(customer)
    given = {**incoming(10000).__dict__, **wrong}
    with pytest.raises(Problem) as refused:
        actions.receive(invoice.business, actions.Incoming(**given), [Target(invoice.pk)])
    assert refused.value.field == field
    assert not Payment.objects.exists()


def test_an_invoice_of_somebody_else_does_not_exist(customer: Customer, other_business: Business) -> None:
    foreign: Invoice = issued(make_customer(other_business))
    with pytest.raises(Problem) as refused:
        actions.receive(customer.business, incoming(100), [Target(foreign.pk)])
    assert refused.value.code == "not_found"
    assert not Payment.objects.exists() and not Allocation.objects.exists()


def test_waived_interest_is_not_collected(customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    actions.waive(invoice, reason="first time", fine=False, interest=True)
    pay(invoice, 102000, DUE + timedelta(days=15))
    assert (invoice.status, invoice.surcharge_total) == ("paid", 2000)


def test_every_event_follows_from_the_one_before(customer: Customer) -> None:
    pay(issued(customer), 12000)
    assert list(broken_links(Event.objects.order_by("subject", "id"))) == []
