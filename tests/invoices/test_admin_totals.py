"""Live totals: what the editor shows while somebody types is what will be stored, to the cent."""

from decimal import Decimal
from random import Random
from typing import Any

import pytest
from django.test import Client

from businesses.models import Business, User
from core.money import format_money
from customers.models import Customer
from invoices import actions, rows
from invoices.models import Invoice
from tests import factories
from tests.factories import line, make_draft, make_invoice, make_tax
from tests.pages import Values, form_at, with_line, with_pair

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


def due(live: dict[str, Any]) -> str:
    """What remains at the foot of the live totals."""
    [last] = [row["amount"] for row in live["summary"] if row["is_last"]]
    return str(last)


CURRENCIES = {"BRL": 2, "JPY": 0, "BHD": 3}


def typed(value: Decimal, language: str) -> str:
    shown = f"{value:,f}"
    return shown.translate(str.maketrans(",.", ".,")) if language == "pt-br" else shown


def random_form(dice: Random, blank: Values, taxes: list[str], language: str) -> Values:
    currency = dice.choice(list(CURRENCIES))
    places = CURRENCIES[currency]
    form = {**blank, "currency": currency, "discount_kind": dice.choice(["", "percent", "amount"])}
    form["discount_value"] = typed(Decimal(dice.randrange(1, 9)), language)
    for number in range(dice.randrange(1, 6)):
        form = with_line(
            form,
            number,
            quantity=typed(Decimal(dice.randrange(1, 99999)) / 1000, language),
            unit_price=typed(Decimal(dice.randrange(10**places, 10**7)).scaleb(-places), language),
            discount_percent=typed(Decimal(dice.randrange(0, 50)), language),
            taxes=dice.sample(taxes, dice.randrange(0, len(taxes) + 1)),
        )
    if dice.random() < 0.5:
        value = typed(Decimal(dice.randrange(1, 10**5)).scaleb(-places), language)
        form = with_pair(form, "charges", 0, name="Postage", value=value)
    return form


@pytest.mark.parametrize("language", ["pt-br", "en"])
def test_live_totals_are_what_is_stored(
    ana: User, browser: Client, business: Business, customer: Customer, language: str
) -> None:
    """Twenty-five random forms a language, before they are stored and again when they are opened."""
    User.objects.filter(pk=ana.pk).update(language=language)
    kinds: list[dict[str, Any]] = [{}, {"inclusive": True}, {"compound": True}, {"withheld": True}]
    taxes = [
        str(make_tax(business, f"T{i}", f"{i + 1}.37", order=i, **kind).pk) for i, kind in enumerate(kinds)
    ]
    blank = {**form_at(browser, ADD), "customer": str(customer.pk)}
    dice = Random(20260302)
    for _number in range(25):
        form = random_form(dice, blank, taxes, language)
        live = browser.post(TOTALS, form).json()
        answer = browser.post(ADD, form)
        assert answer.status_code == 302, answer.context["editor"].lines.errors
        invoice = Invoice.objects.latest("pk")
        assert due(live) == format_money(invoice.amount_due, invoice.currency, language)
        assert live["lines"] == {
            f"lines-{i}": format_money(row.gross, invoice.currency, language)
            for i, row in enumerate(invoice.lines.all())
        }
        reopened = form_at(browser, screen(invoice))
        assert due(browser.post(TOTALS, reopened).json()) == due(live)


def test_live_totals_count_what_the_form_does_not_show(browser: Client, customer: Customer) -> None:
    draft = make_draft(customer, [line("100", discount_amount=700)], document_tax=123)
    invoice = actions.create(customer.business, draft)
    assert due(browser.post(TOTALS, form_at(browser, screen(invoice))).json()) == "R$94.23"
    assert invoice.total == 9423


def test_live_totals_of_an_overtaken_form_say_so(browser: Client, customer: Customer) -> None:
    invoice = make_invoice(customer)
    form = form_at(browser, screen(invoice))
    actions.revise(invoice, rows.read(invoice), version=invoice.version)
    assert browser.post(TOTALS, form).json() == {"error": "Someone else has changed this invoice."}


def test_live_totals_of_an_unfinished_form_say_what_is_missing(browser: Client, blank: Values) -> None:
    assert "error" in browser.post(TOTALS, {**blank, "issue_on": ""}).json()
    assert due(browser.post(TOTALS, {**blank, "customer": ""}).json()) == "R$0.00"


def test_a_new_invoice_takes_nothing_from_a_draft_without_lines(
    browser: Client, blank: Values, customer: Customer
) -> None:
    make_invoice(customer, [], rounding_mode="document", document_tax=500)
    form = with_line(blank, 0, name="Work", quantity="1", unit_price="10")
    assert browser.post(TOTALS, form).json()["summary"][-1]["amount"] == format_money(1000, "BRL", "en")
