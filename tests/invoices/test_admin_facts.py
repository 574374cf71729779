"""What staff typed is on the page of the issued invoice; metadata and recurring prices survive the editor."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from businesses.models import Business
from core.paper import PaperError
from customers.models import Customer
from invoices import actions, documents
from invoices.models import Document, Invoice
from portal.models import InvoiceView
from products.models import Price
from tests import factories
from tests.factories import issue, line, make_invoice, make_product
from tests.pages import form_at, messages_of, with_line

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "finance", language="en"))
    return client


def screen(invoice: Invoice) -> str:
    return f"/admin/invoices/invoice/{invoice.pk}/change/"


def shown(browser: Client, invoice: Invoice) -> dict[str, str]:
    return dict(browser.get(screen(invoice)).context["facts"])


def test_everything_typed_is_shown(browser: Client, customer: Customer) -> None:
    invoice = issue(
        make_invoice(
            customer, name="Batch 7", external_id="x-1", kind="pay_off", recipients=("a@b.example",),
            payable_with=("pix", "cash"), tips_enabled=True, tip_percents=(Decimal(5), Decimal(10)),
            live_mode=False, metadata={"order": "A17", "deep": {"id": 3}},
        )
    )  # fmt: skip
    assert shown(browser, invoice) == {
        "Internal name": "Batch 7", "External id": "x-1", "Kind": "Pay off", "Language": "Brazilian Portuguese",
        "Further recipients": "a@b.example", "Payable with": "Pix, cash", "Tips": "5 % · 10 %",
        "Test mode": "not to be paid", "order": "A17", "deep": '{"id": 3}',
    }  # fmt: skip


def test_the_usual_is_not_said(browser: Client, customer: Customer) -> None:
    assert list(shown(browser, issue(make_invoice(customer)))) == ["Language"]


def test_times_are_those_of_the_business(browser: Client, customer: Customer, time_machine: Any) -> None:
    time_machine.move_to("2026-04-01T02:30:00Z", tick=False)
    browser.force_login(browser.get("/admin/").context["user"])
    invoice = actions.void(issue(make_invoice(customer)))
    InvoiceView.objects.create(invoice=invoice, at=timezone.now(), visitor="v", slot=1)
    facts = shown(browser, invoice)
    assert facts["Voided on"] == facts["Page last seen"] == "31 Mar 2026 23:30"


def test_a_pdf_that_cannot_be_made_says_so(browser: Client, customer: Customer) -> None:
    invoice = issue(make_invoice(customer))
    Document.objects.update(error="No Pango", attempts=3)
    assert shown(browser, invoice)["PDF not made yet"] == "tried 3 times: No Pango"


def test_what_went_wrong_is_said_in_the_reader_s_language(
    browser: Client, customer: Customer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_invoice: Invoice, **_options: object) -> None:
        raise PaperError("engine", "Traceback of something")

    monkeypatch.setattr(documents, "download", fail)
    answer = browser.get(screen(issue(make_invoice(customer))).replace("change", "pdf"))
    assert messages_of(answer) == ["The PDF cannot be made right now: The PDF engine failed."]


def test_lines_say_what_marks_them(browser: Client, customer: Customer) -> None:
    row = line("100", discount_amount=150, is_setup_fee=True, kind="recurring")
    page = browser.get(screen(issue(make_invoice(customer, [row])))).content.decode()
    assert "setup fee · recurring · R$1.50 discount" in page


def test_metadata_is_edited_as_lines(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, metadata={"order": "A17", "gone": "1", "deep": {"id": 3}, "a:b": "kept"})
    form = form_at(browser, screen(invoice))
    assert form["metadata"].split("\n") == ["gone: 1", "order: A17"]
    browser.post(screen(invoice), {**form, "metadata": "order: A18\r\n\r\nurl: https://a.example:1/"})
    invoice.refresh_from_db()
    assert invoice.metadata == {
        "deep": {"id": 3}, "a:b": "kept", "order": "A18", "url": "https://a.example:1/",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["no colon", ": empty", "a: 1\na: 2", "a: " + "x" * 20_000])
def test_metadata_that_is_no_list_of_pairs_is_a_mistake(
    browser: Client, customer: Customer, text: str
) -> None:
    invoice = make_invoice(customer)
    form = form_at(browser, screen(invoice))
    answer = browser.post(screen(invoice), {**form, "metadata": text})
    assert (answer.status_code, "metadata" in answer.context["editor"].head.errors) == (422, True)


def test_a_recurring_price_makes_a_recurring_line(
    browser: Client, business: Business, customer: Customer
) -> None:
    product = make_product(business)
    product.prices.update(kind="recurring", interval="month")
    price = product.prices.get()
    filled = browser.get(f"/admin/invoices/invoice/product/{product.pk}/", {"currency": "BRL"}).json()
    assert (filled["kind"], filled["price"]) == ("recurring", str(price.pk))
    invoice = make_invoice(customer)
    form = with_line(
        form_at(browser, screen(invoice)), 0, product=product.pk, kind=filled["kind"], price=filled["price"]
    )
    assert browser.post(screen(invoice), form).status_code == 302
    row = invoice.lines.get()
    assert (row.kind, row.price) == ("recurring", price)
    assert 'fa-tag">recurring' in browser.get(screen(invoice)).content.decode()


def test_another_product_s_price_is_not_kept(browser: Client, business: Business, customer: Customer) -> None:
    product, other = make_product(business), make_product(business, "Other")
    invoice = make_invoice(customer)
    key = Price.objects.get(product=other).pk
    for wrong in (key, "x", "9" * 30):
        form = with_line(form_at(browser, screen(invoice)), 0, product=product.pk, price=wrong)
        assert browser.post(screen(invoice), form).status_code == 302
        assert invoice.lines.get().price is None


def test_a_fixed_discount_from_elsewhere_is_said(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer, [line("100", discount_amount=150)])
    assert "Fixed discount of R$1.50" in browser.get(screen(invoice)).content.decode()
