"""The editor's rules of discount, fine and interest: the business's or the draft's own, and what they refuse."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from businesses.models import Business
from businesses.terms import Interest, Terms, Tier
from customers.models import Customer
from invoices.models import Invoice
from tests import factories
from tests.factories import issue, make_invoice
from tests.pages import Values, form_at, with_line

pytestmark = pytest.mark.django_db

ADD = "/admin/invoices/invoice/add/"
TOTALS = "/admin/invoices/invoice/totals/"


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "biller", username="ana", language="en"))
    return client


@pytest.fixture
def blank(browser: Client, customer: Customer) -> Values:
    return with_line({**form_at(browser, ADD), "customer": str(customer.pk), "title": "Kept title"}, 0)


def typed(form: Values, **rules: str) -> Values:
    return {**form, "rules-whose": "own", **{f"rules-{name}": value for name, value in rules.items()}}


def test_a_new_draft_follows_the_business_until_somebody_says_otherwise(
    browser: Client, business: Business, blank: Values
) -> None:
    Business.objects.update(payment_terms=Terms(fine_percent=Decimal(2)).as_dict())
    assert form_at(browser, ADD)["rules-fine_percent"] == "2"
    browser.post(ADD, blank)
    assert Invoice.objects.get().payment_terms == {}
    assert issue(Invoice.objects.get()).payment_terms["fine_percent"] == "2"


def test_own_rules_are_kept_and_shown_again(browser: Client, blank: Values) -> None:
    form = typed(
        blank, tier_0_days="10", tier_0_percent="5", tier_2_days="3", tier_2_amount="1.50", fine_amount="10",
        interest=Interest.PERCENT_MONTH, interest_value="1", tolerance="0.05",
    )  # fmt: skip
    browser.post(ADD, form)
    invoice = Invoice.objects.get()
    assert Terms.of(invoice.payment_terms) == Terms(
        tiers=(Tier(10, Decimal(5)), Tier(3, amount=150)),
        fine_amount=1000,
        interest=Interest.PERCENT_MONTH,
        interest_percent=Decimal(1),
        moves_to_workday=True,
        tolerance=5,
    )
    url = f"/admin/invoices/invoice/{invoice.pk}/change/"
    again = form_at(browser, url)
    assert (again["rules-whose"], again["rules-tier_1_amount"], again["rules-interest_value"]) == (
        "own", "1.50", "1",
    )  # fmt: skip
    browser.post(url, again)
    assert Invoice.objects.get().payment_terms == invoice.payment_terms


@pytest.mark.parametrize(
    ("rules", "field", "words"),
    [
        ({"tier_0_days": "-1", "tier_0_percent": "5"}, "tier_0_days", "cannot end after the due date"),
        ({"tier_2_days": "-1", "tier_2_percent": "5"}, "tier_2_days", "cannot end after the due date"),
        ({"tier_1_days": "9", "tier_1_percent": "1", "tier_1_amount": "1"}, "tier_1_amount", "not both"),
        ({"tier_1_days": "9"}, "tier_1_percent", "how much the discount is"),
        ({"tier_0_days": "9" * 9, "tier_0_percent": "5"}, "tier_0_days", "too far away"),
        ({"tier_0_days": "x", "tier_0_percent": "5"}, "tier_0_days", "whole number"),
        ({"fine_percent": "2", "fine_amount": "5"}, "fine_amount", "a percentage or an amount, not both"),
        ({"fine_percent": "101"}, "fine_percent", "between 0 and 100"),
        ({"fine_percent": "-2"}, "fine_percent", "between 0 and 100"),
        ({"fine_amount": "1.005"}, "fine_amount", "BRL has fewer decimal places."),
        ({"fine_amount": "-1"}, "fine_amount", "must not be negative"),
        ({"interest": "percent_month"}, "interest_value", "how much it is"),
        ({"interest_value": "1"}, "interest_value", "does not belong"),
        ({"interest": "tribute", "interest_value": "1"}, "interest", "not one of the available choices"),
        ({"per_day": "amount", "per_day_value": "NaN"}, "per_day_value", "Enter a number."),
        ({"tolerance": "-1"}, "tolerance", "must not be negative"),
    ],
)
def test_rules_that_make_no_sense_are_named_on_their_field(
    browser: Client, blank: Values, rules: dict[str, str], field: str, words: str
) -> None:
    form = typed(blank, **rules)
    answer: Any = browser.post(ADD, form)
    assert (answer.status_code, Invoice.objects.count()) == (422, 0)
    errors = answer.context["editor"].rules.errors
    assert words in str(errors.get(field)), errors
    page = answer.content.decode()
    assert "Kept title" in page and all(value in page for value in rules.values())
    assert browser.post(TOTALS, form).status_code == 200


def test_steps_and_a_discount_per_day_exclude_each_other(browser: Client, blank: Values) -> None:
    form = typed(blank, tier_0_days="5", tier_0_percent="5", per_day="percent", per_day_value="1")
    errors = browser.post(ADD, form).context["editor"].rules.errors
    assert "not both" in str(errors["per_day"])


def test_what_is_hidden_cannot_be_wrong(browser: Client, blank: Values) -> None:
    form = {**typed(blank, fine_percent="many"), "rules-whose": ""}
    assert browser.post(ADD, form).status_code == 302
    assert Invoice.objects.get().payment_terms == {}


def test_a_fine_above_the_law_is_a_warning(browser: Client, blank: Values) -> None:
    browser.post(ADD, typed(blank, fine_percent="10"))
    url = f"/admin/invoices/invoice/{Invoice.objects.get().pk}/change/"
    assert "A fine above 2 % is not allowed" in browser.get(url).content.decode()


def test_bolepix_is_one_of_the_ways_to_pay(browser: Client, blank: Values) -> None:
    browser.post(ADD, {**blank, "payable_with": ["bolepix"]})
    invoice = Invoice.objects.get()
    assert invoice.payable_with == ["bolepix"]
    assert (
        "Boleto with Pix"
        in browser.get(f"/admin/invoices/invoice/{issue(invoice).pk}/change/").content.decode()
    )


def test_rules_of_an_other_currency_have_its_decimals(
    browser: Client, blank: Values, customer: Customer
) -> None:
    browser.post(ADD, typed({**blank, "currency": "JPY"}, fine_amount="500"))
    assert Invoice.objects.get().payment_terms["fine_amount"] == 500
    assert make_invoice(customer).payment_terms == {}
