"""Money at the same moment: one settlement is one payment, and nothing is spent twice."""

from collections import Counter
from collections.abc import Callable
from itertools import chain
from typing import Any

import pytest

from businesses.models import Event
from core.problems import Conflict, Problem
from customers.models import Customer
from invoices import actions as invoices
from invoices import audit as invoice_audit
from invoices.models import Invoice
from payments import actions, audit, credit_notes
from payments.actions import Target
from payments.credit_notes import Credit
from payments.models import Allocation, CreditNote, Payment, Refund
from payments.refunds import GivenBack, refund
from tests.factories import DUE, make_business, make_customer
from tests.payments.money import incoming, issued, pay
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def payer() -> Customer:
    return make_customer(make_business())


def breaches() -> list[str]:
    return list(chain(invoice_audit.breaches(), audit.breaches()))


def failures(answers: list[Any]) -> list[Any]:
    """What went wrong in another way than the house's own refusals."""
    return [x for x in answers if isinstance(x, Exception) and not isinstance(x, Conflict | Problem)]


def test_fifty_copies_of_one_settlement_are_one_payment(payer: Customer) -> None:
    invoice = issued(payer)
    news = incoming(10000, external_id="E2E-1")
    answers = race(50, lambda _thread: actions.receive(payer.business, news, [Target(invoice.pk)]))
    assert failures(answers) == []
    assert Counter(is_new for _payment, is_new in answers) == {True: 1, False: 49}  # type: ignore[misc]
    assert (Payment.objects.count(), Allocation.objects.count()) == (1, 1)
    assert Event.objects.filter(kind="invoice.paid").count() == 1
    assert breaches() == []


def test_of_two_payments_in_full_one_is_credit(payer: Customer) -> None:
    invoice = issued(payer)
    news = [incoming(10000), incoming(10000)]
    answers = race(2, lambda i: actions.receive(payer.business, news[i], [Target(invoice.pk)]))
    assert failures(answers) == []
    rows = Payment.objects.order_by("applied")
    assert [(row.applied, row.unapplied) for row in rows] == [(0, 10000), (10000, 0)]
    assert Event.objects.get(kind="payment.unapplied").data["reason"] == "overpaid"
    assert breaches() == []


def test_many_small_payments_at_once_all_count(payer: Customer) -> None:
    invoice = issued(payer)
    news = [incoming(1500) for _thread in range(8)]
    answers = race(8, lambda i: actions.receive(payer.business, news[i], [Target(invoice.pk)]))
    assert failures(answers) == []
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid) == ("paid", 10000)
    assert sum(row.unapplied for row in Payment.objects.all()) == 2000
    assert breaches() == []


def test_payments_for_the_same_invoices_in_another_order_do_not_wait_for_each_other(payer: Customer) -> None:
    pair = [issued(payer), issued(payer)]

    def act(thread: int) -> object:
        targets = [Target(row.pk) for row in pair[:: 1 if thread % 2 else -1]]
        return actions.receive(payer.business, incoming(7000), targets)

    assert failures(race(6, act)) == []
    assert set(Invoice.objects.values_list("status", flat=True)) == {"paid"}
    assert breaches() == []


def test_a_refund_and_a_credit_note_at_once_give_nothing_back_twice(payer: Customer) -> None:
    invoice = issued(payer)
    payment = pay(invoice, 10000)
    acts: list[Callable[[], object]] = [
        lambda: refund(payment, GivenBack(10000, reopen=True)),
        lambda: credit_notes.issue(invoice, [Credit(10000)], reason="returned", refund_by="pix"),
    ]
    assert failures(race(2, lambda i: acts[i]())) == []
    assert sum(Refund.objects.values_list("amount", flat=True)) == 10000
    assert breaches() == []


def test_the_same_refund_told_ten_times_at_once_is_one(payer: Customer) -> None:
    payment = pay(issued(payer), 10000)
    answers = race(10, lambda _thread: refund(payment, GivenBack(4000, external_id="D1")).pk)
    assert failures(answers) == []
    assert len(set(answers)) == 1
    assert Payment.objects.get().refunded == 4000
    assert breaches() == []


def test_the_same_credit_pays_one_of_two_invoices(payer: Customer) -> None:
    pair = [issued(payer), issued(payer)]
    actions.receive(payer.business, incoming(10000), customer=payer)
    answers = race(2, lambda i: actions.use_credit(pair[i]))
    assert failures(answers) == []
    assert sorted(answers) == [0, 10000]  # type: ignore[type-var]
    assert Payment.objects.get().unapplied == 0
    assert breaches() == []


def test_credit_that_is_used_is_not_given_back_as_well(payer: Customer) -> None:
    """Over and over: whoever comes second sees what the first did, or is told so."""
    for _time in range(5):
        invoice = issued(payer)
        payment, _is_new = actions.receive(payer.business, incoming(10000, DUE), customer=payer)
        acts: list[Callable[[], object]] = [
            lambda invoice=invoice: actions.use_credit(invoice),  # type: ignore[misc]
            lambda payment=payment: refund(payment, GivenBack(10000, reopen=True)),  # type: ignore[misc]
        ]
        assert failures(race(2, lambda i, acts=acts: acts[i]())) == []  # type: ignore[misc]
        payment.refresh_from_db()
        assert (payment.applied, payment.refunded) in {(10000, 0), (0, 10000)}
        assert breaches() == []


@pytest.mark.parametrize("first", [0, 1])
def test_an_invoice_is_void_or_paid_and_the_money_is_there_either_way(payer: Customer, first: int) -> None:
    invoice = issued(payer)
    news = [incoming(10000) for _thread in range(4)]

    def act(thread: int) -> object:
        if thread % 2 == first:
            return invoices.void(Invoice.objects.get(pk=invoice.pk))
        return actions.receive(payer.business, news[thread], [Target(invoice.pk)])

    answers = race(4, act)
    assert failures(answers) == []
    invoice.refresh_from_db()
    assert invoice.status in ("void", "paid")
    assert sum(row.applied for row in Payment.objects.all()) == invoice.amount_paid
    assert Payment.objects.count() == 2
    assert breaches() == []


def test_parallel_credit_notes_never_credit_more_than_was_invoiced(payer: Customer) -> None:
    invoice = issued(payer)
    answers = race(6, lambda _thread: credit_notes.issue(invoice, [Credit(3000)], reason="agreed"))
    assert failures(answers) == []
    assert sorted(CreditNote.objects.values_list("series_place", flat=True)) == [1, 2, 3]
    assert breaches() == []
