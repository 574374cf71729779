"""Charges at a provider: what may be asked for, and that news about one never undoes what another has settled."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from core.problems import Conflict, Problem
from customers.models import Customer
from invoices import actions as invoices
from invoices.models import Invoice
from invoices.schedule import monthly
from payments import intents
from payments.models import IntentStatus, Payment, PaymentIntent
from tests.factories import DUE, make_invoice
from tests.payments.money import issued, pay

pytestmark = pytest.mark.django_db


def charge(invoice: Invoice, amount: int = 10000, **fields: Any) -> PaymentIntent:
    return intents.create(invoice, method="credit_card", provider="stripe", amount=amount, **fields)


def settle(intent: PaymentIntent, amount: int = 10000, **fields: Any) -> Payment:
    told = {"external_id": f"pi_{intent.pk}", "currency": "BRL", "paid_at": timezone.now(), **fields}
    return intents.succeeded(intent, amount=amount, **told)


@pytest.mark.parametrize(("amount", "tip"), [(0, 0), (-5, 0), (100, 100), (100, -1), (10**16, 0)])
def test_amounts_that_make_no_sense_are_not_charged(customer: Customer, amount: int, tip: int) -> None:
    with pytest.raises(Problem):
        charge(issued(customer), amount, tip=tip)
    assert not PaymentIntent.objects.exists()


def test_a_draft_and_a_void_invoice_are_not_charged(customer: Customer) -> None:
    for invoice in (make_invoice(customer), invoices.void(issued(customer))):
        with pytest.raises(Conflict):
            charge(invoice)


def test_the_provider_s_page_is_kept(customer: Customer) -> None:
    intent = charge(issued(customer))
    closes = timezone.now() + timedelta(hours=1)
    intents.opened(intent, external_id="cs_1", url="https://pay.example/cs_1", expires_at=closes)
    assert (intent.external_id, intent.url, intent.expires_at) == ("cs_1", "https://pay.example/cs_1", closes)


def test_a_page_that_opens_after_its_settlement_changes_nothing(customer: Customer) -> None:
    intent = charge(issued(customer))
    settle(intent)
    intents.opened(intent, external_id="cs_1", url="https://pay.example/cs_1", expires_at=None)
    assert (intent.status, intent.url) == (IntentStatus.SUCCEEDED, "")


def test_a_fee_and_a_tip_are_told_apart(customer: Customer) -> None:
    payment = settle(charge(issued(customer), 11000, tip=1000), 11000, fee=450)
    assert (payment.amount, payment.fee, payment.net, payment.tip, payment.applied) == (
        11000,
        450,
        10550,
        1000,
        10000,
    )


def test_a_tip_is_never_more_than_what_came(customer: Customer) -> None:
    payment = settle(charge(issued(customer), 11000, tip=1000), 500)
    assert (payment.tip, payment.unapplied) == (500, 0)


def test_a_payment_by_another_way_cancels_open_charges_but_not_money_on_its_way(customer: Customer) -> None:
    invoice = issued(customer)
    waiting, on_its_way = charge(invoice), charge(invoice)
    intents.processing(on_its_way)
    pay(invoice, 10000)
    statuses = [PaymentIntent.objects.get(pk=intent.pk).status for intent in (waiting, on_its_way)]
    assert statuses == [IntentStatus.CANCELLED, IntentStatus.PROCESSING]


def test_money_on_its_way_is_at_most_what_remains(customer: Customer) -> None:
    invoice = issued(customer)
    intents.processing(charge(invoice, 12000))
    invoice.refresh_from_db()
    assert invoice.amount_processing == 10000


def test_processing_told_after_the_end_is_old_news(customer: Customer) -> None:
    invoice = issued(customer)
    intent = charge(invoice)
    settle(intent)
    intents.processing(intent)
    invoice.refresh_from_db()
    assert (intent.status, invoice.amount_processing) == (IntentStatus.SUCCEEDED, 0)


def test_a_charge_that_expired_while_processing_is_due_again(customer: Customer) -> None:
    invoice = issued(customer)
    intent = charge(invoice)
    intents.processing(intent)
    intents.expired(intent)
    invoice.refresh_from_db()
    assert (intent.status, invoice.amount_processing) == (IntentStatus.EXPIRED, 0)


def test_a_cancelled_charge_that_is_paid_all_the_same_becomes_credit(customer: Customer) -> None:
    invoice = issued(customer)
    intent = charge(invoice)
    pay(invoice, 10000)
    payment = settle(intent)
    assert (payment.unapplied, intent.status) == (10000, IntentStatus.SUCCEEDED)


def test_a_clock_that_is_ahead_of_ours_does_not_make_the_payment_lie_in_the_future(
    customer: Customer,
) -> None:
    payment = settle(charge(issued(customer)), paid_at=timezone.now() + timedelta(hours=30))
    assert payment.paid_at <= timezone.now()


def test_a_charge_of_one_part_pays_that_part_first(customer: Customer) -> None:
    invoice = issued(customer, schedule=monthly(10000, DUE, 2))
    payment = settle(charge(invoice, 5000, part=1), 5000)
    assert payment.allocations.get().part == 1
