"""The screens of products, prices and taxes."""

from decimal import Decimal

import pytest
from django.test import Client

from businesses.models import Business, Event, User
from products.models import Price, Product, Tax
from tests import factories
from tests.factories import make_product, make_tax
from tests.pages import Values, form_at

pytestmark = pytest.mark.django_db

ADD = "/admin/products/product/add/"
TAXES = "/admin/products/tax/"


@pytest.fixture
def ana(business: Business) -> User:
    return factories.make_staff(business, "biller", username="ana", language="en")


@pytest.fixture
def browser(ana: User) -> Client:
    client = Client()
    client.force_login(ana)
    return client


@pytest.fixture
def blank(browser: Client) -> Values:
    form = form_at(browser, ADD, "product_form")
    return {**form, "name": "Hosting", "prices-0-unit_price": "1,234.567891", "prices-0-currency": "BRL"}


def test_a_product_is_created_with_its_price_and_an_event(
    browser: Client, blank: Values, business: Business
) -> None:
    assert browser.post(ADD, {**blank, "sku": "H-1"}).status_code == 302
    product = Product.objects.get()
    assert (product.business, product.name, product.sku) == (business, "Hosting", "H-1")
    assert Price.objects.get().unit_price == Decimal("1234.567891")
    events = Event.objects.about(product).order_by("pk").values_list("kind", "actor")
    assert events[0] == ("product.created", "user:ana")
    assert product.search_text == "hosting h-1 "


def test_a_product_is_changed_and_the_timeline_names_the_fields(browser: Client, business: Business) -> None:
    product = make_product(business)
    url = f"/admin/products/product/{product.pk}/change/"
    browser.post(url, {**form_at(browser, url, "product_form"), "name": "Advice"})
    product.refresh_from_db()
    assert product.name == "Advice"
    assert Event.objects.about(product).latest("pk").data == {"changes": {"name": ["Consulting", "Advice"]}}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""), ("name", "a\u202eb"), ("name", "x" * 201), ("prices-0-unit_price", "many"),
        ("prices-0-currency", "XXQ"), ("metadata", "{not json"), ("business", "999999"), ("business", ""),
        ("taxes", "9" * 30), ("taxes", "abc"), ("prices-0-kind", "recurring"), ("name", "a\x00b"),
    ],
)  # fmt: skip
def test_a_mistake_is_shown_on_the_form(browser: Client, blank: Values, field: str, value: str) -> None:
    answer = browser.post(ADD, {**blank, field: value})
    assert (answer.status_code, Product.objects.count()) == (200, 0)
    assert answer.context["errors"]


def test_a_second_product_with_the_same_sku_is_refused_in_words(
    browser: Client, blank: Values, business: Business
) -> None:
    make_product(business, sku="H-1")
    answer = browser.post(ADD, {**blank, "sku": "H-1"})
    assert answer.status_code == 200
    assert "Another product has this SKU." in answer.content.decode()


def test_the_same_sku_in_another_business_is_fine(
    browser: Client, blank: Values, other_business: Business
) -> None:
    make_product(other_business, sku="H-1")
    assert browser.post(ADD, {**blank, "sku": "H-1"}).status_code == 302


def test_another_business_s_tax_is_no_choice(
    browser: Client, blank: Values, other_business: Business
) -> None:
    foreign = make_tax(other_business, "Secret tax")
    answer = browser.post(ADD, {**blank, "taxes": [str(foreign.pk)]})
    assert (answer.status_code, Product.objects.count()) == (200, 0)
    assert "Secret tax" not in answer.content.decode()


def test_a_product_does_not_mix_two_businesses_of_the_same_person(
    browser: Client, ana: User, blank: Values, other_business: Business
) -> None:
    ana.memberships.create(business=other_business, role="biller")
    theirs = make_tax(other_business, "IVA")
    answer = browser.post(ADD, {**blank, "taxes": [str(theirs.pk)]})
    assert "These taxes belong to another business." in answer.content.decode()
    assert Product.objects.count() == 0


def test_a_product_never_moves_to_another_business(
    browser: Client, ana: User, business: Business, other_business: Business
) -> None:
    ana.memberships.create(business=other_business, role="biller")
    product = make_product(business)
    url = f"/admin/products/product/{product.pk}/change/"
    browser.post(url, {**form_at(browser, url, "product_form"), "business": str(other_business.pk)})
    assert Product.objects.get().business == business


def test_editing_a_product_keeps_a_tax_that_is_no_longer_offered(browser: Client, business: Business) -> None:
    iss = make_tax(business)
    product = make_product(business, taxes=[iss])
    Tax.objects.update(active=False)
    url = f"/admin/products/product/{product.pk}/change/"
    browser.post(url, {**form_at(browser, url, "product_form"), "name": "Advice"})
    assert list(product.taxes.all()) == [iss]


@pytest.mark.parametrize(
    ("words", "count"), [("consult", 1), ("CONSÚLT", 1), ("h-1", 1), ("nothing", 0), ("%", 0)]
)
def test_products_are_found_by_name_and_sku(
    browser: Client, business: Business, words: str, count: int
) -> None:
    make_product(business, sku="H-1")
    answer = browser.get("/admin/products/product/", {"q": words})
    assert answer.context["cl"].result_count == count


def test_a_tax_is_created_and_changed_with_events(browser: Client) -> None:
    form = form_at(browser, f"{TAXES}add/", "tax_form")
    browser.post(f"{TAXES}add/", {**form, "name": "ISS", "percent": "2.5", "withheld": "on"})
    tax = Tax.objects.get()
    url = f"{TAXES}{tax.pk}/change/"
    browser.post(url, {**form_at(browser, url, "tax_form"), "percent": "3"})
    tax.refresh_from_db()
    assert (tax.percent, tax.withheld) == (Decimal(3), True)
    assert list(Event.objects.about(tax).values_list("kind", flat=True)) == ["tax.created", "tax.updated"]


@pytest.mark.parametrize(
    ("field", "value"), [("percent", "-1"), ("percent", "x"), ("name", ""), ("fixed", "-5")]
)
def test_a_tax_that_makes_no_sense_is_refused(browser: Client, field: str, value: str) -> None:
    form = {**form_at(browser, f"{TAXES}add/", "tax_form"), "name": "ISS"}
    assert browser.post(f"{TAXES}add/", {**form, field: value}).status_code == 200
    assert Tax.objects.count() == 0
