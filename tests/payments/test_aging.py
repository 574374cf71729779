"""The aging report: the right bucket on the right day, today's sums, and the same past whenever it is asked for."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from businesses.models import Business
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from invoices.schedule import monthly
from payments import credit_notes, ledger
from payments.aging import Aged, aging, totals
from payments.credit_notes import Credit
from payments.models import Payment
from payments.statement import statement
from tests.factories import DUE, ISSUED, make_customer
from tests.payments.history import History
from tests.payments.money import LATE, issued, pay

pytestmark = pytest.mark.django_db


def one(customer: Customer, as_of: date) -> Aged:
    (found,) = aging(customer.business, as_of)
    assert found.customer_id == customer.pk
    return found


@pytest.mark.parametrize(
    ("late", "bucket"),
    [(-14, 0), (0, 0), (1, 1), (30, 1), (31, 2), (60, 2), (61, 3), (90, 3), (91, 4), (250, 4)],
)
def test_days_late_choose_the_bucket(customer: Customer, late: int, bucket: int) -> None:
    issued(customer)
    found = one(customer, DUE + timedelta(days=late))
    assert found.buckets == tuple(10000 if i == bucket else 0 for i in range(5))


def test_nobody_owes_before_the_issue_date(customer: Customer) -> None:
    issued(customer)
    assert aging(customer.business, ISSUED - timedelta(days=1)) == []


def test_a_payment_counts_from_its_own_day(customer: Customer) -> None:
    pay(issued(customer), 4000, DUE + timedelta(days=5))
    assert one(customer, DUE + timedelta(days=4)).total == 10000
    assert one(customer, DUE + timedelta(days=5)).total == 6000


def test_fine_and_interest_are_not_counted(customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    pay(invoice, 50000, DUE + timedelta(days=15))
    found = one(customer, DUE + timedelta(days=20))
    assert found.buckets == (0, invoice.amount_remaining, 0, 0, 0) == (0, 52500, 0, 0, 0)


def test_each_part_of_a_schedule_has_its_own_age(customer: Customer) -> None:
    invoice = issued(customer, "300.00", schedule=monthly(30000, DUE, 3))
    pay(invoice, 4000)
    assert one(customer, DUE + timedelta(days=40)).buckets == (10000, 10000, 6000, 0, 0)


def test_a_credit_note_lowers_the_last_part_first(customer: Customer) -> None:
    invoice = issued(customer, "300.00", schedule=monthly(30000, DUE, 3))
    credit_notes.issue(invoice, [Credit(15000)], reason="too much")
    assert one(customer, customer.business.today()).buckets == (0, 0, 0, 0, 15000)


def test_a_void_invoice_was_owed_before(customer: Customer) -> None:
    invoices.void(issued(customer))
    assert one(customer, DUE).total == 10000
    assert aging(customer.business, customer.business.today()) == []


def test_an_uncollectible_invoice_stands_apart_from_its_day_on(customer: Customer) -> None:
    invoices.mark_uncollectible(issued(customer))
    assert (one(customer, DUE).total, one(customer, DUE).given_up) == (10000, 0)
    today = one(customer, customer.business.today())
    assert (today.total, today.given_up, today.balance) == (0, 10000, 10000)


def test_credit_is_told_beside_what_is_owed(customer: Customer) -> None:
    pay(issued(customer), 12500)
    issued(customer)
    found = one(customer, customer.business.today())
    assert (found.total, found.credit, found.balance) == (10000, 2500, 7500)


def test_money_of_nobody_is_nobody_s_credit(business: Business, customer: Customer) -> None:
    issued(customer)
    payment = pay(issued(make_customer(business, "Other")), 20000)
    Payment.objects.for_business(business).filter(pk=payment.pk).update(customer=None)
    assert [row.credit for row in aging(business, business.today())] == [0]


def test_the_largest_debt_stands_first_and_each_currency_has_its_sums(customer: Customer) -> None:
    large = make_customer(customer.business, "Large")
    issued(customer), issued(large, "250.00"), issued(large, currency="USD")
    found = aging(customer.business, DUE)
    assert [(row.customer_id, row.currency) for row in found] == [
        (large.pk, "BRL"),
        (customer.pk, "BRL"),
        (large.pk, "USD"),
    ]
    sums = totals(found)
    assert [(code, row.customer_id, row.total) for code, row in sums.items()] == [
        ("BRL", 2, 35000),
        ("USD", 1, 10000),
    ]


def test_several_businesses_are_told_together_and_never_mixed(
    customer: Customer, other_business: Business
) -> None:
    foreign = make_customer(other_business)
    issued(customer), issued(foreign)
    both = aging([customer.business, other_business], DUE)
    assert [(row.customer_id, row.currency) for row in both] == [(customer.pk, "BRL"), (foreign.pk, "EUR")]
    assert [row.customer_id for row in aging(customer.business, DUE)] == [customer.pk]


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_buckets_are_what_open_invoices_ask_for_and_every_day_agrees_with_the_statement(
    business: Business, seed: int
) -> None:
    with transaction.atomic():
        history = History(business)
        history.run(seed, 30)
        open_rows = Invoice.objects.for_business(business).open()
        today = aging(business, history.today)
        assert sum(row.total for row in today) == sum(row.amount_remaining for row in open_rows)
        for invoice in open_rows:
            left = sum(part.remaining for part in ledger.owed(invoice, history.today).parts)
            assert invoice.amount_remaining == left
        for back in (0, 1, 40, 200):
            agrees(history, history.today - timedelta(days=back))
        transaction.set_rollback(True)


def agrees(history: History, day: date) -> None:
    found = {row.customer_id: row.balance for row in aging(history.business, day)}
    for customer in history.customers:
        closing = statement(customer, ISSUED - timedelta(days=1), day, currency="BRL").closing
        assert found.get(customer.pk, 0) == closing
        alone = aging(history.business, day, customer=customer)
        assert sum(row.balance for row in alone) == closing
