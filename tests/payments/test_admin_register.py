"""Registering a payment from an invoice or for a customer, and what the forms refuse."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from businesses.models import Business, User
from customers.models import Customer
from invoices.models import Invoice
from payments import ledger
from payments.models import Payment
from tests import factories
from tests.factories import make_customer
from tests.pages import Values, form_at, messages_of
from tests.payments.money import LATE, issued, pay

pytestmark = pytest.mark.django_db

ADD = "/admin/payments/payment/add/"


@pytest.fixture
def ana(business: Business) -> User:
    return factories.make_staff(business, "biller", username="ana", language="en")


@pytest.fixture
def browser(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


def register(invoice: Invoice) -> str:
    return f"{ADD}?invoice={invoice.pk}"


def shown(browser: Client, url: str) -> Values:
    return form_at(browser, url, "register")


def test_two_clicks_pay_what_is_due_today(browser: Client, customer: Customer) -> None:
    """The form holds today's full amount, today's date and Pix; it is sent back as it came."""
    invoice = issued(customer, "1000.00", terms=LATE)
    due = ledger.owed(invoice, customer.business.today()).total
    page = f"/admin/invoices/invoice/{invoice.pk}/change/"
    assert register(invoice) in browser.get(page).content.decode()
    answer = browser.post(register(invoice), shown(browser, register(invoice)))
    assert (answer.status_code, answer.headers["Location"]) == (302, page)
    payment = Payment.objects.get()
    assert due > 100000
    assert (payment.amount, payment.method, payment.paid_on) == (due, "pix", customer.business.today())
    invoice.refresh_from_db()
    assert (invoice.status, payment.customer) == ("paid", customer)


def test_a_double_click_is_one_payment(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    form = shown(browser, register(invoice))
    browser.post(register(invoice), form)
    answer = browser.post(register(invoice), form)
    assert answer.status_code == 302
    assert messages_of(answer)[-1] == "This payment was registered already; nothing has changed."
    assert Payment.objects.count() == 1


def test_everything_that_was_typed_is_kept(browser: Client, customer: Customer, media: Path) -> None:
    invoice = issued(customer)
    day = customer.business.today() - timedelta(days=3)
    file = SimpleUploadedFile("slip.pdf", b"%PDF-1.7 slip")
    typed = {"amount": "120.00", "paid_on": day.isoformat(), "method": "cash", "fee": "1.50", "tip": "10",
             "payer_name": "José", "note": "at the counter", "attachment": file}  # fmt: skip
    browser.post(register(invoice), {**shown(browser, register(invoice)), **typed})
    payment = Payment.objects.get()
    assert (payment.amount, payment.fee, payment.net, payment.tip) == (12000, 150, 11850, 1000)
    assert (payment.paid_on, payment.method, payment.payer_name, payment.note) == (
        day, "cash", "José", "at the counter",
    )  # fmt: skip
    assert payment.unapplied == 1000
    voucher = browser.get(f"/admin/payments/payment/{payment.pk}/voucher/")
    assert voucher.content == b"%PDF-1.7 slip"
    assert voucher.headers["Content-Type"] == "application/pdf"


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("paid_on", "2999-01-01", "A payment cannot lie in the future."),
        ("paid_on", "1066-10-14", "This date is too far away."),
        ("paid_on", "yesterday", "Enter a valid date."),
        ("amount", "10.005", "BRL has fewer decimal places."),
        ("amount", "0", "The amount must be above zero."),
        ("amount", "-1", "An amount cannot be negative here."),
        ("amount", "1,50", "Enter a number."),
        ("amount", "9" * 15, "This amount is too large."),
        ("amount", "9" * 17, "Enter a number."),
        ("amount", "NaN", "Enter a number."),
        ("amount", "1e999999", "Enter a number."),
        ("fee", "100.01", "This is more than the payment."),
        ("tip", "-5", "An amount cannot be negative here."),
        ("method", "cowries", "not one of the available choices"),
        ("account", "987654", "not one of the available choices"),
        ("note", "a\u202eb", "U+202E"),
        ("payer_name", "x" * 201, "200"),
    ],
)
def test_a_mistake_is_named_on_its_field_and_nothing_is_stored(
    browser: Client, customer: Customer, field: str, typed: str, words: str
) -> None:
    invoice = issued(customer)
    kept = {"note": "kept note", "payer_name": "Kept Payer"}
    answer = browser.post(register(invoice), {**shown(browser, register(invoice)), **kept, field: typed})
    assert (answer.status_code, Payment.objects.count()) == (422, 0)
    assert words in str(answer.context["form"].errors.get(field)), answer.context["form"].errors
    page = answer.content.decode()
    assert all(word in page for name, word in kept.items() if name != field)


def test_a_file_of_a_wrong_type_is_refused_and_none_is_left_behind(
    browser: Client, customer: Customer, media: Path
) -> None:
    invoice = issued(customer)
    form = shown(browser, register(invoice))
    answer = browser.post(register(invoice), {**form, "attachment": SimpleUploadedFile("a.exe", b"MZ")})
    assert answer.status_code == 422 and answer.context["form"].errors["attachment"]
    late = {**form, "paid_on": "2999-01-01", "attachment": SimpleUploadedFile("a.pdf", b"%PDF-1.7")}
    assert browser.post(register(invoice), late).status_code == 422
    assert [path for path in media.rglob("*") if path.is_file()] == []


def test_an_invoice_that_takes_no_money_says_so(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    pay(invoice, 10000)
    answer = browser.get(register(invoice))
    assert answer.status_code == 302
    assert messages_of(answer) == ["This is not possible any more."]


def test_one_payment_for_several_invoices_oldest_first(browser: Client, customer: Customer) -> None:
    rows = [issued(customer, price) for price in ("100.00", "150.00", "100.00")]
    url = f"{ADD}?customer={customer.pk}"
    form = shown(browser, url)
    assert form["amount"] == "350.00"
    browser.post(url, {**form, "amount": "300"})
    for row in rows:
        row.refresh_from_db()
    assert [(row.amount_paid, row.status) for row in rows] == [
        (10000, "paid"), (15000, "paid"), (5000, "open"),
    ]  # fmt: skip


def test_typed_amounts_go_where_they_were_typed(browser: Client, customer: Customer) -> None:
    first, second = issued(customer), issued(customer)
    url = f"{ADD}?customer={customer.pk}"
    form = {**shown(browser, url), "amount": "90", f"invoice_{second.pk}": "70"}
    answer = browser.post(url, form)
    payment = Payment.objects.get()
    assert answer.headers["Location"] == f"/admin/payments/payment/{payment.pk}/change/"
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.amount_paid, second.amount_paid, payment.unapplied) == (0, 7000, 2000)


def test_more_than_the_payment_is_not_handed_out(browser: Client, customer: Customer) -> None:
    invoice = issued(customer)
    url = f"{ADD}?customer={customer.pk}"
    form = {**shown(browser, url), "amount": "50", f"invoice_{invoice.pk}": "60"}
    answer = browser.post(url, form)
    assert (answer.status_code, Payment.objects.count()) == (422, 0)
    assert "more than the R$50.00" in str(answer.context["form"].errors["amount"])


def test_a_customer_without_open_invoices_gets_a_credit(browser: Client, customer: Customer) -> None:
    url = f"{ADD}?customer={customer.pk}"
    browser.post(url, {**shown(browser, url), "amount": "50"})
    assert Payment.objects.get().unapplied == 5000


def test_without_a_customer_the_page_asks_whose_money_it_was(browser: Client, customer: Customer) -> None:
    assert 'name="customer"' in browser.get(ADD).content.decode()


@pytest.mark.parametrize("asked", ["invoice", "customer"])
@pytest.mark.parametrize("key", ["abc", "0", "9" * 30, "²", "-1"])
def test_an_impossible_id_does_not_exist(browser: Client, asked: str, key: str) -> None:
    assert browser.get(ADD, {asked: key}).status_code == 404


@pytest.mark.parametrize("side", ["own", "foreign"])
def test_who_may_not_register_is_refused(
    business: Business, other_business: Business, customer: Customer, side: str
) -> None:
    viewer = Client()
    viewer.force_login(factories.make_staff(business, "viewer", username="vera"))
    payer: Any = customer if side == "own" else make_customer(other_business)
    invoice = issued(payer)
    wanted = 403 if side == "own" else 404
    for url in (register(invoice), f"{ADD}?customer={payer.pk}"):
        assert viewer.get(url).status_code == wanted
        assert viewer.post(url, {"amount": "1"}).status_code == wanted
    assert Payment.objects.count() == 0


def test_a_post_without_the_csrf_token_is_refused(ana: User, customer: Customer) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(ana)
    invoice = issued(customer)
    assert strict.post(register(invoice), {"amount": "1", "method": "pix"}).status_code == 403
    assert Payment.objects.count() == 0
