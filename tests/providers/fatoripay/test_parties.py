"""Customers and products, as they come with invoices or alone."""

from typing import Any

import pytest

from businesses.models import Business
from businesses.roles import Role
from providers.fatoripay import wire
from tests.factories import make_customer, make_product
from tests.gateway.calls import Caller, error_of
from tests.providers.fatoripay.samples import asked, created

pytestmark = pytest.mark.django_db
CUSTOMERS, PRODUCTS = "/api/v1/customers", "/api/v1/products"


def test_those_of_an_invoice_are_listed_and_found(call: Caller) -> None:
    invoice = created(call)
    assert call.get(CUSTOMERS).json() == [invoice["customer"]]
    assert call.get(f"{CUSTOMERS}/{invoice['customer']['id']}").json() == invoice["customer"]
    products = call.get(PRODUCTS).json()
    assert products == [item["product"] for item in reversed(invoice["items"])]
    assert [wire.Product.model_validate(each) for each in products]


def test_a_customer_alone_is_found_by_tax_id(call: Caller) -> None:
    body: dict[str, Any] = asked()["customer"]
    first = call.post(f"{CUSTOMERS}/create", body)
    second = call.post(f"{CUSTOMERS}/create", {**body, "name": "Other"})
    assert (first.status_code, second.json()) == (200, {**first.json(), "name": "Other"})
    wire.Customer.model_validate(first.json(), strict=True)
    wrong = call.post(f"{CUSTOMERS}/create", {**body, "cpfcnpj": "1"})
    assert (wrong.status_code, list(error_of(wrong)["errors"])) == (422, ["customer.cpfcnpj"])


def test_more_than_a_hundred_are_behind_the_link(call: Caller, business: Business) -> None:
    for number in range(101):
        make_customer(business, f"Customer {number}")
        make_product(business, f"Product {number}")
    for path in (CUSTOMERS, PRODUCTS):
        first = call.get(path)
        second = call.get(first["Link"].partition("/fatoripay")[2].partition(">")[0])
        assert len({each["id"] for each in [*first.json(), *second.json()]}) == 101
        assert "Link" not in second and call.get(f"{path}?after=nothing").status_code == 422


def test_only_the_business_s_own(call: Caller, business: Business, other_business: Business) -> None:
    theirs = created(call)["customer"]
    stranger, reader = Caller(other_business, "fatoripay"), Caller(business, "fatoripay", role=Role.VIEWER)
    assert stranger.get(CUSTOMERS).json() == stranger.get(PRODUCTS).json() == []
    assert stranger.get(f"{CUSTOMERS}/{theirs['id']}").status_code == 404
    assert stranger.get(f"{CUSTOMERS}/nonsense").status_code == 404
    assert reader.post(f"{CUSTOMERS}/create", asked()["customer"]).status_code == 403
    assert reader.get(CUSTOMERS).json() == [theirs]
