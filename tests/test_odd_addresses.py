"""What a list's address may ask: its own filters. Anything else is refused, and nothing is an error of ours."""

import pytest
from django.test import Client

from businesses.models import Business
from tests import factories
from tests.pages import form_at

pytestmark = pytest.mark.django_db

LISTS = [
    "businesses/business", "businesses/membership", "businesses/event", "customers/customer", "products/product",
    "products/tax", "invoices/invoice",
]  # fmt: skip
ODD = [
    "number__regex=(", "issue_on__year=99999", "total__range=0", "metadata__contains=x", "total__in=1,9" + "9" * 30,
    "search_text__regex=^(a%2B)%2B$", "customer__id__exact=-" + "9" * 23, "customer__id__exact=1&customer__id__exact=x",
    "customer__id__exact=" + "9" * 23 + "&customer__id__exact=1", "issue_on_from=abc", "business__id__exact=abc",
    "p=" + "9" * 20, "o=999999.x", "after=zzz", "before=2026-99-99.1", "all=1", "e=1", "q=%00", "q=%ED%A0%80",
]  # fmt: skip


@pytest.mark.parametrize("path", LISTS)
def test_no_odd_address_is_an_error_of_ours(business: Business, path: str) -> None:
    browser = Client()
    browser.force_login(factories.make_staff(business, "admin"))
    answers = {odd: browser.get(f"/admin/{path}/?{odd}").status_code for odd in ODD}
    assert {odd: code for odd, code in answers.items() if code not in (200, 302, 400)} == {}


@pytest.mark.parametrize(
    "odd", ["search_text__regex=^(a%2B)%2B$", "number__startswith=2", "customer__tax_id=1"]
)
def test_a_column_that_no_filter_offers_cannot_be_asked_for(business: Business, odd: str) -> None:
    browser = Client()
    browser.force_login(factories.make_staff(business, "viewer"))
    assert browser.get(f"/admin/invoices/invoice/?{odd}").status_code == 400


@pytest.mark.parametrize("pattern", ["abc", "{yyyy}", "{seq:99}", "{seq}{seq}", "{seq}#"])
def test_a_pattern_that_is_none_is_said_on_its_field(business: Business, pattern: str) -> None:
    browser = Client()
    browser.force_login(factories.make_staff(business, "admin"))
    address = f"/admin/businesses/business/{business.pk}/change/"
    form = form_at(browser, address, "business_form")
    answer = browser.post(address, {**form, "number_pattern": pattern, "first_number": "5"})
    assert "number_pattern" in answer.context["adminform"].form.errors
