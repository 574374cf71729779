"""Around an issued invoice: why it asks for what it asks, its payments, credit notes, waivers and credit."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from businesses.models import Business, User
from customers.models import Customer
from invoices.models import Invoice
from payments import actions, ledger
from payments.models import CreditNote, Payment, Waiver
from tests import factories
from tests.pages import Values, form_at, messages_of
from tests.payments.money import LATE, incoming, issued, pay

pytestmark = pytest.mark.django_db


@pytest.fixture
def ana(business: Business) -> User:
    return factories.make_staff(business, "finance", username="ana", language="en")


@pytest.fixture
def browser(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def page(invoice: Invoice) -> str:
    return f"/admin/invoices/invoice/{invoice.pk}/change/"


def do(invoice: Invoice, name: str) -> str:
    return f"/admin/payments/payment/for-invoice/{invoice.pk}/do/{name}/"


def shown(browser: Client, url: str) -> Values:
    return form_at(browser, url, "ask")


def credit(customer: Customer, amount: int = 3000) -> Payment:
    payment, _new = actions.receive(customer.business, incoming(amount), customer=customer)
    return payment


def test_the_headline_says_what_is_due_today_and_why(browser: Client, customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    context = browser.get(page(invoice)).context
    quote = ledger.owed(invoice, customer.business.today())
    assert context["quote"].total == quote.total > 100000
    assert [label for label, _amount in context["why"]][:2] == ["Original amount", "Fine of 2 %"]


def test_an_amount_as_invoiced_needs_no_reason(browser: Client, customer: Customer) -> None:
    assert browser.get(page(issued(customer))).context["quote"] is None


def test_the_page_lists_payments_credit_notes_waivers_and_credit(browser: Client, customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    pay(invoice, 1000)
    browser.post(do(invoice, "credit-note"), {"amount": "10", "reason": "broken", "refund_by": ""})
    browser.post(do(invoice, "waive"), {"fine": "on", "reason": "first time"})
    credit(customer)
    answer = browser.get(page(invoice))
    html = answer.content.decode()
    assert answer.context["credit"] == 3000
    for words in ("NC-", "broken", "Fine waived", "first time", "R$30.00"):
        assert words in html
    assert [row.amount for row in answer.context["paid"]] == [1000]


def test_credit_pays_what_it_can(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    credit(customer)
    assert "R$30.00" in browser.get(do(invoice, "use-credit")).content.decode()
    invoice.refresh_from_db()
    assert invoice.amount_paid == 0
    assert messages_of(browser.post(do(invoice, "use-credit"))) == ["R$30.00 of the credit used."]
    invoice.refresh_from_db()
    assert invoice.amount_paid == 3000


def test_no_credit_is_no_button(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    assert do(invoice, "use-credit") not in browser.get(page(invoice)).content.decode()
    assert browser.get(do(invoice, "use-credit")).status_code == 302
    assert browser.post(do(invoice, "use-credit")).status_code == 422


def test_a_credit_note_of_lines(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    line = invoice.lines.get()
    form = {**shown(browser, do(invoice, "credit-note")), f"line_{line.pk}": "25", "reason": "late"}
    assert browser.post(do(invoice, "credit-note"), form).headers["Location"] == page(invoice)
    note = CreditNote.objects.get()
    invoice.refresh_from_db()
    assert (note.total, note.lines.get().line, invoice.amount_remaining) == (2500, line, 7500)
    pdf = browser.get(f"/admin/payments/payment/credit-note/{note.pk}/pdf/")
    assert pdf.content.startswith(b"%PDF-")


@pytest.mark.parametrize(("way", "left", "refunded"), [("", 4000, 0), ("pix", 0, 4000)])
def test_what_was_paid_is_kept_or_given_back(
    browser: Client, customer: Customer, way: str, left: int, refunded: int
) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 10000)
    browser.post(do(invoice, "credit-note"), {"amount": "40", "reason": "late", "refund_by": way})
    payment.refresh_from_db()
    assert (payment.unapplied, payment.refunded) == (left, refunded)


@pytest.mark.parametrize(
    ("typed", "field", "words"),
    [
        ({"amount": "100.01"}, "amount", "This is more than was invoiced."),
        ({"amount": "0"}, "amount", "The amount must be above zero."),
        ({"amount": "-1"}, "amount", "The amount must be above zero."),
        ({"amount": "1.005"}, "amount", "BRL has fewer decimal places."),
        ({"amount": ""}, "amount", "The amount must be above zero."),
        ({"amount": "1", "reason": ""}, "reason", "required"),
        ({"amount": "1", "refund_by": "cowries"}, "refund_by", "not one of the available choices"),
        ({"line": "100.01"}, "line", "This is more than was invoiced for it."),
        ({"line": "-1"}, "line", "The amount must be above zero."),
        ({"line": "1", "amount": "1"}, "amount", "not both"),
    ],
)
def test_a_wrong_credit_note_is_named_on_its_field(
    browser: Client, customer: Customer, typed: dict[str, str], field: str, words: str
) -> None:
    invoice = issued(customer)
    name = f"line_{invoice.lines.get().pk}"
    typed = {name if key == "line" else key: value for key, value in typed.items()}
    answer = browser.post(do(invoice, "credit-note"), {"reason": "kept reason", **typed})
    errors = answer.context["ask"].form.errors
    assert (answer.status_code, CreditNote.objects.count()) == (422, 0)
    assert words in str(errors.get(name if field == "line" else field)), errors
    assert "reason" in typed or "kept reason" in answer.content.decode()


def test_waiving_asks_for_a_reason_and_then_lets_go(browser: Client, customer: Customer) -> None:
    invoice = issued(customer, "1000.00", terms=LATE)
    assert "R$20.00" in browser.get(do(invoice, "waive")).content.decode()
    form = shown(browser, do(invoice, "waive"))
    assert browser.post(do(invoice, "waive"), form).status_code == 422
    assert Waiver.objects.count() == 0
    browser.post(do(invoice, "waive"), {**form, "reason": "our mistake"})
    assert ledger.owed(invoice, customer.business.today() + timedelta(days=40)).total == 100000
    assert "our mistake" in browser.get(page(invoice)).content.decode()


@pytest.mark.parametrize(
    ("typed", "field"),
    [({"amount": "-1", "fine": "on"}, "amount"), ({}, "fine"), ({"amount": "0", "fine": "on"}, "amount")],
)
def test_a_wrong_waiver_is_named_on_its_field(
    browser: Client, customer: Customer, typed: dict[str, str], field: str
) -> None:
    invoice = issued(customer, terms=LATE)
    answer = browser.post(do(invoice, "waive"), {"reason": "kept reason", **typed})
    assert answer.status_code == 422 and answer.context["ask"].form.errors[field]
    assert "kept reason" in answer.content.decode()
    assert Waiver.objects.count() == 0


@pytest.mark.parametrize("name", ["credit-note", "waive"])
def test_a_biller_neither_credits_nor_waives(business: Business, customer: Customer, name: str) -> None:
    biller = Client()
    biller.force_login(factories.make_staff(business, "biller", username="bia", language="en"))
    invoice = issued(customer, terms=LATE)
    body: dict[str, Any] = {"amount": "1", "reason": "x", "fine": "on"}
    assert (
        biller.get(do(invoice, name)).status_code == biller.post(do(invoice, name), body).status_code == 403
    )
    assert do(invoice, name) not in biller.get(page(invoice)).content.decode()
    assert not CreditNote.objects.exists() and not Waiver.objects.exists()


def test_voiding_what_was_paid_says_what_to_do_first(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    payment = pay(invoice, 100)
    html = browser.get(f"/admin/invoices/invoice/{invoice.pk}/do/void/").content.decode()
    assert "Give the money back first" in html
    assert f"/admin/payments/payment/{payment.pk}/change/" in html
    assert 'class="fa-button fa-danger-main"' not in html


@pytest.mark.parametrize("method", ["put", "delete", "patch"])
def test_a_question_takes_nothing_but_get_and_post(browser: Client, customer: Customer, method: str) -> None:
    assert getattr(browser, method)(do(issued(customer), "credit-note")).status_code == 405


def test_an_unknown_question_does_not_exist(browser: Client, customer: Customer) -> None:
    for name in ("register", "burn"):
        assert browser.get(do(issued(customer), name)).status_code == 404
