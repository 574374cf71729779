"""Tests, pauses, replays and the log of webhooks in our own API; what is sent is what the catalogue says."""

from collections.abc import Iterator
from typing import Any

import jsonschema
import pytest
from django.db import connection
from django.test import override_settings

from api.deliveries import Attempts, Delivery
from api.event_catalogue import EventCatalogue, schema
from api.webhooks import Webhook
from businesses.models import Business, Event
from notifications import actions
from notifications.catalogue import KINDS, TESTED
from outbox import engine
from outbox.models import Attempt as AttemptRow
from outbox.models import Delivery as DeliveryRow
from payments import credit_notes
from payments.credit_notes import Credit
from tests import factories
from tests.api.words import said
from tests.gateway.calls import Caller
from tests.notifications.receiver import Receiver, Reply, receiving
from tests.payments.money import pay

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def there() -> Iterator[Receiver]:
    with override_settings(ALLOW_PRIVATE_TARGETS=True), receiving() as receiver:
        yield receiver


@pytest.fixture
def call(business: Business) -> Caller:
    return Caller(business, "faturo")


def test_what_is_sent_is_what_the_catalogue_says(business: Business, there: Receiver, call: Caller) -> None:
    actions.create(business, url=there.url, events=["*"])
    customer = factories.make_customer(business)
    factories.make_product(business)
    factories.make_tax(business)
    invoice = factories.issue(factories.make_invoice(customer))
    pay(invoice, 1000)
    credit_notes.issue(invoice, [Credit(100)], reason="Kindness")
    engine.drain(20)
    bodies: list[Any] = [each.json() for each in there.calls]
    assert {body["data"]["subject"]["type"] for body in bodies} == {
        "customer", "product", "tax", "invoice", "payment", "credit_note",
    }  # fmt: skip
    for body in bodies:
        jsonschema.validate(body, schema(body["type"]))
    told = next(body["data"]["object"] for body in reversed(bodies) if body["type"].startswith("invoice."))
    asked = call.get(f"/invoices/{invoice.public_id}").json()
    assert {name: asked[name] for name in told} == told


def test_the_catalogue_describes_each_kind_in_both_languages(call: Caller) -> None:
    found = said(call.get("/events/catalogue"), EventCatalogue)["data"]
    assert {each["kind"] for each in found} == KINDS | {TESTED}
    words = next(each["description"] for each in found if each["kind"] == "invoice.paid")
    assert words == {"en": "Invoice paid", "pt-br": "Fatura paga"}


def test_a_test_is_sent_logged_and_sent_again(business: Business, there: Receiver, call: Caller) -> None:
    hook, _secret = actions.create(business, url=there.url, events=["invoice.paid"])
    made = said(call.post(f"/webhooks/{hook.public_id}/test"), Delivery, 201)
    assert (made["state"], made["event"]["kind"]) == ("waiting", TESTED)
    engine.drain(5)
    assert call.post(f"/deliveries/{made['id']}/replay").status_code == 200
    engine.drain(5)
    path = f"/deliveries/{made['id']}"
    assert said(call.get(path), Delivery)["state"] == "sent"
    tries = said(call.get(f"{path}/attempts"), Attempts)["data"]
    assert [(each["status"], each["answer"]) for each in tries] == [(200, "ok")] * 2
    jsonschema.validate(there.calls[0].json(), schema(TESTED))


def test_pausing_and_resuming(business: Business, there: Receiver, call: Caller) -> None:
    hook, _secret = actions.create(business, url=there.url, events=["customer.*"])
    path = f"/webhooks/{hook.public_id}"
    assert said(call.post(f"{path}/pause"), Webhook)["health"] == "paused"
    factories.make_customer(business)
    engine.drain(5)
    assert there.calls == []
    assert said(call.post(f"{path}/resume"), Webhook)["health"] == "well"
    engine.drain(5)
    assert len(there.calls) == 1
    assert call.post(f"{path}/resume").status_code == 409


def test_what_waits_or_is_anothers_is_not_sent_again(
    business: Business, other_business: Business, there: Receiver, call: Caller
) -> None:
    there.reply = lambda _call: Reply(500)
    actions.create(business, url=there.url, events=["customer.*"])
    factories.make_customer(business)
    engine.drain(5)
    row = DeliveryRow.objects.get(channel="webhook")
    assert call.post(f"/deliveries/{row.public_id}/replay").status_code == 409
    stranger = Caller(other_business, "faturo")
    assert stranger.post(f"/deliveries/{row.public_id}/replay").status_code == 404
    assert stranger.get(f"/deliveries/{row.public_id}/attempts").status_code == 404


def a_try(business: Business, channel: str) -> str:
    """The path of a delivery with one call."""
    factories.make_customer(business)
    event = Event.objects.filter(business=business).latest("pk")
    row = DeliveryRow.objects.create(
        business=business, event=event, channel=channel, target="x", route=f"{channel}:x", state="sent",
        due_at=event.at,
    )  # fmt: skip
    AttemptRow.objects.create(delivery=row, number=1, method="POST", url="", request="asked", answer="said")
    return f"/deliveries/{row.public_id}/attempts"


@pytest.mark.parametrize(
    ("channel", "role", "shown"),
    [
        ("push", "biller", None),
        ("email", "finance", None),
        ("push", "admin", "asked"),
        ("webhook", "biller", "asked"),
    ],
)
def test_what_was_said_to_a_provider_is_for_those_who_manage(
    business: Business, channel: str, role: str, shown: str | None
) -> None:
    (one,) = said(Caller(business, "faturo", role).get(a_try(business, channel)), Attempts)["data"]
    assert one["request"] == shown


def test_bodies_that_no_key_opens_are_left_out(business: Business, call: Caller) -> None:
    path = a_try(business, "webhook")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE outbox_attempt SET answer = request || 'x', request = 'v1:no:such'")
    (one,) = said(call.get(path), Attempts)["data"]
    assert (one["method"], one["request"], one["answer"]) == ("POST", None, None)
