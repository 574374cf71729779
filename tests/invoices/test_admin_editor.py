"""The editor: what is typed is what is stored, what is refused is said where it is, nothing is overwritten."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from businesses.models import Business, Event, User
from customers.models import Customer
from invoices import actions, rows
from invoices.draft import ChargeDraft, DiscountDraft
from invoices.models import Attachment, Invoice
from tests import factories
from tests.factories import line, make_draft, make_invoice, make_product, make_tax, tax
from tests.pages import Values, form_at, messages_of, with_line, with_pair

pytestmark = pytest.mark.django_db

ADD = "/admin/invoices/invoice/add/"
TOTALS = "/admin/invoices/invoice/totals/"


@pytest.fixture
def ana(business: Business) -> User:
    return factories.make_staff(business, "biller", username="ana", language="en")


@pytest.fixture
def browser(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def blank(browser: Client, customer: Customer) -> Values:
    """The new invoice's form with its customer chosen."""
    return {**form_at(browser, ADD), "customer": str(customer.pk)}


def screen(invoice: Invoice) -> str:
    return f"/admin/invoices/invoice/{invoice.pk}/change/"


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_new_invoice_is_stored_as_typed(browser: Client, blank: Values, customer: Customer) -> None:
    form = with_line(
        {**blank, "title": "March", "recipients": "a@x.example\nb@x.example"}, 0, unit_price="1,234.56"
    )
    answer = browser.post(ADD, with_line(form, 1, name="Travel", quantity="1.5", unit_price="-10"))
    invoice = Invoice.objects.get()
    assert (answer.status_code, answer.headers["Location"]) == (302, screen(invoice))
    assert [(row.name, row.quantity, row.unit_price) for row in invoice.lines.all()] == [
        ("Work", Decimal(1), Decimal("1234.56")),
        ("Travel", Decimal("1.5"), Decimal(-10)),
    ]
    assert (invoice.customer, invoice.total, invoice.title) == (customer, 121956, "March")
    assert invoice.recipients == ["a@x.example", "b@x.example"]
    assert Event.objects.about(invoice).get().actor == "user:ana"


def test_commas_are_decimals_in_portuguese(ana: User, browser: Client, blank: Values) -> None:
    User.objects.filter(pk=ana.pk).update(language="pt-br")
    browser.post(ADD, with_line(blank, 0, quantity="1,5", unit_price="1.234,56"))
    invoice = Invoice.objects.get()
    assert invoice.total == 185184
    assert form_at(browser, screen(invoice))["lines-0-unit_price"] == "1.234,56"


@pytest.mark.parametrize(
    "discount", [DiscountDraft(), DiscountDraft(Decimal("2.5")), DiscountDraft(amount=150)]
)
def test_saving_without_a_change_changes_nothing_but_the_version(
    browser: Client, customer: Customer, discount: DiscountDraft
) -> None:
    lines = [line("10.5", "2.25", discount_percent=Decimal("2.5"))]
    draft = make_draft(
        customer, lines, tip_percents=(Decimal(5),), recipients=("a@b.example",), payable_with=("pix", "boleto"),
        discount=discount, charges=(ChargeDraft("Postage", 990),), terms="<p>a &amp; b</p>", tips_enabled=True,
    )  # fmt: skip
    invoice = actions.create(customer.business, draft)
    before = rows.read(invoice)
    assert browser.post(screen(invoice), form_at(browser, screen(invoice))).status_code == 302
    invoice.refresh_from_db()
    assert (rows.read(invoice), invoice.version) == (before, 2)


def test_what_the_form_does_not_show_survives_an_edit(browser: Client, customer: Customer) -> None:
    taxes = [tax("3", name="Elsewhere", extras={"remote": "t1"}), tax("1.5", name="IR", withheld=True)]
    lines = [line("50", "2", *taxes, discount_amount=700, extras={"remote": "l1"}, product_ref="p-9")]
    shares = {"parts": [{"due_on": "2026-03-16", "amount": 8495}]}
    draft = make_draft(
        customer, lines, discount=DiscountDraft(Decimal(10), 0, ("p-9",)), schedule=shares,
        extras={"dialect": {"id": 7}}, metadata={"k": "v"}, automatic_taxes=True, rounding_mode="document",
    )  # fmt: skip
    invoice = actions.create(customer.business, draft)
    before = rows.read(invoice)
    form = form_at(browser, screen(invoice))
    assert browser.post(screen(invoice), {**form, "title": "Edited"}).status_code == 302
    after = rows.read(Invoice.objects.get())
    assert (after.lines, after.discount) == (before.lines, before.discount)
    assert (after.schedule, after.extras, after.metadata) == (shares, {"dialect": {"id": 7}}, {"k": "v"})
    assert after.lines[0].extras == {"remote": "l1"}
    assert after.lines[0].taxes[0].extras == {"remote": "t1"}
    assert (after.title, after.automatic_taxes, after.rounding_mode) == ("Edited", True, "document")


def test_a_tax_that_is_no_longer_offered_stays_on_its_line(
    browser: Client, business: Business, customer: Customer
) -> None:
    iss = make_tax(business, percent="5")
    row = line("100", "1", tax("5", name="ISS", tax_id=iss.pk))
    invoice = make_invoice(customer, [row])
    iss.active = False
    iss.save()
    browser.post(screen(invoice), form_at(browser, screen(invoice)))
    invoice.refresh_from_db()
    assert invoice.total == 10500


def test_the_second_of_two_editors_is_told_and_overwrites_nothing(
    browser: Client, customer: Customer
) -> None:
    invoice = make_invoice(customer)
    form = form_at(browser, screen(invoice))
    assert browser.post(screen(invoice), with_line(form, 0, name="First")).status_code == 302
    answer = browser.post(screen(invoice), with_line(form, 0, name="Second was here"))
    assert answer.status_code == 422
    assert "Someone else has changed this invoice." in text(answer)
    assert "Second was here" in text(answer)
    assert invoice.lines.get().name == "First"


def test_saving_over_an_invoice_that_was_issued_meanwhile_is_refused_with_a_reason(
    browser: Client, customer: Customer
) -> None:
    invoice = make_invoice(customer)
    form = form_at(browser, screen(invoice))
    factories.issue(invoice)
    answer = browser.post(screen(invoice), with_line(form, 0, unit_price="1"))
    assert messages_of(answer) == ["This invoice is Open now."]
    assert Invoice.objects.get().total == 10000


@pytest.mark.parametrize("version", ["", "0", "abc", "-1", "9" * 30])
def test_a_form_without_its_true_version_changes_nothing(
    browser: Client, customer: Customer, version: str
) -> None:
    invoice = make_invoice(customer)
    form = {**form_at(browser, screen(invoice)), "version": version, "title": "Forged"}
    assert browser.post(screen(invoice), form).status_code == 422
    assert Invoice.objects.get().title == ""


def test_a_posted_total_status_or_number_is_not_listened_to(browser: Client, blank: Values) -> None:
    forged = {
        "total": "1",
        "subtotal": "1",
        "status": "paid",
        "number": "X-1",
        "amount_paid": "1",
        "token": "t",
    }
    browser.post(ADD, with_line({**blank, **forged}, 0, total="1", gross="1", unit_price="5"))
    invoice = Invoice.objects.get()
    assert (invoice.total, invoice.status, invoice.number, invoice.amount_paid) == (500, "draft", None, 0)
    assert invoice.token != "t"


def test_a_hundred_lines_are_stored_and_shown(browser: Client, blank: Values) -> None:
    form = blank
    for number in range(100):
        form = with_line(form, number, name=f"Line {number}", unit_price="1.01")
    browser.post(ADD, form)
    invoice = Invoice.objects.get()
    assert (invoice.lines.count(), invoice.total) == (100, 10100)
    assert form_at(browser, screen(invoice))["lines-99-name"] == "Line 99"


def test_more_lines_than_the_most_are_refused(browser: Client, blank: Values) -> None:
    form = blank
    for number in range(501):
        form = with_line(form, number)
    assert browser.post(ADD, form).status_code == 422
    assert browser.post(ADD, {**blank, "lines-TOTAL_FORMS": "100000"}).status_code == 422
    assert Invoice.objects.count() == 0


def test_an_empty_draft_can_be_kept_but_not_issued(browser: Client, blank: Values) -> None:
    browser.post(ADD, blank)
    invoice = Invoice.objects.get()
    answer = browser.post(f"/admin/invoices/invoice/{invoice.pk}/do/issue/")
    invoice.refresh_from_db()
    assert (messages_of(answer)[-1], invoice.status) == ("An invoice needs at least one line.", "draft")


def test_save_and_issue_asks_before_it_issues(browser: Client, blank: Values) -> None:
    answer = browser.post(ADD, {**with_line(blank, 0), "_issue": ""})
    invoice = Invoice.objects.get()
    assert answer.headers["Location"] == f"/admin/invoices/invoice/{invoice.pk}/do/issue/"
    assert invoice.status == "draft"


def test_a_product_fills_description_price_and_taxes(browser: Client, business: Business) -> None:
    iss = make_tax(business)
    product = make_product(business, "Hosting", "1234.5", description="Per month", unit="month", taxes=[iss])
    url = f"/admin/invoices/invoice/product/{product.pk}/"
    assert browser.get(url, {"currency": "BRL"}).json() == {
        "name": "Hosting", "detail": "Per month", "unit": "month", "unit_price": "1,234.50", "taxes": [str(iss.pk)],
        "kind": "one_time", "price": str(product.prices.get().pk),
    }  # fmt: skip
    assert browser.get(url, {"currency": "JPY"}).json()["unit_price"] == ""
    assert browser.get("/admin/invoices/invoice/product/abc/").status_code == 404


def test_a_line_s_amounts_do_not_cost_a_query_each(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, [line() for _number in range(30)])
    with CaptureQueriesContext(
        connection,
    ) as queries:
        browser.get(screen(invoice))
    assert len(queries) <= 140, len(queries)


def test_links_are_kept_and_only_web_addresses(browser: Client, blank: Values) -> None:
    form = with_pair(with_line(blank, 0), "links", 0, name="Contract", url="https://files.example/c.pdf")
    browser.post(ADD, form)
    assert Attachment.objects.get().url == "https://files.example/c.pdf"
    bad = with_pair(form, "links", 0, name="Bad", url="javascript:alert(1)")
    assert browser.post(ADD, bad).status_code == 422
