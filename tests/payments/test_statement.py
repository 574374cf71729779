"""The customer's statement: every row where it belongs, and books that close whatever has happened."""

from datetime import date, timedelta

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from businesses.models import Business
from customers.models import Customer
from invoices import actions as invoices
from payments import actions, credit_notes, refunds
from payments.actions import Target
from payments.credit_notes import Credit
from payments.models import Payment
from payments.refunds import GivenBack
from payments.statement import Row, Statement, currencies, statement
from tests.factories import DUE, ISSUED, issue, make_customer, make_invoice
from tests.payments.history import History
from tests.payments.money import LATE, incoming, issued, pay

pytestmark = pytest.mark.django_db

FIRST = date(2026, 1, 1)


def now(customer: Customer, start: date = FIRST, currency: str = "BRL") -> Statement:
    return statement(customer, start, customer.business.today(), currency=currency)


def told(rows: tuple[Row, ...]) -> list[tuple[str, int, int]]:
    return [(str(row.kind), row.amount, row.balance) for row in rows]


def test_a_late_payment_shows_what_was_charged_for_it(customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    pay(invoice, 102500, DUE + timedelta(days=15))
    found = now(customer)
    assert told(found.rows) == [
        ("invoice", 100000, 100000),
        ("payment", -102500, -2500),
        ("charges", 2500, 0),
    ]
    assert (found.opening, found.closing) == (0, 0)
    assert [row.document for row in found.rows] == [invoice.number] * 3
    assert [row.on for row in found.rows] == [ISSUED, DUE + timedelta(days=15), DUE + timedelta(days=15)]


def test_what_happened_before_the_period_is_in_the_opening_balance(customer: Customer) -> None:
    invoice = issued(customer)
    pay(invoice, 3000)
    found = statement(customer, DUE + timedelta(days=1), DUE + timedelta(days=9), currency="BRL")
    assert (found.opening, found.rows, found.closing) == (7000, (), 7000)
    assert statement(customer, FIRST, ISSUED - timedelta(days=1), currency="BRL").closing == 0


def test_a_cent_let_go_closes_the_books(customer: Customer) -> None:
    pay(issued(customer, terms=LATE.of({**LATE.as_dict(), "tolerance": 5})), 9999)
    assert told(now(customer).rows)[1:] == [("payment", -9999, 1), ("write_off", -1, 0)]


def test_a_tip_was_never_owed(customer: Customer) -> None:
    pay(issued(customer), 11000, tip=1000)
    assert told(now(customer).rows)[1:] == [("payment", -10000, 0)]


def test_a_void_invoice_is_owed_until_the_day_it_is_void(customer: Customer) -> None:
    invoice = issued(customer)
    credit_notes.issue(invoice, [Credit(2500)], reason="too much")
    invoice.refresh_from_db()
    invoices.void(invoice)
    assert told(now(customer).rows) == [
        ("invoice", 10000, 10000),
        ("credit_note", -2500, 7500),
        ("void", -7500, 0),
    ]


def test_an_uncollectible_invoice_is_told_and_still_owed(customer: Customer) -> None:
    invoices.mark_uncollectible(issued(customer))
    assert told(now(customer).rows)[1:] == [("given_up", 0, 10000)]


def test_money_given_back_is_owed_again_when_it_was_asked_for(customer: Customer) -> None:
    payment = pay(issued(customer), 10000)
    refunds.refund(payment, GivenBack(4000, reopen=True))
    assert told(now(customer).rows)[2:] == [("refund", 4000, 4000)]


def test_money_given_back_for_good_is_let_go(customer: Customer) -> None:
    payment = pay(issued(customer), 10000)
    refunds.refund(payment, GivenBack(4000))
    assert told(now(customer).rows)[2:] == [("write_off", -4000, -4000), ("refund", 4000, 0)]


def test_a_lost_dispute_is_a_chargeback(customer: Customer) -> None:
    payment = pay(issued(customer), 10000, method="credit_card")
    refunds.lose_dispute(refunds.dispute(payment))
    assert told(now(customer).rows)[2:] == [("chargeback", 10000, 10000)]


def test_credit_stands_as_a_negative_balance(customer: Customer) -> None:
    pay(issued(customer), 12500)
    assert now(customer).closing == -2500


def test_an_invoice_dated_ahead_counts_from_the_day_it_was_issued(customer: Customer) -> None:
    today = customer.business.today()
    ahead = today + timedelta(days=30)
    issue(make_invoice(customer, issue_on=ahead, due_on=ahead))
    assert [(row.on, row.amount) for row in now(customer).rows] == [(today, 10000)]


def test_one_customer_may_pay_for_another(customer: Customer) -> None:
    friend = make_customer(customer.business, "Friend")
    rows = [issued(friend), issued(customer)]
    actions.receive(customer.business, incoming(20000), [Target(row.pk) for row in rows])
    assert told(now(friend).rows)[1:] == [("payment", -20000, -10000), ("for_others", 10000, 0)]
    assert told(now(customer).rows)[1:] == [("by_others", -10000, 0)]


def test_each_currency_has_a_statement_of_its_own(customer: Customer) -> None:
    issued(customer)
    issued(customer, currency="USD")
    assert currencies(customer) == ["BRL", "USD"]
    assert now(customer).closing == now(customer, currency="USD").closing == 10000


def test_a_customer_without_anything_has_an_empty_statement(customer: Customer) -> None:
    assert currencies(customer) == ["BRL"]
    assert now(customer) == Statement("BRL", FIRST, customer.business.today(), 0, (), 0)


def test_days_are_those_of_the_business(customer: Customer) -> None:
    """Half past one at night in UTC is still the evening before in São Paulo."""
    invoice = invoices.void(issued(customer))
    row = now(customer).rows[-1]
    assert row.on == customer.business.today(invoice.voided_at)


def test_a_payment_names_a_few_of_its_invoices(customer: Customer) -> None:
    rows = [issued(customer) for _i in range(5)]
    actions.receive(customer.business, incoming(50000), [Target(row.pk) for row in rows])
    document = now(customer).rows[-1].document
    assert document == ", ".join(str(row.number) for row in rows[:3]) + "…"


def test_a_statement_takes_as_many_queries_for_much_as_for_little(
    customer: Customer, django_assert_max_num_queries: object
) -> None:
    for _i in range(3):
        pay(issued(customer), 10000)
    with django_assert_max_num_queries(30):  # type: ignore[operator]
        now(customer)


@settings(max_examples=10)
@given(seed=st.integers(0, 10**6))
def test_the_books_close_whatever_happened(business: Business, seed: int) -> None:
    """Today's closing balance is what the rows say; any day's is the next day's opening."""
    with transaction.atomic():
        history = History(business)
        history.run(seed, 30)
        for customer in history.customers:
            found = now(customer)
            assert found.closing == history.owed(customer)
            assert found.closing == sum(row.amount for row in found.rows)
            for row in found.rows[::9]:
                before = statement(customer, FIRST, row.on, currency="BRL")
                after = now(customer, row.on + timedelta(days=1))
                assert (before.closing, after.closing) == (after.opening, found.closing)
                assert before.rows + after.rows == found.rows
        transaction.set_rollback(True)


def test_a_random_history_is_not_empty(business: Business) -> None:
    History(business).run(7, 30)
    assert Payment.objects.exists()
