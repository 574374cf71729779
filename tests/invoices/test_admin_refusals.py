"""What the editor refuses: each mistake named where it is, everything typed still there, nothing stored."""

import re
from typing import Any

import pytest
from django.test import Client

from businesses.models import Account, Business, User
from customers.models import Customer
from invoices.models import Invoice
from tests import factories
from tests.factories import make_customer, make_product, make_tax
from tests.pages import Values, form_at, with_line

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


@pytest.mark.parametrize(
    ("place", "values", "words"),
    [
        (1, {"quantity": "0"}, "The quantity must be above zero."),
        (1, {"quantity": "1.00001"}, "4 decimal places"),
        (2, {"unit_price": "NaN"}, "Enter a number."),
        (2, {"unit_price": "1e999999"}, ""),
        (0, {"name": " "}, "required"),
        (2, {"name": "x" * 201}, "200"),
        (1, {"name": "a\u202eb"}, "U+202E"),
        (1, {"name": "a\x00b"}, "ull characters"),
        (0, {"detail": "a\u2066b"}, "U+2066"),
        (2, {"discount_percent": "101"}, "between 0 and 100"),
    ],
)
def test_a_mistake_is_named_on_its_line_and_all_that_was_typed_stays(
    browser: Client, blank: Values, place: int, values: dict[str, str], words: str
) -> None:
    form = {**blank, "title": "Kept title"}
    for number in range(3):
        form = with_line(form, number, name=f"Kept line {number}", unit_price="7")
    answer = browser.post(ADD, with_line(form, place, **values))
    assert (answer.status_code, Invoice.objects.count()) == (422, 0)
    assert words in str(answer.context["editor"].lines.forms[place].errors)
    assert answer.context["editor"].lines.forms[place].errors
    kept = [f"Kept line {number}" for number in range(3) if number != place or "name" not in values]
    assert all(word in text(answer) for word in ["Kept title", *kept])


def test_a_problem_after_a_removed_line_lands_on_the_line_that_has_it(browser: Client, blank: Values) -> None:
    """The draft's third line is the form's fourth when one before it is to be removed."""
    form = blank
    for number in range(4):
        form = with_line(form, number, name=f"Line {number}")
    form = with_line({**form, "lines-1-DELETE": "on"}, 3, quantity="0")
    forms = browser.post(ADD, form).context["editor"].lines.forms
    assert [bool(row.errors) for row in forms] == [False, False, False, True]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("due_on", "2020-01-01"), ("issue_on", "never"), ("currency", "XXQ"), ("language", "fr"),
        ("recipients", "not an address"), ("tip_percents", "5, many"), ("title", "a\u202eb"),
        ("discount_value", "-1"), ("customer", ""), ("kind", "gift"), ("issue_on", "1066-10-14"),
        ("terms", "x" * 20_001), ("wanted_number", "x" * 41),
        ("recipients", "\n".join(f"{i}@b.example" for i in range(30))),
    ],
)  # fmt: skip
def test_a_mistake_in_the_head_is_shown_on_its_field(
    browser: Client, blank: Values, field: str, value: str
) -> None:
    answer = browser.post(ADD, with_line({**blank, "discount_kind": "percent", field: value}, 0))
    assert (answer.status_code, Invoice.objects.count()) == (422, 0)
    assert field in answer.context["editor"].head.errors


def test_a_discount_larger_than_the_total_is_refused(browser: Client, blank: Values) -> None:
    form = {**blank, "discount_kind": "amount", "discount_value": "100.01"}
    answer = browser.post(ADD, with_line(form, 0, unit_price="100"))
    assert (answer.status_code, Invoice.objects.count()) == (422, 0)
    assert "discount_value" in answer.context["editor"].head.errors


def test_terms_keep_ten_tags_and_nothing_else(browser: Client, blank: Values) -> None:
    terms = (
        '<p onclick="x()">Pay <b style="color:red">now</b></p><script>alert(1)</script><img src=x onerror=y>'
    )
    browser.post(ADD, with_line({**blank, "terms": terms}, 0))
    assert Invoice.objects.get().terms == "<p>Pay <b>now</b></p>"


@pytest.mark.parametrize("what", ["customer", "account", "lines-0-product", "lines-0-taxes"])
def test_a_row_of_another_business_is_refused_like_one_that_does_not_exist(
    browser: Client, blank: Values, other_business: Business, what: str
) -> None:
    account = Account.objects.create(business=other_business, name="Secret account")
    foreign = {
        "customer": make_customer(other_business, "Secret customer"),
        "account": account,
        "lines-0-product": make_product(other_business, "Secret product"),
        "lines-0-taxes": make_tax(other_business, "Secret tax"),
    }[what]
    form = with_line(blank, 0)
    answers = [browser.post(ADD, {**form, what: str(key)}) for key in (foreign.pk, 999_999)]
    assert [answer.status_code for answer in answers] == [422, 422]
    assert Invoice.objects.count() == 0
    assert all("Secret" not in text(answer) for answer in answers)
    pages = [text(a).replace(str(key), "?") for a, key in zip(answers, (foreign.pk, 999_999), strict=True)]
    told = [re.findall(r'role="alert">(.*?)</', page, re.DOTALL) for page in pages]
    assert told[0] == told[1] != []


@pytest.mark.parametrize("key", ["abc", "²", "9" * 30, "-1", "1e3"])
@pytest.mark.parametrize("what", ["customer", "account", "lines-0-product", "lines-0-taxes"])
def test_an_impossible_id_is_a_mistake_of_the_form(
    browser: Client, blank: Values, what: str, key: str
) -> None:
    assert browser.post(ADD, {**with_line(blank, 0), what: key}).status_code == 422


@pytest.mark.parametrize("query", ["customer=²", "customer=" + "9" * 30, "customer=abc"])
def test_an_impossible_customer_in_the_address_is_passed_over(browser: Client, query: str) -> None:
    assert browser.get(f"{ADD}?{query}").status_code == 200


@pytest.mark.parametrize("key", ["9" * 30, "9" * 5000, "²", "abc", "999999"])
def test_an_impossible_business_in_the_address_is_refused(browser: Client, key: str) -> None:
    assert browser.get(ADD, {"business": key}).status_code == 403
