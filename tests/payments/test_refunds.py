"""Money that goes back, and credit notes."""

from datetime import timedelta

import pytest

from businesses.models import Event
from core.problems import Problem
from customers.models import Customer
from payments import credit_notes
from payments.credit_notes import Credit
from payments.models import CreditNote, Payment, Refund
from payments.refunds import GivenBack, dispute, lose_dispute, refund, win_dispute
from tests.factories import DUE
from tests.payments.money import LATE, issued, pay

pytestmark = pytest.mark.django_db


def test_a_refund_leaves_the_invoice_settled_for_less(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 10000)
    refund(payment, GivenBack(4000, reason="scratched"))
    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert (invoice.status, invoice.amount_due, invoice.amount_paid, invoice.allowance_total) == (
        "paid",
        6000,
        6000,
        4000,
    )
    assert (payment.refunded, payment.applied, payment.unapplied) == (4000, 6000, 0)


def test_a_refund_reopens_the_invoice_only_when_told_to(customer: Customer) -> None:
    invoice = issued(customer)
    refund(pay(invoice, 10000), GivenBack(4000, reopen=True))
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_remaining) == ("open", 4000)
    pay(invoice, 4000)
    assert invoice.status == "paid"


def test_credit_is_given_back_before_an_invoice_loses_money(customer: Customer) -> None:
    invoice = issued(customer)
    refund(pay(invoice, 12000), GivenBack(2000))
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid) == ("paid", 10000)


def test_the_tip_goes_back_last(customer: Customer) -> None:
    payment = pay(issued(customer), 11000, tip=1000)
    refund(payment, GivenBack(11000, reopen=True))
    payment.refresh_from_db()
    assert (payment.tip, payment.applied, payment.unapplied, payment.refundable) == (0, 0, 0, 0)


def test_more_than_was_paid_is_refused(customer: Customer) -> None:
    payment = pay(issued(customer), 10000)
    refund(payment, GivenBack(6000))
    with pytest.raises(Problem) as refused:
        refund(payment, GivenBack(4001))
    assert refused.value.field == "amount"
    assert Refund.objects.count() == 1


def test_the_same_refund_twice_is_one(customer: Customer) -> None:
    payment = pay(issued(customer), 10000)
    refund(payment, GivenBack(4000, external_id="D1"))
    refund(payment, GivenBack(4000, external_id="D1"))
    assert Payment.objects.get().refunded == 4000


def test_a_lost_dispute_opens_the_invoice_again(customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    payment = pay(invoice, 102500, DUE + timedelta(days=15))
    dispute(payment)
    lose_dispute(payment)
    invoice.refresh_from_db()
    assert (invoice.status, invoice.amount_paid, invoice.surcharge_total, invoice.amount_remaining) == (
        "open",
        0,
        0,
        100000,
    )
    assert Event.objects.filter(kind="payment.charged_back").exists()


def test_a_won_dispute_changes_nothing(customer: Customer) -> None:
    invoice = issued(customer)
    payment = dispute(pay(invoice, 10000))
    win_dispute(payment)
    invoice.refresh_from_db()
    assert (payment.disputed_at, invoice.status) == (None, "paid")


def test_a_credit_note_on_an_open_invoice_lowers_what_remains(customer: Customer) -> None:
    invoice = issued(customer)
    note = credit_notes.issue(invoice, [Credit(4000)], reason="too many hours")
    invoice.refresh_from_db()
    assert (invoice.amount_due, invoice.amount_remaining, note.reduces, note.gives_back) == (
        6000,
        6000,
        4000,
        0,
    )
    assert note.number == f"NC-{note.on.year}-0001"


def test_a_credit_note_on_a_paid_invoice_becomes_credit(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 10000)
    note = credit_notes.issue(invoice, [Credit(4000)], reason="too many hours")
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (note.gives_back, payment.unapplied, invoice.status, invoice.amount_due) == (
        4000,
        4000,
        "paid",
        6000,
    )


def test_a_credit_note_splits_between_unpaid_and_paid(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 7000)
    note = credit_notes.issue(invoice, [Credit(5000)], reason="agreed")
    payment.refresh_from_db()
    invoice.refresh_from_db()
    assert (note.reduces, note.gives_back, payment.unapplied) == (3000, 2000, 2000)
    assert (invoice.status, invoice.amount_due, invoice.amount_paid) == ("paid", 5000, 5000)


def test_a_credit_note_can_be_refunded_at_once(customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 10000)
    credit_notes.issue(invoice, [Credit(4000)], reason="returned goods", refund_by="pix")
    payment.refresh_from_db()
    assert (payment.refunded, payment.unapplied) == (4000, 0)


def test_never_more_than_was_invoiced(customer: Customer) -> None:
    invoice = issued(customer)
    key = invoice.lines.get().pk
    credit_notes.issue(invoice, [Credit(6000, key)], reason="part")
    for credit in (Credit(4001, key), Credit(4001)):
        with pytest.raises(Problem) as refused:
            credit_notes.issue(invoice, [credit], reason="too much")
        assert refused.value.code == "too_large"
    assert CreditNote.objects.count() == 1


def test_a_credit_note_says_why(customer: Customer) -> None:
    with pytest.raises(Problem) as refused:
        credit_notes.issue(issued(customer), [Credit(100)], reason="  ")
    assert refused.value.field == "reason"


def test_a_line_is_named_once(customer: Customer) -> None:
    invoice = issued(customer)
    key = invoice.lines.get().pk
    with pytest.raises(Problem) as refused:
        credit_notes.issue(invoice, [Credit(6000, key), Credit(6000, key)], reason="twice")
    assert refused.value.code == "twice"
    assert not CreditNote.objects.exists()


def test_what_a_card_paid_is_not_written_off_as_given_back(customer: Customer) -> None:
    """Only the provider can give it back; a credit note would only say so."""
    invoice = issued(customer)
    pay(invoice, 10000, method="credit_card", source="stripe")
    with pytest.raises(Problem) as refused:
        credit_notes.issue(invoice, [Credit(4000)], reason="returned", refund_by="credit_card")
    assert refused.value.field == "refund_by"
    assert not CreditNote.objects.exists() and not Refund.objects.exists()


def test_a_lost_dispute_is_no_dispute_any_more(customer: Customer) -> None:
    payment = dispute(pay(issued(customer), 10000))
    lose_dispute(payment)
    payment.refresh_from_db()
    assert (payment.disputed_at, payment.refundable) == (None, 0)
