"""FatoriPay as its clients meet it: document 003's request verbatim, the plugin's calls, and who may do what."""

import re
from itertools import product
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from businesses.models import Business, Event
from businesses.roles import Role
from core.ids import as_uuid
from customers.models import Customer
from invoices.models import Invoice
from products.models import Product
from providers.fatoripay import wire
from tests.factories import make_invoice
from tests.gateway.calls import Caller, error_of
from tests.payments.money import issued, pay
from tests.providers.fatoripay.samples import CREATE, LIST, REQUESTS, asked, created, row, sample

pytestmark = pytest.mark.django_db


def shape(value: Any) -> Any:
    """Keys and types, and how ids, dates and amounts are written."""
    if isinstance(value, dict):
        return {key: shape(item) for key, item in value.items()}
    if isinstance(value, list):
        return [shape(item) for item in value]
    forms = [r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", r"\d\d/\d\d/\d{4}", r"0|\d+\.\d\d", r"\w{30}"]
    form = next((form for form in forms if isinstance(value, str) and re.fullmatch(form, value)), None)
    return form or type(value)


@pytest.mark.parametrize("path", ["createRequest", "create", "createRequest/"])
def test_document_003_verbatim(call: Caller, path: str) -> None:
    """Its answer is another invoice's, so keys, types and forms are compared, and what both say."""
    response = call.post(f"{LIST}/{path}", sample("create_request"))
    assert response.status_code == 200
    answer, shown = response.json(), sample("created")
    del shown["link"], shown["payable_with"]
    assert shape({key: answer[key] for key in shown}) == shape(shown)
    assert set(answer) == set(sample("created"))
    same = ["description", "status", "tax_amount", "discount_amount", "payment", "shipping", "notifications"]
    assert {key: answer[key] for key in same} == {key: shown[key] for key in same}
    assert answer["customer"] == {**shown["customer"], "id": answer["customer"]["id"]}
    assert (answer["ref"], answer["due_date"], answer["total_amount"]) == (
        "50522220505", "25/07/2024", "524.13",
    )  # fmt: skip
    assert answer["payable_with"] == {"boleto": False, "pix": True, "credit_card": False}


def test_the_document_s_own_sums(call: Caller) -> None:
    items = sample("create_request")["items"]
    items[0]["price"], items[1]["price"] = "900.25", "711.44"
    answer = created(call, items=items, ref="150")
    assert (answer["subtotal_amount"], answer["total_amount"]) == ("5924.13", "5924.13")
    assert (answer["tax_amount"], answer["discount_amount"]) == ("0", "0")
    assert [item["product"]["price"] for item in answer["items"]] == ["900.25", "711.44"]


@pytest.mark.parametrize("name", REQUESTS)
def test_every_sample_is_taken_and_shown_the_same_by_its_id(call: Caller, name: str) -> None:
    answer = call.post(f"{LIST}/create", sample(name)).json()
    assert wire.Invoice.model_validate(answer, strict=True)
    assert call.get(f"{LIST}/{answer['id']}").json() == answer
    assert call.get(f"{LIST}/").json() == [answer]


def test_the_link_opens_our_page(call: Caller) -> None:
    answer = created(call)
    path = reverse("portal:page", args=[answer["link_token"]])
    assert answer["link"].endswith(path)
    assert answer["total_amount"].replace(".", ",") in Client().get(path).content.decode()


@pytest.mark.parametrize("flags", list(product((True, False), repeat=3)), ids=str)
def test_the_page_offers_what_was_asked_for(call: Caller, flags: tuple[bool, ...]) -> None:
    """None of them leaves the choice to the payer, as everywhere in our house."""
    boleto, pix, card = flags
    answer = created(call, payable_with={"boleto": boleto, "pix": pix, "credit_card": card})
    assert answer["payable_with"] == {"boleto": boleto, "pix": pix, "credit_card": card}
    page = Client().get(reverse("portal:page", args=[answer["link_token"]])).content.decode()
    everything = not any(flags)
    assert ("br.gov.bcb.pix" in page) == (pix or everything)
    assert ('id="boleto' in page or "237-2" in page) == (boleto or everything)


def test_one_customer_with_the_latest_data_and_the_history(call: Caller, business: Business) -> None:
    first = created(call)
    moved = {"street": "Rua Nova", "number": "9", "city": "Santos", "state": "SP", "zip_code": "11000000"}
    second = created(call, customer={"name": "João Silva", "address": moved})
    assert first["customer"]["id"] == second["customer"]["id"]
    customer = Customer.objects.for_business(business).get(tax_id="07120188917")
    assert (customer.name, customer.kind, customer.address().city) == ("João Silva", "person", "Santos")
    assert call.get(f"{LIST}/{first['id']}").json()["customer"] == first["customer"]
    changes = [
        event.data["changes"] for event in Event.objects.about(customer).filter(kind="customer.updated")
    ]
    assert any(change.get("name") == ["João da Silva", "João Silva"] for change in changes)


def test_the_same_request_again_is_another_invoice_of_the_same_customer_and_products(call: Caller) -> None:
    first, second = created(call), created(call)
    assert first["id"] != second["id"] and first["ref"] == second["ref"]
    assert [item["product"] for item in first["items"]] == [item["product"] for item in second["items"]]
    assert Product.objects.count() == 2
    items = sample("create_request")["items"]
    dearer = created(call, items=[{**items[0], "price": "100.26"}])
    assert dearer["items"][0]["product"]["id"] not in {item["product"]["id"] for item in first["items"]}


@pytest.mark.parametrize("changes, field", [
    ({"due_date": "31-02-2024"}, "due_date"),
    ({"due_date": None}, "due_date"),
    ({"items": []}, "items"),
    ({"items": [{"name": "a", "quantity": 0, "price": "1"}]}, "items.0.quantity"),
    ({"items": [{"name": "a", "quantity": 1.5, "price": "1"}]}, "items.0.quantity"),
    ({"items": [{"name": "a", "quantity": 1, "price": True}]}, "items.0.price"),
    ({"items": [{"name": "a", "quantity": 1, "price": {}}]}, "items.0.price"),
    ({"items": [{"name": "a", "quantity": 1, "price": "1,234"}]}, "items.0.price"),
    ({"items": [{"name": "a" * 201, "quantity": 1, "price": "1"}]}, "items.0.name"),
    ({"items": [{"name": "a", "quantity": 10**10, "price": "1"}]}, "items.0.quantity"),
    ({"discount_amount": "600"}, "discount_amount"),
    ({"tax_amount": -1}, "tax_amount"),
    ({"ref": "x" * 101}, "ref"),
    ({"description": "x" * 2001}, "description"),
    ({"customer": {"cpfcnpj": "07120188918"}}, "customer.cpfcnpj"),
    ({"customer": {"email": "nobody"}}, "customer.email"),
    ({"customer": {"cellphone": "12"}}, "customer.cellphone"),
    ({"customer": {"address": {"state": "x" * 51}}}, "customer.address.state"),
    ({"payable_with": {"pix": "yes"}}, "payable_with.pix"),
    ({"payable_with": {"credit_card_installments_without_interest": 25}},
     "payable_with.credit_card_installments_without_interest"),
    ({"notification_url": "ftp://x"}, "notification_url"),
])  # fmt: skip
def test_what_is_wrong_is_said_field_by_field_and_nothing_is_kept(
    call: Caller, changes: dict[str, Any], field: str
) -> None:
    response = call.post(CREATE, asked(**changes))
    assert response.status_code == 422, response.content
    error = error_of(response)
    assert list(error["errors"]) == [field] and error["message"] == error["errors"][field][0]
    assert not Invoice.objects.exists() and not Customer.objects.exists() and not Product.objects.exists()


def test_a_list_of_any_length_costs_the_same(call: Caller) -> None:
    counts = []
    for many in (1, 3):
        for _each in range(many):
            first = created(call)
            call.post(f"{LIST}/capture/{first['id']}", {"method": "pix"})
            pay(row(created(call)), 1000)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert call.get(LIST).status_code == 200
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 14


def test_a_create_of_many_lines_costs_what_one_of_few_does(call: Caller) -> None:
    counts = []
    for many in (2, 40):
        items = [{"name": "Produto 1", "description": "", "quantity": 1, "price": "100.25"}] * many
        created(call, items=items)
        with CaptureQueriesContext(connection) as queries:
            created(call, items=items)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_more_than_a_hundred_are_behind_the_link(call: Caller, customer: Customer) -> None:
    for _each in range(101):
        issued(customer)
    first = call.get(LIST)
    assert len(first.json()) == 100
    link = re.fullmatch(r'<http://testserver/fatoripay(.+)>; rel="next"', first["Link"])
    assert link is not None
    second = call.get(link[1])
    assert "Link" not in second and len(second.json()) == 1
    ids = {each["id"] for each in [*first.json(), *second.json()]}
    assert len(ids) == 101
    assert call.get(f"{LIST}?after=nothing").status_code == 422


def test_drafts_and_other_currencies_are_not_there(call: Caller, customer: Customer) -> None:
    draft, foreign = make_invoice(customer), issued(customer, currency="USD")
    assert call.get(LIST).json() == []
    for each in (draft, foreign):
        assert call.get(f"{LIST}/{as_uuid(each.public_id)}").status_code == 404


ROUTES = [
    ("GET", "/{id}", None),
    ("PATCH", "/{id}", {"description": "x"}),
    ("POST", "/capture/{id}", {"method": "pix"}),
    ("POST", "/{id}/refund", {}),
    ("POST", "/refund/{id}", None),
    ("POST", "/{id}/cancel", {}),
    ("POST", "/cancel/{id}", None),
]


@pytest.mark.parametrize("method, path, body", ROUTES)
def test_another_business_s_invoice_is_as_if_it_did_not_exist(
    call: Caller, other_business: Business, method: str, path: str, body: Any
) -> None:
    mine = created(call)
    stranger = Caller(other_business, "fatoripay")
    foreign = stranger.send(method, LIST + path.format(id=mine["id"]), body)
    missing = stranger.send(method, LIST + path.format(id="00000000-0000-4000-a000-000000fa7000"), body)
    nonsense = stranger.send(method, LIST + path.format(id="nonsense"), body)
    assert foreign.status_code == missing.status_code == nonsense.status_code == 404
    assert foreign.content == missing.content == nonsense.content
    assert call.get(f"{LIST}/{mine['id']}").json() == mine


@pytest.mark.parametrize("method, path, body", [*ROUTES[1:], ("POST", "/create", asked())])
def test_a_key_that_may_only_read_changes_nothing(
    call: Caller, business: Business, method: str, path: str, body: Any
) -> None:
    mine = created(call)
    reader = Caller(business, "fatoripay", role=Role.VIEWER)
    assert reader.send(method, LIST + path.format(id=mine["id"]), body).status_code == 403
    assert reader.get(LIST).json() == [mine]


def test_a_biller_neither_cancels_nor_gives_back(call: Caller, business: Business) -> None:
    mine = created(call)
    pay(row(created(call)), 100)
    biller = Caller(business, "fatoripay", role=Role.BILLER)
    for path in ("cancel", "refund"):
        response = biller.post(f"{LIST}/{mine['id']}/{path}")
        assert (response.status_code, set(error_of(response))) == (403, {"message", "errors"})


@pytest.mark.parametrize("headers", [
    {"client-secret": ""}, {"client-id": ""}, {"client-secret": "ftk_wrong"}, {"Authorization": "Bearer fta_wrong"},
    {"client-id": "000000000000000000000000"},
])  # fmt: skip
def test_wrong_credentials_get_laravel_s_401(call: Caller, headers: dict[str, str]) -> None:
    response = call.get(LIST, headers=headers)
    assert (response.status_code, error_of(response)) == (401, {"message": "Unauthenticated."})


def test_the_plugin_s_way_log_in_then_bearer(call: Caller) -> None:
    login = call.post("/api/v1/auth/login", {"username": "07120188917"})
    assert login.status_code == 200
    token = login.json()
    assert wire.Token.model_validate(token, strict=True).token_type == "Bearer"
    nobody = {"client-id": "", "client-secret": ""}
    bearer = {**nobody, "Authorization": f"Bearer {token['access_token']}"}
    answer = call.post(f"{LIST}/create", sample("plugin"), headers=bearer).json()
    assert answer["link"] and call.get(f"{LIST}/{answer['id']}", headers=bearer).json() == answer
    renewed = call.post("/api/v1/auth/refresh", {"refresh_token": token["refresh_token"]})
    assert renewed.status_code == 200 and renewed.json()["access_token"] != token["access_token"]
    again = call.post("/api/v1/auth/refresh", {"refresh_token": token["refresh_token"]})
    assert (again.status_code, error_of(again)) == (401, {"message": "Unauthenticated."})


@pytest.mark.parametrize("headers, raw, status", [
    ({"client-secret": "ftk_wrong"}, b"{}", 401),
    ({"client-secret": ""}, b"{}", 401),
    ({}, b"[]", 422),
    ({}, b'{"username": 5}', 422),
    ({}, b"{", 400),
    ({}, b"", 200),
])  # fmt: skip
def test_logging_in_with_something_else(
    call: Caller, headers: dict[str, str], raw: bytes, status: int
) -> None:
    assert call.post("/api/v1/auth/login", headers=headers, raw=raw).status_code == status


@pytest.mark.parametrize(
    "raw, status", [(b"", 422), (b'{"refresh_token": 5}', 422), (b'{"refresh_token": "x"}', 401)]
)
def test_renewing_with_something_else(call: Caller, raw: bytes, status: int) -> None:
    assert call.post("/api/v1/auth/refresh", raw=raw).status_code == status
