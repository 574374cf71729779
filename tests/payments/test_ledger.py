"""What money on an invoice leaves behind, and what taking it back brings back."""

from datetime import date, timedelta

import pytest
import time_machine

from businesses.terms import Terms, Tier
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from payments import actions, audit, credit_notes, intents, ledger
from payments.credit_notes import Credit
from payments.models import IntentStatus, Payment
from payments.refunds import GivenBack, lose_dispute, refund
from tests.factories import DUE, line, make_invoice
from tests.payments.money import LATE, incoming, issued, pay

pytestmark = pytest.mark.django_db

HALVES = {
    "parts": [
        {"due_on": DUE.isoformat(), "amount": 5000},
        {"due_on": (DUE + timedelta(days=30)).isoformat(), "amount": 5000},
    ]
}


def again(payment: Payment) -> Payment:
    return Payment.objects.get(pk=payment.pk)


def test_money_goes_to_the_oldest_part_unless_one_is_named(customer: Customer) -> None:
    invoice = issued(customer, schedule=HALVES, due_on=DUE + timedelta(days=30))
    pay(invoice, 2000)
    actions.receive(invoice.business, incoming(1000), [actions.Target(invoice.pk, part=1)])
    assert list(invoice.allocations.values_list("part", "principal")) == [(0, 2000), (1, 1000)]
    assert [part.remaining for part in ledger.owed(invoice, DUE).parts] == [3000, 4000]


def test_an_early_discount_is_asked_for_again_when_the_money_goes_back(customer: Customer) -> None:
    terms = Terms(tiers=(Tier(0, amount=1000),))
    invoice = issued(customer, terms=terms)
    payment = pay(invoice, 9000)
    assert (invoice.status, invoice.allowance_total) == ("paid", 1000)
    lose_dispute(payment)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.allowance_total, invoice.amount_remaining) == ("open", 0, 10000)


def test_a_chargeback_does_not_ask_for_what_an_earlier_refund_let_go(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 10000)
    refund(payment, GivenBack(4000))
    lose_dispute(payment)
    invoice.refresh_from_db()
    assert (invoice.amount_remaining, invoice.allowance_total) == (6000, 4000)
    assert list(audit.breaches()) == []


def test_a_cent_that_was_forgiven_is_asked_for_again_after_a_chargeback(customer: Customer) -> None:
    invoice = issued(customer, terms=Terms(tolerance=5))
    lose_dispute(pay(invoice, 9999))
    invoice.refresh_from_db()
    assert (invoice.amount_remaining, invoice.allowance_total) == (10000, 0)


def test_interest_never_counts_money_as_gone_before_it_came(customer: Customer) -> None:
    """Credit of March pays in June; a refund that is dated in April takes it back."""
    with time_machine.travel(f"{DUE + timedelta(days=100)}T15:00Z", tick=False):
        invoice = issued(customer, "1000.00", terms=LATE)
        money = incoming(103333, DUE - timedelta(days=10))
        payment, _is_new = actions.receive(invoice.business, money, customer=customer)
        actions.use_credit(invoice)
        before = ledger.owed(invoice, DUE + timedelta(days=100)).total
        refund(again(payment), GivenBack(103333, on=DUE + timedelta(days=20), reopen=True))
        asked = ledger.owed(Invoice.objects.get(pk=invoice.pk), DUE + timedelta(days=100))
    assert (before, asked.principal, asked.fine, asked.interest) == (2000, 100000, 2000, 3333)


def test_an_invoice_that_is_open_again_was_paid_on_no_day(customer: Customer) -> None:
    invoice = issued(customer)
    refund(pay(invoice, 10000), GivenBack(1, reopen=True))
    invoice.refresh_from_db()
    assert (invoice.status, invoice.paid_at) == ("open", None)


def test_a_credit_note_that_settles_cancels_charges_that_wait(customer: Customer) -> None:
    invoice = issued(customer)
    intent = intents.create(invoice, method="credit_card", provider="stripe", amount=10000)
    credit_notes.issue(invoice, [Credit(10000)], reason="not delivered")
    intent.refresh_from_db()
    assert intent.status == IntentStatus.CANCELLED
    assert list(audit.breaches()) == []


def test_a_credit_note_refunds_all_of_what_a_payment_had_on_several_parts(customer: Customer) -> None:
    invoice = issued(customer, schedule=HALVES, due_on=DUE + timedelta(days=30))
    payment = pay(invoice, 10000)
    credit_notes.issue(invoice, [Credit(8000)], reason="agreed", refund_by="pix")
    row = again(payment)
    assert (row.refunded, row.applied, row.unapplied) == (8000, 2000, 0)


def test_a_void_invoice_may_have_been_refunded_before(customer: Customer) -> None:
    invoice = issued(customer)
    refund(pay(invoice, 4000), GivenBack(4000))
    invoice.refresh_from_db()
    invoices.void(invoice)
    assert (invoice.status, invoice.amount_paid, invoice.allowance_total) == ("void", 0, 4000)
    assert list(audit.breaches()) == []


def test_credit_of_several_payments_is_used_oldest_first(customer: Customer) -> None:
    newer = incoming(5000, date(2026, 3, 10))
    older = incoming(3000, date(2026, 3, 5))
    keys = [actions.receive(customer.business, news, customer=customer)[0].pk for news in (newer, older)]
    invoice = actions.issue(make_invoice(customer, [line("70.00")], payment_terms=Terms().as_dict()))
    assert invoice.status == "paid"
    assert list(invoice.allocations.values_list("payment", "amount")) == [(keys[1], 3000), (keys[0], 4000)]
