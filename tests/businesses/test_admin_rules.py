"""The business's screen: its rules of discount, fine and interest, its numbers of credit notes, its accounts' banks."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from businesses.models import Account, Business
from businesses.terms import Terms
from tests import factories
from tests.pages import Values, form_at, messages_of

pytestmark = pytest.mark.django_db

ITAU = {"bank_code": "341", "branch": "1234", "number": "56789", "wallet": "109", "agreement": ""}


@pytest.fixture
def browser(business: Business) -> Client:
    client = Client()
    client.force_login(factories.make_staff(business, "admin", username="ana", language="en"))
    return client


def url(business: Business) -> str:
    return f"/admin/businesses/business/{business.pk}/change/"


def shown(browser: Client, business: Business) -> Values:
    return form_at(browser, url(business), "business_form")


def with_account(form: Values, **values: str) -> Values:
    """The form with its first account changed, or a new one."""
    prefix = next(name for name in form if name.endswith("-TOTAL_FORMS")).removesuffix("-TOTAL_FORMS")
    given = {"name": "Main", "next_our_number": "1", **values}
    count = max(1, int(form[f"{prefix}-TOTAL_FORMS"]))
    return {
        **form,
        f"{prefix}-TOTAL_FORMS": str(count),
        **{f"{prefix}-0-{key}": v for key, v in given.items()},
    }


def errors_of(answer: Any) -> dict[str, str]:
    """Of the business and of its first account, by field."""
    found = dict(answer.context["adminform"].form.errors)
    for formset in answer.context["inline_admin_formsets"]:
        for form in formset.formset.forms:
            found |= form.errors
    return {name: str(errors) for name, errors in found.items()}


def test_the_rules_are_stored_and_shown_again(browser: Client, business: Business) -> None:
    form = {**shown(browser, business), "fine_percent": "2", "interest": "percent_month", "interest_value": "1",
            "tier_0_days": "5", "tier_0_percent": "3.5", "credit_note_pattern": "CR-{seq:03}"}  # fmt: skip
    answer = browser.post(url(business), form)
    assert answer.status_code == 302, errors_of(answer)
    business.refresh_from_db()
    terms = Terms.of(business.payment_terms)
    assert (terms.fine_percent, terms.interest_percent, terms.tiers[0].percent) == (
        Decimal(2), Decimal(1), Decimal("3.5"),
    )  # fmt: skip
    assert business.credit_note_pattern == "CR-{seq:03}"
    again = shown(browser, business)
    assert (again["tier_0_percent"], again["fine_percent"]) == ("3.5", "2")


@pytest.mark.parametrize(
    ("values", "field", "words"),
    [
        ({"fine_percent": "2", "fine_amount": "5"}, "fine_amount", "not both"),
        ({"tier_0_days": "-2", "tier_0_percent": "5"}, "tier_0_days", "cannot end after the due date"),
        ({"fine_amount": "1.005"}, "fine_amount", "fewer decimal places"),
        ({"interest": "percent_day"}, "interest_value", "how much it is"),
        ({"tolerance": "x"}, "tolerance", "Enter a number."),
        ({"credit_note_pattern": "NC"}, "credit_note_pattern", "{seq}"),
        ({"credit_note_pattern": "{customer}-{seq}"}, "credit_note_pattern", ""),
    ],
)
def test_a_wrong_rule_is_named_on_its_field(
    browser: Client, business: Business, values: dict[str, str], field: str, words: str
) -> None:
    before = business.payment_terms
    answer = browser.post(url(business), {**shown(browser, business), "trade_name": "Kept", **values})
    errors = errors_of(answer)
    assert answer.status_code == 200
    assert field in errors and words in errors[field], errors
    assert 'value="Kept"' in answer.content.decode()
    business.refresh_from_db()
    assert (business.payment_terms, business.trade_name) == (before, "")


def test_a_fine_above_the_law_is_a_warning(browser: Client, business: Business) -> None:
    answer = browser.post(url(business), {**shown(browser, business), "fine_percent": "10"})
    assert any("A fine above 2 %" in message for message in messages_of(answer))


def test_an_account_for_boletos(browser: Client, business: Business) -> None:
    form = with_account(shown(browser, business), **ITAU, next_our_number="500", pix_key="MARIA@EXAMPLE.COM")
    answer = browser.post(url(business), form)
    assert answer.status_code == 302, errors_of(answer)
    account = Account.objects.get()
    assert (account.bank_code, account.wallet, account.next_our_number) == ("341", "109", 500)
    assert account.pix_key == "maria@example.com"


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"pix_key": "not a key"}, "pix_key"),
        ({**ITAU, "branch": "12x"}, "branch"),
        ({**ITAU, "number": "x"}, "number"),
        ({**ITAU, "wallet": "999"}, "wallet"),
        ({**ITAU, "bank_code": "998"}, "bank_code"),
        ({"next_our_number": "0"}, "next_our_number"),
        ({**ITAU, "next_our_number": "9" * 15}, "next_our_number"),
    ],
)
def test_what_is_wrong_with_an_account_is_named_once_on_its_field(
    browser: Client, business: Business, values: dict[str, str], field: str
) -> None:
    answer = browser.post(url(business), with_account(shown(browser, business), **values))
    assert answer.status_code == 200
    assert set(errors_of(answer)) == {field}
    assert not Account.objects.exists()


def test_a_number_that_nobody_touched_is_not_set_back(browser: Client, business: Business) -> None:
    """Invoices were issued while the page was open."""
    browser.post(url(business), with_account(shown(browser, business), **ITAU))
    form = shown(browser, business)
    Account.objects.update(next_our_number=42)
    prefix = next(name for name in form if name.endswith("-0-name")).removesuffix("-0-name")
    assert browser.post(url(business), {**form, f"{prefix}-0-name": "Renamed"}).status_code == 302
    account = Account.objects.get()
    assert (account.name, account.next_our_number) == ("Renamed", 42)
