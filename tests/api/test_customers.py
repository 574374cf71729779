"""Customers in our own API."""

from typing import Any

import pytest

from api.customers import Customer
from businesses.models import Business, Event
from businesses.roles import Role
from customers.models import Customer as CustomerRow
from tests import factories
from tests.api import papers
from tests.api.words import fields_refused, listed, queries_of, said
from tests.gateway.calls import Caller, error_of
from tests.races import race

pytestmark = pytest.mark.django_db
ADDRESS = {"street": "Rua A", "number": "1", "city": "Natal", "region": "RN", "postal_code": "59000-000"}
ANA = {
    "name": "Ana Lima", "kind": "person", "tax_id": "071.201.889-17", "email": "ana@example.com",
    "more_emails": ["b@example.com"], "phone": "(11) 98765-4321", "external_id": "crm/42", "language": "en",
    "metadata": {"tier": "gold", "rate": 0.5, "many": [1.25, {"x": 2.5}]}, "notes": "Pays late",
    "address": ADDRESS,
}  # fmt: skip


@pytest.fixture
def call(business: Business) -> Caller:
    return Caller(business, "faturo")


def create(call: Caller, **fields: Any) -> Any:
    return said(call.post("/customers", {**ANA, **fields}), Customer, 201)


def test_a_customer_comes_back_as_it_was_sent_in_normal_form(call: Caller) -> None:
    response = call.post("/customers", ANA)
    made = said(response, Customer, 201)
    normal = {
        "tax_id": "07120188917",
        "tax_id_kind": "cpf",
        "phone": "+5511987654321",
        "legal_name": "",
        "code": "",
    }
    address = {"complement": "", "district": "", "country": "BR", **ADDRESS}
    expected = {**ANA, **normal, "address": address, "delivery_address": None}
    assert {name: made[name] for name in expected} == expected
    assert response["Location"] == f"/api/v1/customers/{made['id']}"
    got = call.get(f"/customers/{made['id']}")
    assert said(got, Customer) == made
    assert got["ETag"] == response["ETag"]


def test_a_customer_starts_with_the_business_s_language_and_country(other_business: Business) -> None:
    other_business.language = "en"
    other_business.save()
    call = Caller(other_business, "faturo")
    body = {"name": "Rui", "tax_id": "PT123456789", "delivery_address": {"city": "Porto"}}
    made = said(call.post("/customers", body), Customer, 201)
    assert (made["language"], made["tax_id_kind"]) == ("en", "foreign")
    assert made["address"] is None and made["delivery_address"]["country"] == "PT"


def test_only_what_is_sent_changes(call: Caller) -> None:
    made = create(call)
    changed = said(call.patch(f"/customers/{made['id']}", {"name": "Ana Lima Reis", "code": "ANA"}), Customer)
    differing = {name for name in made if made[name] != changed[name]}
    assert differing == {"name", "code", "updated_at"}
    row = CustomerRow.objects.get()
    event = Event.objects.about(row).order_by("-pk").first()
    assert event and event.data == {"changes": {"name": ["Ana Lima", "Ana Lima Reis"], "code": ["", "ANA"]}}
    assert event.actor == "key:faturo test"


def test_changing_nothing_writes_nothing(call: Caller) -> None:
    made = create(call)
    same = said(call.patch(f"/customers/{made['id']}", {**ANA}), Customer)
    assert same == made
    assert Event.objects.filter(kind="customer.updated").count() == 0


def test_an_address_is_replaced_or_removed(call: Caller) -> None:
    made = create(call)
    path = f"/customers/{made['id']}"
    changed = said(call.patch(path, {"address": {"city": "Recife"}, "delivery_address": ADDRESS}), Customer)
    assert changed["address"]["city"] == "Recife" and changed["address"]["street"] == ""
    assert changed["delivery_address"]["street"] == "Rua A"
    gone = said(call.patch(path, {"address": None}), Customer)
    assert gone["address"] is None and gone["delivery_address"] == changed["delivery_address"]


def test_a_stale_version_is_not_overwritten(call: Caller) -> None:
    first = call.post("/customers", ANA)
    path = f"/customers/{said(first, Customer, 201)['id']}"
    stale = {"If-Match": first["ETag"]}
    second = call.patch(path, {"address": {"city": "Recife"}}, headers=stale)
    assert second.status_code == 200
    refused = call.patch(path, {"name": "Other"}, headers=stale)
    assert refused.status_code == 412
    assert call.patch(path, {"name": "Other"}, headers={"If-Match": second["ETag"]}).status_code == 200
    assert call.get(path, headers={"If-None-Match": second["ETag"]}).status_code == 200
    now = call.get(path)["ETag"]
    assert call.get(path, headers={"If-None-Match": now}).status_code == 304


@pytest.mark.parametrize(
    ("field", "others"), [("tax_id", {"external_id": "other"}), ("external_id", {"tax_id": ""})]
)
def test_a_second_one_of_what_there_is_once_is_refused_by_name(
    call: Caller, field: str, others: dict[str, str]
) -> None:
    create(call)
    assert fields_refused(call.post("/customers", {**ANA, **others}), 409) == [field]
    second = create(call, tax_id="", external_id="")
    assert fields_refused(call.patch(f"/customers/{second['id']}", {field: ANA[field]}), 409) == [field]
    assert CustomerRow.objects.count() == 2


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        ({"name": None}, ["name"]),
        ({"name": "  "}, ["name"]),
        ({"nome": "Ana"}, ["nome"]),
        ({"tax_id": "071.201.889-18"}, ["tax_id"]),
        ({"tax_id": "07120188917", "tax_id_kind": "cnpj"}, ["tax_id"]),
        ({"email": "ana"}, ["email"]),
        ({"more_emails": ["x"]}, ["more_emails"]),
        ({"phone": "12"}, ["phone"]),
        ({"language": "fr"}, ["language"]),
        ({"metadata": {"a": "x" * 20_000}}, ["metadata"]),
        ({"metadata": []}, ["metadata"]),
        ({"address": {"country": "XX"}}, ["address.country"]),
        ({"address": {"rua": "A"}}, ["address.rua"]),
        ({"address": {"city": "a\u202eb"}}, ["address.city"]),
        ({"delivery_address": {"street": "x" * 201}}, ["delivery_address.street"]),
        ({"name": "a\nb"}, ["name"]),
        ({"id": "66f2a1b0c3d4e5f60718293a"}, ["id"]),
    ],
)
def test_what_is_wrong_is_told_at_its_place(call: Caller, wrong: dict[str, Any], paths: list[str]) -> None:
    assert fields_refused(call.post("/customers", {**ANA, **wrong})) == paths
    assert CustomerRow.objects.count() == 0 and Event.objects.filter(kind="customer.created").count() == 0


def test_a_name_is_needed(call: Caller) -> None:
    assert fields_refused(call.post("/customers", {})) == ["name"]


def test_a_blank_external_id_is_nobody_s(call: Caller, business: Business) -> None:
    made = create(call, tax_id="", external_id="")
    factories.make_product(business)
    papers.create(call, customer=made["id"])
    for blank in ("%20", "%20%20", "%C2%A0"):
        put = call.put(f"/customers/by-external-id/{blank}", {"name": "Mallory"})
        assert fields_refused(put) == ["external_id"]
        for path in (
            "/customers?external_id",
            "/customers?tax_id",
            "/invoices?external_id",
            "/products?external_id",
        ):
            assert call.get(f"{path}={blank}").json()["data"] == [], path
    assert said(call.get(f"/customers/{made['id']}"), Customer) == made


def test_put_by_external_id_creates_once_and_changes_after(call: Caller) -> None:
    path = "/customers/by-external-id/crm/77"
    made = said(call.put(path, {"name": "Bia"}), Customer, 201)
    assert made["external_id"] == "crm/77"
    again = said(call.put(path, {"name": "Bia Melo", "email": "bia@example.com"}), Customer)
    assert (again["id"], again["name"]) == (made["id"], "Bia Melo")
    assert fields_refused(call.put(path, {"name": "Bia", "external_id": "78"})) == ["external_id"]
    create(call)
    assert fields_refused(call.put(path, {"name": "Bia", "tax_id": ANA["tax_id"]}), 409) == ["tax_id"]
    assert CustomerRow.objects.count() == 2


def test_lists_are_narrowed(call: Caller, business: Business, other_business: Business) -> None:
    create(call)
    factories.make_customer(business, "João Pão", external_id="9")
    factories.make_customer(other_business, "Ana Lima", external_id="crm/42")
    for query in ("q=lima+ana", "external_id=crm/42", "tax_id=071.201.889-17", "email=ana@example.com"):
        assert [row["name"] for row in listed(call.get(f"/customers?{query}"), Customer)] == ["Ana Lima"], (
            query
        )
    assert [row["name"] for row in listed(call.get("/customers"), Customer)] == ["João Pão", "Ana Lima"]
    today = business.today().isoformat()
    assert len(listed(call.get(f"/customers?created_from={today}&created_to={today}"), Customer)) == 2
    assert listed(call.get("/customers?created_from=2100-01-01"), Customer) == []
    assert listed(call.get("/customers?created_to=1999-01-01"), Customer) == []


@pytest.mark.parametrize(
    "query", ["created_from=x", "created_to=9999-12-31", "nome=a", "limit=0", "fields=cpf"]
)
def test_a_parameter_that_is_wrong_or_unknown_is_refused(call: Caller, query: str) -> None:
    response = call.get(f"/customers?{query}")
    assert fields_refused(response) == [query.partition("=")[0]]


def test_a_list_costs_as_many_queries_for_many_as_for_few(call: Caller, business: Business) -> None:
    factories.make_customer(business)
    few = queries_of(call, "/customers?limit=100")
    for _ in range(20):
        create(call, tax_id="", external_id="")
    assert queries_of(call, "/customers?limit=100") == few == 3


def test_pages_follow_each_other(call: Caller) -> None:
    names = [create(call, name=f"N{i}", tax_id="", external_id="")["name"] for i in range(5)]
    found, path = [], "/customers?limit=2&fields=name"
    while path:
        page = call.get(path).json()
        found += [row["name"] for row in page["data"]]
        assert all(set(row) == {"name"} for row in page["data"])
        path = page["next"] and f"/customers?limit=2&fields=name&cursor={page['next']}"
    assert found == names[::-1]


def test_another_business_s_customer_does_not_exist(call: Caller, other_business: Business) -> None:
    foreign = factories.make_customer(other_business, external_id="x1")
    missing = error_of(call.get("/customers/" + "0" * 24))
    for answer in (
        call.get(f"/customers/{foreign.public_id}"),
        call.patch(f"/customers/{foreign.public_id}", {}),
    ):
        assert answer.status_code == 404
        assert {**error_of(answer), "instance": ""} == {**missing, "instance": ""}
    said(call.put("/customers/by-external-id/x1", {"name": "Mine"}), Customer, 201)
    foreign.refresh_from_db()
    assert foreign.name == "Maria Souza"


def test_a_key_that_may_only_read_only_reads(business: Business, customer: CustomerRow) -> None:
    reader = Caller(business, "faturo", Role.VIEWER)
    assert reader.get(f"/customers/{customer.public_id}").status_code == 200
    assert reader.post("/customers", ANA).status_code == 403
    assert reader.patch(f"/customers/{customer.public_id}", {"name": "X"}).status_code == 403
    assert reader.put("/customers/by-external-id/1", {"name": "X"}).status_code == 403


def test_a_repeated_post_makes_one_customer(call: Caller) -> None:
    answers = [call.post("/customers", ANA, headers={"Idempotency-Key": "k1"}) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1]["Idempotent-Replayed"] == "true"
    assert CustomerRow.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_of_equal_ones_at_the_same_moment_one_is_made_and_the_others_refused() -> None:
    calls = [Caller(business, "faturo") for business in [factories.make_business()] for _ in range(6)]
    found = race(6, lambda thread: calls[thread].post("/customers", ANA))
    statuses = sorted(getattr(answer, "status_code", 0) for answer in found)
    assert statuses == [201, *[409] * 5], found
    refused = [answer for answer in found if getattr(answer, "status_code", 0) == 409]
    assert {tuple(fields_refused(answer, 409)) for answer in refused} <= {("tax_id",), ("external_id",)}
    assert CustomerRow.objects.count() == 1
