"""The rows from the subtotal down to what is due: the same in the editor, on the staff's page, on paper, in public."""

from decimal import Decimal
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client

from businesses.models import Business
from core.money import format_money
from customers.models import Customer
from invoices import actions, paper, pdf
from invoices.draft import ChargeDraft, DiscountDraft, LineDraft
from invoices.models import Invoice, Mark
from tests import factories
from tests.factories import issue, line, make_invoice, tax
from tests.pages import form_at

pytestmark = pytest.mark.django_db

TOTALS = "/admin/invoices/invoice/totals/"
Rows = list[tuple[str, str, str]]


class _Rows(HTMLParser):
    """Weight, label and amount of each row of the first element of a class: a table's or a list's."""

    def __init__(self, css_class: str) -> None:
        super().__init__()
        self.wanted, self.outside, self.cell, self.weight = css_class, True, False, ""
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        css = dict(attrs).get("class") or ""
        if tag in ("table", "dl"):
            self.outside = self.wanted not in css.split()
        if tag in ("tr", "dt"):
            self.weight = css
        self.cell = not self.outside and tag in ("th", "td", "dt", "dd")
        if self.cell:
            self.found.append((self.weight, ""))

    def handle_endtag(self, tag: str) -> None:
        self.cell = False
        self.outside = self.outside or tag in ("table", "dl")

    def handle_data(self, data: str) -> None:
        if self.cell:
            weight, text = self.found[-1]
            self.found[-1] = (weight, text + data)

    def rows(self) -> Rows:
        cells = zip(self.found[::2], self.found[1::2], strict=True)
        return [(weight, label.strip(), amount.strip()) for (weight, label), (_weight, amount) in cells]


def rows_of(html: str, css_class: str) -> Rows:
    parser = _Rows(css_class)
    parser.feed(html)
    assert parser.found, f"there are no rows in .{css_class}"
    return parser.rows()


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "biller", username="ana", language="en"))
    return client


def in_editor(browser: Client, invoice: Invoice) -> Rows:
    live = browser.post(TOTALS, form_at(browser, screen(invoice))).json()
    return [(row["weight"], row["label"], row["amount"]) for row in live["summary"]]


def on_screen(browser: Client, invoice: Invoice) -> Rows:
    return rows_of(browser.get(screen(invoice)).content.decode(), "fa-sum")


def on_paper(invoice: Invoice, mark: str = Mark.ISSUED) -> Rows:
    return rows_of(paper.html(pdf.paper(Invoice.objects.get(pk=invoice.pk), mark)), "totals")


def in_public(invoice: Invoice) -> Rows:
    return rows_of(Client().get(f"/i/{invoice.token}/").content.decode(), "sums")


def screen(invoice: Invoice) -> str:
    return f"/admin/invoices/invoice/{invoice.pk}/change/"


IRRF, ISS_KEPT = tax("1.5", name="IRRF", withheld=True), tax("2", name="ISS", withheld=True)
CASES: dict[str, tuple[list[LineDraft], dict[str, Any], list[str]]] = {
    "nothing but a price": ([line()], {}, ["Total"]),
    "a tax of the whole document": ([line()], {"document_tax": 123}, ["Subtotal", "Taxes", "Total"]),
    "a tax in the price": (
        [line("121", "1", tax("21", name="IVA", inclusive=True))],
        {},
        ["Total", "IVA 21 % (included)"],
    ),
    "two withholdings": (
        [line("1000", "1", IRRF, ISS_KEPT), line("200", "1", IRRF)],
        {},
        ["Total", "IRRF 1.5 % (withheld)", "ISS 2 % (withheld)", "Amount due"],
    ),
    "two rates on three lines": (
        [line("10", "3", tax("5", name="ISS")), line("7", "1", tax("10", name="VAT"), tax("5", name="ISS"))],
        {},
        ["Subtotal", "ISS 5 %", "VAT 10 %", "Total"],
    ),
    "discounts and charges": (
        [line("250", "2", discount_percent=Decimal(10)), line("30.30", discount_amount=130)],
        {"discount": DiscountDraft(amount=500), "charges": (ChargeDraft("Postage", 350), ChargeDraft("Boleto", 99))},
        ["Subtotal", "Discounts", "Postage", "Boleto", "Total"],
    ),
    "everything, in yen": (
        [line("10000", "3", tax("10", name="CT"), tax("8", name="LT", inclusive=True), IRRF)],
        {"currency": "JPY", "document_tax": 7, "charges": (ChargeDraft("Postage", 800),)},
        ["Subtotal", "CT 10 %", "Taxes", "Postage", "Total", "LT 8 % (included)",
         "IRRF 1.5 % (withheld)", "Amount due"],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("lines", "fields", "labels"), CASES.values(), ids=CASES)
def test_editor_screen_paper_and_public_page_show_the_same_rows(
    browser: Client, customer: Customer, lines: list[LineDraft], fields: dict[str, Any], labels: list[str]
) -> None:
    invoice = make_invoice(customer, lines, **{"language": "en", **fields})
    shown = in_editor(browser, invoice)
    assert [label for _weight, label, _amount in shown] == labels
    assert on_paper(invoice) == shown
    invoice = issue(invoice)
    assert on_paper(invoice) == on_screen(browser, invoice) == in_public(invoice) == shown
    due = format_money(invoice.amount_due, invoice.currency, "en")
    assert [amount for weight, _label, amount in shown if weight == "strong"][-1] == due
    actions.apply_payment(invoice, 1)
    paid = in_public(invoice)
    assert [label for _weight, label, _amount in paid[-2:]] == ["Paid", "Amount due"]
    assert on_screen(browser, invoice) == paid
    assert on_paper(invoice) == shown


def test_a_cancelled_invoice_says_nowhere_that_something_is_due(browser: Client, customer: Customer) -> None:
    invoice = issue(make_invoice(customer, [line("1000", "1", IRRF)], language="en"))
    actions.void(invoice)
    expected = [("strong", "Total", "R$1,000.00"), ("", "IRRF 1.5 % (withheld)", "-R$15.00")]
    assert on_screen(browser, invoice) == in_public(invoice) == on_paper(invoice, Mark.VOID) == expected
    assert on_paper(invoice, Mark.ISSUED)[-1] == ("strong", "Amount due", "R$985.00")
