"""Products, prices and taxes: what is sold, within its limits."""

from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from businesses.models import Business, Event
from products import actions
from products.models import Price, Product
from tests.factories import make_product, make_tax

pytestmark = pytest.mark.django_db


def test_a_product_has_a_price_and_taxes(business: Business) -> None:
    iss = make_tax(business)
    product = make_product(business, "Café", "0.003500", taxes=[iss], sku="C1")
    price = product.prices.get()
    assert (price.currency, price.unit_price, product.taxes.get()) == ("BRL", Decimal("0.0035"), iss)
    assert (product.search_text, str(iss)) == ("cafe c1 ", "ISS 5 %")


def test_each_save_is_told(business: Business) -> None:
    product = make_product(business)
    product.name = "Other"
    actions.save(product, by="key:1")
    told = Event.objects.about(product).order_by("id").values_list("kind", "data")
    assert list(told) == [
        ("product.created", {"changes": {}}),
        ("product.updated", {"changes": {"name": ["Consulting", "Other"]}}),
    ]


@pytest.mark.parametrize(
    "fields", [{"percent": "-1"}, {"percent": "10000"}, {"percent": "NaN"}, {"fixed": -1}, {"name": ""}]
)
def test_a_tax_below_zero_or_beyond_its_column_is_refused(business: Business, fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        make_tax(business, **fields)


@pytest.mark.parametrize("price", ["1E+15", "0.0000001", "NaN", "Infinity", "-Infinity"])
def test_a_price_beyond_its_column_is_refused(business: Business, price: str) -> None:
    with pytest.raises(ValidationError):
        make_product(business, price=price)
    assert not Product.objects.for_business(business).exists()


@pytest.mark.parametrize("fields", [{"sku": "A"}, {"external_id": "x"}])
def test_codes_are_unique_within_a_business(
    business: Business, other_business: Business, fields: dict[str, str]
) -> None:
    make_product(business, **fields)
    make_product(other_business, **fields)
    with pytest.raises(ValidationError):
        make_product(business, **fields)


@pytest.mark.parametrize(("kind", "interval"), [("recurring", ""), ("one_time", "month")])
def test_a_recurring_price_has_an_interval_and_no_other_has(
    business: Business, kind: str, interval: str
) -> None:
    price = Price(product=make_product(business), unit_price=Decimal(1), kind=kind, interval=interval)
    with pytest.raises(ValidationError):
        price.full_clean()
    with pytest.raises(IntegrityError), transaction.atomic():
        price.save()


def test_only_active_products_are_offered(business: Business) -> None:
    make_product(business, active=False)
    assert not Product.objects.for_business(business).active().exists()
