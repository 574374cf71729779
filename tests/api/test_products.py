"""Products, prices and taxes in our own API."""

from typing import Any

import pytest

from api.products import Price, Product
from api.taxes import Tax
from businesses.models import Business, Event
from businesses.roles import Role
from products.models import Price as PriceRow
from products.models import Product as ProductRow
from tests import factories
from tests.api.words import fields_refused, listed, queries_of, said
from tests.gateway.calls import Caller

pytestmark = pytest.mark.django_db
HOUR = {
    "name": "Consulting", "description": "Per hour\nor part of it", "sku": "C-1", "unit": "hour", "external_id": "77",
    "metadata": {"team": "a", "rate": 0.5},
    "prices": [
        {"unit_price": "120.505"},
        {"unit_price": "99", "currency": "USD", "kind": "recurring", "interval": "month", "name": "Plan"},
    ],
}  # fmt: skip


@pytest.fixture
def call(business: Business) -> Caller:
    return Caller(business, "faturo")


def create(call: Caller, **fields: Any) -> Any:
    return said(call.post("/products", {**HOUR, **fields}), Product, 201)


def test_a_product_comes_back_with_its_prices_and_taxes(call: Caller, business: Business) -> None:
    taxes = [factories.make_tax(business, name).public_id for name in ("ISS", "PIS")]
    response = call.post("/products", {**HOUR, "taxes": taxes})
    made = said(response, Product, 201)
    assert {name: made[name] for name in HOUR if name != "prices"} == {
        name: value for name, value in HOUR.items() if name != "prices"
    }
    assert [(p["currency"], p["unit_price"], p["interval"]) for p in made["prices"]] == [
        ("BRL", "120.505", ""),
        ("USD", "99", "month"),
    ]
    assert made["taxes"] == taxes
    assert said(call.get(response["Location"].removeprefix("/api/v1")), Product) == made
    whole = call.get(f"/products/{made['id']}?expand=taxes&fields=id").json()
    assert set(whole) == {"id", "taxes"}
    assert [tax["name"] for tax in whole["taxes"]] == ["ISS", "PIS"]
    assert Event.objects.filter(subject__startswith="product:").count() == 2


def test_only_what_is_sent_changes(call: Caller, business: Business) -> None:
    tax = factories.make_tax(business).public_id
    made = create(call, taxes=[tax])
    changed = said(call.patch(f"/products/{made['id']}", {"active": False}), Product)
    assert {name for name in made if made[name] != changed[name]} == {"active", "updated_at"}
    assert said(call.patch(f"/products/{made['id']}", {"taxes": []}), Product)["taxes"] == []


def test_a_stale_version_is_not_overwritten(call: Caller) -> None:
    response = call.post("/products", HOUR)
    made = said(response, Product, 201)
    path, price = f"/products/{made['id']}", made["prices"][0]["id"]
    stale = {"If-Match": response["ETag"]}
    price_path = f"{path}/prices/{price}"
    seen = {"If-Match": call.get(price_path)["ETag"]}
    assert said(call.patch(price_path, {"unit_price": 130}, headers=seen), Price)["unit_price"] == "130"
    assert call.patch(price_path, {"unit_price": 140}, headers=seen).status_code == 412
    assert call.delete(price_path, headers=seen).status_code == 412
    assert call.patch(path, {"name": "Other"}, headers=stale).status_code == 412
    assert ProductRow.objects.get().name == "Consulting"


def test_prices_are_added_changed_and_deleted(call: Caller) -> None:
    made = create(call, prices=[])
    path = f"/products/{made['id']}/prices"
    response = call.post(path, {"unit_price": "0.000001", "currency": "EUR"})
    price = said(response, Price, 201)
    own = response["Location"].removeprefix("/api/v1")
    assert said(call.get(own), Price) == price
    changed = said(call.patch(own, {"name": "Old", "unit_price": "5.5"}), Price)
    assert changed == {**price, "name": "Old", "unit_price": "5.5"}
    second = said(call.post(path, {"unit_price": "7"}), Price, 201)
    assert listed(call.get(path), Price) == [changed, second]
    assert call.delete(own).status_code == 204
    assert call.get(own).status_code == 404
    assert listed(call.get(path), Price) == [second]


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        ({"name": ""}, ["name"]),
        ({"preco": 1}, ["preco"]),
        ({"prices": [{"unit_price": "1"}, {"unit_price": "x"}]}, ["prices.1.unit_price"]),
        ({"prices": [{"unit_price": "1", "currency": "XXZ"}]}, ["prices.0.currency"]),
        ({"prices": [{"unit_price": "1", "kind": "recurring"}]}, ["prices.0"]),
        ({"prices": [{"unit_price": "1.1234567"}]}, ["prices.0.unit_price"]),
        ({"prices": [{"unit_price": "1" * 15}]}, ["prices.0.unit_price"]),
        ({"prices": [{}]}, ["prices.0.unit_price"]),
        ({"taxes": ["0" * 24]}, ["taxes.0"]),
        ({"taxes": ["7"]}, ["taxes.0"]),
    ],
)
def test_what_is_wrong_is_told_at_its_place(call: Caller, wrong: dict[str, Any], paths: list[str]) -> None:
    assert fields_refused(call.post("/products", {**HOUR, **wrong})) == paths
    assert ProductRow.objects.count() == 0


def test_another_business_s_tax_is_no_tax(call: Caller, other_business: Business) -> None:
    foreign = factories.make_tax(other_business).public_id
    assert fields_refused(call.post("/products", {**HOUR, "taxes": [foreign]})) == ["taxes.0"]


@pytest.mark.parametrize("field", ["sku", "external_id"])
def test_a_second_one_of_what_there_is_once_is_refused_by_name(call: Caller, field: str) -> None:
    create(call)
    second = create(call, sku="", external_id="")
    assert fields_refused(call.post("/products", {"name": "X", field: HOUR[field]}), 409) == [field]
    assert fields_refused(call.patch(f"/products/{second['id']}", {field: HOUR[field]}), 409) == [field]


def test_lists_are_narrowed(call: Caller, other_business: Business) -> None:
    create(call)
    create(call, name="Ação", sku="B", external_id="2", active=False)
    factories.make_product(other_business)
    for query in ("q=acao", "sku=B", "external_id=2", "active=false"):
        assert [row["name"] for row in listed(call.get(f"/products?{query}"), Product)] == ["Ação"], query
    assert len(listed(call.get("/products"), Product)) == 2
    assert fields_refused(call.get("/products?active=perhaps")) == ["active"]


def test_lists_cost_as_many_queries_for_many_as_for_few(call: Caller, business: Business) -> None:
    create(call, taxes=[factories.make_tax(business).public_id])
    few = queries_of(call, "/products?limit=100&expand=taxes"), queries_of(call, "/taxes?limit=100")
    for i in range(10):
        create(call, sku=f"s{i}", external_id=f"e{i}", taxes=[factories.make_tax(business).public_id])
    many = queries_of(call, "/products?limit=100&expand=taxes"), queries_of(call, "/taxes?limit=100")
    assert many == few == (4, 2)


def test_another_business_s_product_does_not_exist(call: Caller, other_business: Business) -> None:
    foreign = factories.make_product(other_business)
    mine = create(call)["id"]
    price = PriceRow.objects.get(product=foreign).public_id
    path = f"/products/{foreign.public_id}"
    for method, where in [
        ("GET", path), ("PATCH", path), ("GET", f"{path}/prices"), ("POST", f"{path}/prices"),
        ("GET", f"{path}/prices/{price}"), ("PATCH", f"{path}/prices/{price}"), ("DELETE", f"{path}/prices/{price}"),
        ("PATCH", f"/products/{mine}/prices/{price}"), ("DELETE", f"/products/{mine}/prices/{price}"),
    ]:  # fmt: skip
        body = {"unit_price": "1"} if method == "POST" else {} if method == "PATCH" else None
        assert call.send(method, where, body).status_code == 404, where
    assert PriceRow.objects.filter(public_id=price).exists()


def test_taxes_are_written_and_changed(call: Caller) -> None:
    response = call.post("/taxes", {"name": "ISS", "percent": "2.5", "withheld": True, "order": 3})
    made = said(response, Tax, 201)
    assert (made["percent"], made["withheld"], made["fixed"], made["active"]) == ("2.5", True, 0, True)
    path = response["Location"].removeprefix("/api/v1")
    assert said(call.get(path), Tax) == made
    seen = {"If-Match": response["ETag"]}
    changed = said(call.patch(path, {"active": False, "fixed": 150}, headers=seen), Tax)
    assert {name for name in made if made[name] != changed[name]} == {"active", "fixed", "updated_at"}
    assert call.patch(path, {"name": "X"}, headers=seen).status_code == 412
    assert listed(call.get("/taxes?active=true"), Tax) == []
    assert listed(call.get("/taxes?active=false"), Tax) == [changed]


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        ({"percent": "-1"}, ["percent"]),
        ({"percent": "1.23456"}, ["percent"]),
        ({"percent": 1.5, "fixed": 1.5}, ["fixed"]),
        ({"fixed": -1}, ["fixed"]),
        ({"order": 40_000}, ["order"]),
        ({"inclusive": "perhaps"}, ["inclusive"]),
        ({"rate": 1}, ["rate"]),
    ],
)
def test_what_is_wrong_with_a_tax_is_told(call: Caller, wrong: dict[str, Any], paths: list[str]) -> None:
    assert fields_refused(call.post("/taxes", {"name": "ISS", **wrong})) == paths


def test_another_business_s_tax_does_not_exist(call: Caller, other_business: Business) -> None:
    path = f"/taxes/{factories.make_tax(other_business).public_id}"
    assert call.get(path).status_code == call.patch(path, {"name": "x"}).status_code == 404
    assert listed(call.get("/taxes"), Tax) == []


def test_a_key_that_may_only_read_only_reads(business: Business) -> None:
    tax, product = factories.make_tax(business), factories.make_product(business)
    reader = Caller(business, "faturo", Role.VIEWER)
    assert reader.get(f"/products/{product.public_id}/prices").status_code == 200
    assert reader.post("/products", HOUR).status_code == 403
    assert reader.patch(f"/taxes/{tax.public_id}", {"name": "X"}).status_code == 403
