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


def test_a_tax_s_fixed_amount_is_typed_in_the_business_s_currency(browser: Client) -> None:
    form = form_at(browser, f"{TAXES}add/", "tax_form")
    browser.post(f"{TAXES}add/", {**form, "name": "Stamp", "fixed": "1,234.50"})
    tax = Tax.objects.get()
    assert tax.fixed == 123_450
    url = f"{TAXES}{tax.pk}/change/"
    shown = form_at(browser, url, "tax_form")
    assert shown["fixed"] in ("1234.50", "1,234.50")
    assert browser.post(url, {**shown, "fixed": "1.234"}).status_code == 200
    assert browser.post(url, {**shown, "fixed": ""}).status_code == 302
    assert Tax.objects.get().fixed == 0


def test_a_change_of_taxes_is_on_the_record_with_their_names(browser: Client, business: Business) -> None:
    product = make_product(business, taxes=[make_tax(business, "ISS")])
    pis = make_tax(business, "PIS")
    url = f"/admin/products/product/{product.pk}/change/"
    form = form_at(browser, url, "product_form")
    browser.post(url, {**form, "taxes": [str(pis.pk)]})
    event = Event.objects.about(product).latest("pk")
    assert (event.kind, event.actor) == ("product.updated", "user:ana")
    assert event.data == {"changes": {"taxes": ["ISS", "PIS"]}}
    before = Event.objects.filter(data__changes__has_key="taxes").count()
    browser.post(url, {**form_at(browser, url, "product_form"), "name": "Advice"})
    assert Event.objects.filter(data__changes__has_key="taxes").count() == before


def test_what_is_no_longer_sold_is_listed_but_not_offered(browser: Client, business: Business) -> None:
    make_product(business, "Old hosting plan", active=False)
    make_product(business, "New hosting plan")
    query: Values = {"app_label": "invoices", "model_name": "line", "field_name": "product"}
    lookup = browser.get("/admin/autocomplete/", {**query, "term": "plan hosting", "business": business.pk})
    assert [row["text"] for row in lookup.json()["results"]] == ["New hosting plan"]
    assert browser.get("/admin/products/product/", {"q": "plan old"}).context["cl"].result_count == 1


def test_who_only_reads_sees_the_amount_as_money(business: Business) -> None:
    client, stamp = Client(), make_tax(business, fixed=123_450)
    client.force_login(factories.make_staff(business, "viewer", language="en"))
    assert "R$1,234.50" in client.get(f"{TAXES}{stamp.pk}/change/").content.decode()
