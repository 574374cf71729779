"""A number typed with the marks of another language is refused; it never becomes another amount."""

import pytest
from django.test import Client

from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice, Line
from tests import factories
from tests.pages import form_at, with_line

pytestmark = pytest.mark.django_db

ADD = "/admin/invoices/invoice/add/"
FOREIGN = {
    "en": ["1,50", "10,5", "0,125", "1,000,00", "1e3", "1_000", "٣", "１２", "1 000", "NaN"],
    "pt-br": ["1.50", "0.125", "1.2.3", "12.345.6", "1.000.00", "1e3", "R$ 5"],
}
WELL = {"en": {"1.50": 150, "1,234.56": 123456, "1234.5": 123450}, "pt-br": {"1,50": 150, "1.234,56": 123456}}


def typed(business: Business, customer: Customer, language: str, price: str) -> int:
    """The status after saving a line with that price."""
    browser = Client()
    browser.force_login(factories.make_staff(business, "biller", language=language))
    form = with_line(form_at(browser, ADD), 0, name="Work", quantity="1", unit_price=price)
    return browser.post(ADD, {**form, "customer": str(customer.pk)}).status_code


@pytest.mark.parametrize(
    ("language", "price"), [(code, text) for code, texts in FOREIGN.items() for text in texts]
)
def test_foreign_marks_are_refused(business: Business, customer: Customer, language: str, price: str) -> None:
    assert typed(business, customer, language, price) == 422
    assert Invoice.objects.count() == 0


@pytest.mark.parametrize(
    ("language", "price"), [(code, text) for code, texts in WELL.items() for text in texts]
)
def test_the_readers_own_marks_are_read(
    business: Business, customer: Customer, language: str, price: str
) -> None:
    assert typed(business, customer, language, price) == 302
    assert Line.objects.get().gross == WELL[language][price]
