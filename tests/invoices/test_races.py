"""Many at once: numbers without gap or double, one winner for each row, and an audit that finds nothing."""

from collections import Counter
from random import Random

import pytest
from django.db import transaction

from core.problems import Conflict, Problem
from customers import actions as customers
from customers.models import Customer
from invoices import actions, rows
from invoices.audit import breaches
from invoices.models import Invoice
from tests.factories import CPF, issue, make_business, make_customer, make_invoice
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


class Aborted(Exception):
    pass


@pytest.fixture
def payer() -> Customer:
    return make_customer(make_business())


def test_thirty_two_threads_leave_no_gap_and_no_double(payer: Customer) -> None:
    """One transaction in seven is rolled back after it took its number."""
    drafts = [[make_invoice(payer) for _draft in range(5)] for _thread in range(32)]
    dice = Random(7)
    aborted = [[dice.randrange(7) == 0 for _draft in range(5)] for _thread in range(32)]

    def work(thread: int) -> int:
        done = 0
        for invoice, abort in zip(drafts[thread], aborted[thread], strict=True):
            try:
                with transaction.atomic():
                    issue(invoice)
                    if abort:
                        raise Aborted
                done += 1
            except Aborted:
                pass
        return done

    answers = race(32, work)
    issued = sum(not abort for thread in aborted for abort in thread)
    assert [answer for answer in answers if isinstance(answer, Exception)] == []
    places = Invoice.objects.exclude(number=None).order_by("finalized_at", "series_place")
    assert list(places.values_list("series_place", flat=True)) == list(range(1, issued + 1))
    assert sum(answer for answer in answers if isinstance(answer, int)) == issued
    assert list(breaches()) == []


def test_fifty_threads_issue_one_invoice_once(payer: Customer) -> None:
    invoice = make_invoice(payer)
    answers = race(50, lambda _thread: issue(invoice).number)
    assert Counter(map(type, answers)) == {str: 1, Conflict: 49}
    assert issue(make_invoice(payer)).number == "2026-00002"
    assert list(breaches()) == []


def test_of_parallel_editors_one_wins(payer: Customer) -> None:
    invoice = make_invoice(payer)
    answers = race(
        8, lambda _thread: actions.revise(Invoice.objects.get(pk=invoice.pk), rows.read(invoice), version=1)
    )
    assert Counter(map(type, answers)) == {Invoice: 1, Conflict: 7}
    assert invoice.lines.count() == 1
    assert list(breaches()) == []


def test_of_parallel_takers_of_one_number_one_wins(payer: Customer) -> None:
    drafts = [make_invoice(payer, wanted_number="2026-00009") for _thread in range(8)]
    answers = race(8, lambda thread: issue(drafts[thread]).number)
    assert Counter(map(type, answers)) == {str: 1, Conflict: 7}
    assert list(breaches()) == []


def test_one_number_from_two_series_is_given_once(payer: Customer) -> None:
    """`A-` and `1`, `A` and `-1`: no counter row is shared, only the number is."""
    drafts = [make_invoice(payer, number_prefix="A-1"[:cut], wanted_number="A-1"[cut:]) for cut in (0, 1, 2)]
    answers = race(3, lambda thread: issue(drafts[thread]).number)
    assert Counter(map(type, answers)) == {str: 1, Conflict: 2}
    assert list(breaches()) == []


@pytest.mark.parametrize("first", [0, 1])
def test_an_invoice_is_voided_or_paid_and_never_both(payer: Customer, first: int) -> None:
    invoice = issue(make_invoice(payer))

    def act(thread: int) -> Invoice:
        row = Invoice.objects.get(pk=invoice.pk)
        return actions.void(row) if thread % 2 == first else actions.apply_payment(row, 10000)

    answers = race(8, act)
    assert sum(isinstance(answer, Invoice) for answer in answers) == 1
    assert {type(answer) for answer in answers} <= {Invoice, Conflict, Problem}
    assert list(breaches()) == []


def test_parallel_payments_never_pay_more_than_is_due(payer: Customer) -> None:
    invoice = issue(make_invoice(payer))

    def pay(_thread: int) -> None:
        while True:
            try:
                actions.apply_payment(Invoice.objects.get(pk=invoice.pk), 3000)
                return
            except Conflict as conflict:
                if "paid" not in conflict.legal:
                    raise

    answers = race(6, pay)
    invoice.refresh_from_db()
    assert Counter(map(type, answers)) == {type(None): 3, Problem: 3}
    assert invoice.amount_paid == 9000
    assert list(breaches()) == []


def test_a_customer_who_comes_with_many_invoices_is_one_customer(payer: Customer) -> None:
    def upsert(thread: int) -> int:
        return customers.upsert(payer.business, name=f"Name {thread % 2}", tax_id=CPF, tax_id_kind="cpf").pk

    answers = race(8, upsert)
    assert len(set(map(str, answers))) == 1
    assert Customer.objects.for_business(payer.business).filter(tax_id=CPF).count() == 1
    assert list(breaches()) == []
