"""Contacts: made, brought up to date, looked up."""

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from businesses.models import Business
from businesses.roles import Role
from customers.models import Customer
from tests import factories
from tests.gateway.calls import error_of
from tests.providers.highlevel.spec import Watched

pytestmark = pytest.mark.django_db


@pytest.fixture
def call(business: Business, customer: Customer) -> Watched:
    return Watched(business)


def body(response: Any, status: int = 200) -> Any:
    assert response.status_code == status, response.content
    return json.loads(response.content)


def said(call: Watched, **fields: Any) -> dict[str, Any]:
    return {"locationId": call.business.public_id, "firstName": "Rosan", "lastName": "Deo", **fields}


FULL = {
    "email": "rosan@deos.com",
    "phone": "+1 888-888-8888",
    "address1": "3535 1st St N",
    "city": "Dolomite",
    "state": "AL",
    "postalCode": "35061",
    "country": "US",
    "website": "https://www.tesla.com",
    "tags": ["vip"],
    "customFields": [{"id": "f1", "key": "my_field", "field_value": "9039160788"}],
    "source": "public api",
}


def test_a_new_contact_is_a_customer(call: Watched) -> None:
    told = body(call.post("/contacts/", said(call, **FULL)), 201)["contact"]
    row = Customer.objects.get(public_id=told["id"])
    assert (row.name, row.kind, row.email, row.phone) == (
        "Rosan Deo",
        "person",
        "rosan@deos.com",
        "+18888888888",
    )
    assert (row.address().street, row.address().country) == ("3535 1st St N", "US")
    assert told["customFields"] == [{"id": "f1", "value": "9039160788"}]
    assert (told["firstName"], told["lastName"], told["tags"], told["city"]) == (
        "Rosan",
        "Deo",
        ["vip"],
        "Dolomite",
    )


def test_a_company_may_have_no_person(call: Watched) -> None:
    data = {"locationId": call.business.public_id, "companyName": "ABC Corp.", "email": None}
    told = body(call.post("/contacts/", data), 201)["contact"]
    row = Customer.objects.get(public_id=told["id"])
    assert (row.name, row.kind, told["companyName"]) == ("ABC Corp.", "company", "ABC Corp.")


def test_the_same_email_is_the_same_contact_brought_up_to_date(call: Watched, customer: Customer) -> None:
    told = body(
        call.post(
            "/contacts/upsert", said(call, email="MARIA@example.com", tags=["x"], city="Lima", country="PE")
        )
    )
    assert (told["new"], told["contact"]["id"], told["contact"]["name"]) == (
        False,
        customer.public_id,
        "Rosan Deo",
    )
    customer.refresh_from_db()
    assert (customer.name, customer.address().city, customer.tax_id) == ("Rosan Deo", "Lima", factories.CPF)
    assert len(told["traceId"]) == 32


def test_the_same_phone_is_too(call: Watched, business: Business) -> None:
    row = factories.make_customer(business, name="João", phone="+5511987654321")
    told = body(call.post("/contacts/upsert", said(call, phone="(11) 98765-4321")))
    assert (told["new"], told["contact"]["id"]) == (False, row.public_id)


def test_what_an_upsert_does_not_say_stays(call: Watched, customer: Customer) -> None:
    body(call.post("/contacts/upsert", said(call, email=customer.email, tags=["a"])))
    told = body(
        call.post("/contacts/upsert", {"locationId": call.business.public_id, "email": customer.email})
    )
    assert (told["contact"]["name"], told["contact"]["tags"]) == ("Rosan Deo", ["a"])


def test_an_unknown_contact_is_new_and_so_is_a_wanted_duplicate(call: Watched) -> None:
    first = body(call.post("/contacts/upsert", said(call, email="new@example.com")))
    second = body(
        call.post("/contacts/upsert", said(call, email="new@example.com", createNewIfDuplicateAllowed=True))
    )
    assert (first["new"], second["new"]) == (True, True)
    assert first["contact"]["id"] != second["contact"]["id"]


@pytest.mark.parametrize(
    "fields,field",
    [
        ({"email": "nobody"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"city": "x", "country": "USA"}, "country"),
        ({"firstName": None, "lastName": None}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(call: Watched, fields: dict[str, Any], field: str) -> None:
    error = error_of(call.post("/contacts/", said(call, **fields)))
    assert error["statusCode"] == 422
    assert error["message"][0].startswith(field)
    assert Customer.objects.count() == 1


def test_a_contact_is_found_by_either_id(call: Watched, business: Business) -> None:
    row = factories.make_customer(business, external_id="theirs-1")
    for wanted in (row.public_id, "theirs-1"):
        assert body(call.get(f"/contacts/{wanted}"))["contact"]["id"] == row.public_id


@pytest.mark.parametrize("wanted", ["x" * 101, "%C2%91", "%0A", "nobody"])
def test_what_cannot_be_an_id_is_nobody_s(call: Watched, wanted: str) -> None:
    assert error_of(call.get(f"/contacts/{wanted}"))["statusCode"] == 404


def test_a_contact_of_another_business_is_as_if_it_were_not_there(
    call: Watched, other_business: Business
) -> None:
    foreign = factories.make_customer(other_business, email="foreign@example.com")
    assert error_of(call.get(f"/contacts/{foreign.public_id}"))["statusCode"] == 404
    told = body(call.post("/contacts/upsert", said(call, email="foreign@example.com")))
    assert told["new"] is True
    foreign.refresh_from_db()
    assert foreign.name == "Maria Souza"


@pytest.mark.parametrize("path", ["/contacts/", "/contacts/upsert"])
def test_another_location_is_refused(call: Watched, other_business: Business, path: str) -> None:
    assert error_of(call.post(path, said(call, locationId=other_business.public_id)))["statusCode"] == 403
    assert error_of(call.get(f"/contacts/?locationId={other_business.public_id}"))["statusCode"] == 403


def test_a_key_that_may_only_read_makes_no_contact(business: Business, customer: Customer) -> None:
    reader = Watched(business, Role.VIEWER)
    assert error_of(reader.post("/contacts/", said(reader)))["statusCode"] == 403
    assert reader.get(f"/contacts/{customer.public_id}").status_code == 200


def test_contacts_are_listed_page_by_page(call: Watched, business: Business, customer: Customer) -> None:
    for i in range(3):
        factories.make_customer(business, name=f"Contact {i}", email=f"c{i}@example.com")
    path = f"/contacts/?locationId={business.public_id}"
    first = body(call.get(f"{path}&limit=2"))
    rest = body(call.get(f"{path}&limit=2&startAfterId={first['contacts'][-1]['id']}"))
    assert [row["email"] for row in first["contacts"] + rest["contacts"]] == [
        "maria@example.com",
        "c0@example.com",
        "c1@example.com",
        "c2@example.com",
    ]
    assert (first["count"], rest["count"]) == (4, 4)
    assert [row["email"] for row in body(call.get(f"{path}&query=contact 1"))["contacts"]] == [
        "c1@example.com"
    ]
    assert call.get(f"{path}&startAfterId=nobody").status_code == 404


def test_a_list_of_contacts_asks_as_often_whatever_its_length(call: Watched, business: Business) -> None:
    path = f"/contacts/?locationId={business.public_id}"
    counts = []
    for size in (1, 10):
        for _ in range(size):
            body(call.post("/contacts/", said(call, city="Lima", country="PE")), 201)
        call.get(path)
        with CaptureQueriesContext(connection) as queries:
            body(call.get(path))
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 4
