"""Webhooks and deliveries in our own API."""

from typing import Any

import pytest

from api.deliveries import Delivery
from api.webhooks import EventKinds, Webhook, WebhookWithSecret
from businesses.events import record
from businesses.models import Business, Event
from businesses.roles import Role
from customers.models import Customer
from notifications import actions
from notifications.models import WebhookEndpoint
from tests import factories
from tests.api.words import fields_refused, listed, queries_of, said
from tests.gateway.calls import Caller
from tests.outbox.work import fan_out

pytestmark = pytest.mark.django_db
HOOK = {"url": "https://example.com/hook", "events": ["invoice.*", "payment.received"], "name": "Books"}


@pytest.fixture
def call(business: Business) -> Caller:
    return Caller(business, "faturo")


def create(call: Caller, **fields: Any) -> Any:
    return said(call.post("/webhooks", {**HOOK, **fields}), WebhookWithSecret, 201)


def test_the_secret_is_shown_once(call: Caller) -> None:
    response = call.post("/webhooks", {**HOOK, "headers": {"Authorization": "Bearer t0p"}})
    made = said(response, WebhookWithSecret, 201)
    secret = made.pop("secret")
    assert made == {**made, **HOOK, "active": True, "api": "faturo"}
    got = call.get(response["Location"].removeprefix("/api/v1"))
    assert said(got, Webhook) == made
    listing = call.get("/webhooks")
    assert listed(listing, Webhook) == [made]
    assert secret.encode() not in got.content + listing.content
    assert b"t0p" not in response.content + got.content + listing.content
    row = WebhookEndpoint.objects.get()
    assert (row.secret, row.headers) == (secret, {"Authorization": "Bearer t0p"})


def test_only_what_is_sent_changes(call: Caller) -> None:
    made = create(call, headers={"X-Token": "a"})
    path = f"/webhooks/{made['id']}"
    changed = said(call.patch(path, {"active": False, "events": ["*"]}), Webhook)
    assert {name for name in changed if made[name] != changed[name]} == {
        "active",
        "events",
        "health",
        "updated_at",
    }
    row = WebhookEndpoint.objects.get()
    assert (row.headers, row.secret, row.is_active) == ({"X-Token": "a"}, made["secret"], False)
    assert said(call.patch(path, {"active": False}), Webhook) == changed
    event = Event.objects.get(kind="webhook.updated")
    before = "invoice.*, payment.received"
    assert event.data == {"changes": {"is_active": ["True", "False"], "events": [before, "*"]}}


def test_rotating_shows_the_new_secret(call: Caller) -> None:
    made = create(call)
    again = said(call.post(f"/webhooks/{made['id']}/rotate-secret"), WebhookWithSecret)
    assert again["secret"] != made["secret"]
    assert WebhookEndpoint.objects.get().secret == again["secret"]


def test_a_stale_version_is_not_overwritten(call: Caller) -> None:
    response = call.post("/webhooks", HOOK)
    path = response["Location"].removeprefix("/api/v1")
    stale = {"If-Match": response["ETag"]}
    assert call.patch(path, {"name": "Other"}).status_code == 200
    assert call.patch(path, {"name": "Mine"}, headers=stale).status_code == 412
    assert call.post(f"{path}/rotate-secret", headers=stale).status_code == 412
    assert call.delete(path, headers=stale).status_code == 412


def test_one_can_be_deleted(call: Caller) -> None:
    path = f"/webhooks/{create(call)['id']}"
    assert call.delete(path).status_code == 204
    assert call.get(path).status_code == call.delete(path).status_code == 404


@pytest.mark.parametrize(
    ("wrong", "paths"),
    [
        ({"url": "http://127.0.0.1/"}, ["url"]),
        ({"url": "mailto:a@example.com"}, ["url"]),
        ({"events": []}, ["events"]),
        ({"events": ["staff.added"]}, ["events"]),
        ({"events": "*"}, ["events"]),
        ({"headers": {"Host": "a"}}, ["headers"]),
        ({"headers": {"X": 1}}, ["headers.X"]),
        ({"active": "yes"}, ["active"]),
        ({"secret": "whsec_mine"}, ["secret"]),
    ],
)
def test_what_is_wrong_is_told_at_its_place(call: Caller, wrong: dict[str, Any], paths: list[str]) -> None:
    made = create(call)
    assert fields_refused(call.post("/webhooks", {**HOOK, **wrong})) == paths
    assert fields_refused(call.patch(f"/webhooks/{made['id']}", wrong)) == paths
    assert WebhookEndpoint.objects.count() == 1


def test_the_catalogue_names_every_event(call: Caller) -> None:
    kinds = said(call.get("/webhooks/events"), EventKinds)["data"]
    assert "invoice.paid" in kinds and "staff.added" not in kinds
    assert create(call, events=kinds[:50])["events"] == kinds[:50]


def test_another_business_s_webhooks_and_deliveries_do_not_exist(
    call: Caller, other_business: Business
) -> None:
    foreign, _secret = actions.create(other_business, url="https://example.com/", events=["*"])
    factories.make_customer(other_business)
    fan_out()
    delivery = listed(Caller(other_business, "faturo").get("/deliveries"), Delivery)[0]["id"]
    path = f"/webhooks/{foreign.public_id}"
    for method, where in [
        ("GET", path), ("PATCH", path), ("DELETE", path), ("POST", f"{path}/rotate-secret"),
        ("GET", f"/deliveries/{delivery}"),
    ]:  # fmt: skip
        assert call.send(method, where, {} if method == "PATCH" else None).status_code == 404, where
    assert listed(call.get("/webhooks"), Webhook) == listed(call.get("/deliveries"), Delivery) == []
    assert listed(call.get(f"/deliveries?webhook={foreign.public_id}"), Delivery) == []


def test_a_key_that_may_only_read_only_reads(business: Business) -> None:
    reader = Caller(business, "faturo", Role.VIEWER)
    assert reader.get("/webhooks").status_code == reader.get("/deliveries").status_code == 200
    assert reader.post("/webhooks", HOOK).status_code == 403


def test_deliveries_are_listed_and_narrowed(call: Caller, customer: Customer) -> None:
    every, other = create(call, events=["*"]), create(call, events=["customer.*"])
    record("customer.updated", customer, business=customer.business)
    record("invoice.paid", customer, business=customer.business)
    fan_out()
    found = listed(call.get("/deliveries"), Delivery)
    assert [(row["target"], row["event"]["kind"]) for row in found] == [
        (every["id"], "invoice.paid"),
        (other["id"], "customer.updated"),
        (every["id"], "customer.updated"),
    ]
    assert {row["state"] for row in found} == {"waiting"}
    assert said(call.get(f"/deliveries/{found[0]['id']}"), Delivery) == found[0]
    assert listed(call.get("/deliveries?event=invoice.paid,invoice.voided"), Delivery) == found[:1]
    assert listed(call.get(f"/deliveries?webhook={other['id']}&state=waiting"), Delivery) == found[1:2]
    assert listed(call.get("/deliveries?state=sent,dead"), Delivery) == []
    assert fields_refused(call.get("/deliveries?state=lost")) == ["state"]
    assert fields_refused(call.get("/deliveries?event=staff.added")) == ["event"]


def test_lists_cost_as_many_queries_for_many_as_for_few(call: Caller, customer: Customer) -> None:
    create(call, events=["*"])
    record("customer.updated", customer, business=customer.business)
    fan_out()
    few = queries_of(call, "/deliveries?limit=100"), queries_of(call, "/webhooks?limit=100")
    for _ in range(10):
        create(call, events=["*"])
        record("customer.updated", customer, business=customer.business)
    fan_out()
    many = queries_of(call, "/deliveries?limit=100"), queries_of(call, "/webhooks?limit=100")
    assert many == few == (2, 2)
