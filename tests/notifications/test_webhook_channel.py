"""What webhooks are sent, how it is signed, what their answers mean, and when they pause."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import override_settings
from django.utils import timezone

from businesses.events import record
from businesses.models import Business, Event
from customers.models import Customer
from notifications import actions, signing
from notifications.models import Health, Pause, WebhookEndpoint
from outbox import engine
from outbox.actions import again, reopen
from outbox.models import Attempt, Delivery, Route, State
from tests import factories
from tests.notifications.receiver import Call, Receiver, Reply, receiving

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def _loopback() -> Iterator[None]:
    with override_settings(ALLOW_PRIVATE_TARGETS=True):
        yield


@pytest.fixture
def there() -> Iterator[Receiver]:
    with receiving() as receiver:
        yield receiver


def hook(business: Business, there: Receiver, **fields: Any) -> WebhookEndpoint:
    endpoint, _secret = actions.create(business, **{"url": there.url, "events": ["customer.*"], **fields})
    return endpoint


def change(customer: Customer, **data: Any) -> Event:
    return record("customer.updated", customer, business=customer.business_id, data=data)


def drain() -> None:
    engine.drain(5)


def due_now() -> None:
    """Let the time until the next tries pass."""
    Delivery.objects.filter(state=State.WAITING).update(due_at=timezone.now() - timedelta(seconds=1))
    Route.objects.update(closed_until=None)


def last() -> Delivery:
    return Delivery.objects.filter(channel="webhook").latest("pk")


def signatures(call: Call) -> list[str]:
    return call.headers["webhook-signature"].split()


def signed(endpoint: WebhookEndpoint, call: Call, secret: str = "") -> bool:
    at = datetime.fromtimestamp(int(call.headers["webhook-timestamp"]), UTC)
    name = call.headers["webhook-id"]
    found = signing.headers([secret or endpoint.secret], name, at, call.body)
    return found["webhook-signature"] in signatures(call)


def test_an_event_arrives_signed_in_our_apis_words(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there, headers={"Authorization": "Bearer t0p"})
    event = change(customer, changes={"name": ["Ana", "Maria"]})
    drain()
    (call,) = there.calls
    body = call.json()
    assert (body["type"], body["data"]["event"]) == ("customer.updated", event.digest[:24])
    assert body["data"]["subject"] == {"type": "customer", "id": customer.public_id}
    assert body["data"]["object"]["email"] == customer.email
    assert body["data"]["details"] == {"changes": {"name": ["Ana", "Maria"]}}
    assert call.headers["content-type"] == "application/json"
    assert call.headers["authorization"] == "Bearer t0p"
    assert call.headers["webhook-id"] == last().public_id
    assert abs(int(call.headers["webhook-timestamp"]) - time.time()) < 60
    assert signed(WebhookEndpoint.objects.get(pk=endpoint.pk), call)
    assert last().state == State.SENT
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).told_at is not None


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    """The reference vector of the Standard Webhooks libraries."""
    at = datetime.fromtimestamp(1614265330, UTC)
    found = signing.headers(
        ["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        at,
        b'{"test": 2432232314}',
    )
    assert found["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_both_secrets_sign_for_a_day_after_a_rotation(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there)
    old = endpoint.secret
    new = actions.rotate_secret(endpoint)
    change(customer)
    drain()
    assert len(signatures(there.calls[0])) == 2
    assert signed(endpoint, there.calls[0], old) and signed(endpoint, there.calls[0], new)
    over = timezone.now() - timedelta(seconds=1)
    WebhookEndpoint.objects.for_business(customer.business).update(previous_until=over)
    change(customer)
    drain()
    assert len(signatures(there.calls[1])) == 1 and signed(endpoint, there.calls[1], new)


def test_each_try_has_the_same_id_and_a_replay_too(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there)
    there.reply = lambda _call: Reply(500 if len(there.calls) < 2 else 200)
    change(customer)
    drain()
    assert (last().state, last().code, last().tries) == (State.WAITING, "down", 1)
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).health == Health.FAILING
    due_now()
    drain()
    assert last().state == State.SENT
    again(last())
    drain()
    assert len({call.headers["webhook-id"] for call in there.calls}) == 1 and len(there.calls) == 3
    assert [row.status for row in Attempt.objects.filter(delivery=last())] == [500, 200, 200]
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).health == Health.WELL


@pytest.mark.parametrize("reply, code", [
    (Reply(302, {"Location": "http://169.254.169.254/"}), "redirect"), (Reply(400), "not_taken"),
    (Reply(404), "not_taken"), (Reply(503), "down"), (Reply(429), "too_many"),
])  # fmt: skip
def test_anything_but_success_is_tried_again(
    customer: Customer, there: Receiver, reply: Reply, code: str
) -> None:
    hook(customer.business, there)
    there.reply = lambda _call: reply
    change(customer)
    drain()
    row = last()
    assert (row.state, row.code, row.detail) == (State.WAITING, code, f"HTTP {reply.status}")
    longest = 40 if code == "too_many" else 10  # whoever asks us to slow down gets a longer pause
    assert timedelta(seconds=1) < row.due_at - timezone.now() < timedelta(seconds=longest)
    assert len(there.calls) == 1


@pytest.mark.parametrize("status", [429, 502, 503, 504])
def test_a_wish_to_wait_is_obeyed(customer: Customer, there: Receiver, status: int) -> None:
    hook(customer.business, there)
    there.reply = lambda _call: Reply(status, {"Retry-After": "1200"})
    change(customer)
    drain()
    assert last().due_at - timezone.now() > timedelta(seconds=1100)


def test_after_three_days_it_is_given_up_and_the_webhook_pauses(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there)
    there.reply = lambda _call: Reply(500)
    change(customer)
    for _ in range(10):
        drain()
        due_now()
    assert len(there.calls) == 10 and last().state == State.DEAD
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.pause_reason, endpoint.is_active) == ("paused", Pause.EXHAUSTED, True)
    told = Event.objects.get(kind="webhook.paused")
    assert told.data["reason"] == "exhausted"


def test_what_is_told_while_it_is_paused_waits_and_goes_in_order(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there)
    actions.pause(endpoint)
    for number in range(5):
        change(customer, number=number)
    drain()
    assert there.calls == [] and Delivery.objects.filter(state=State.WAITING, channel="webhook").count() == 5
    actions.resume(endpoint)
    reopen(endpoint.route)
    drain()
    assert [call.json()["data"]["details"]["number"] for call in there.calls] == [0, 1, 2, 3, 4]


def test_an_address_that_was_away_gets_everything_in_order(business: Business, there: Receiver) -> None:
    hook(business, there)
    customers = [factories.make_customer(business, f"No. {number}") for number in range(3)]
    there.reply = lambda _call: Reply(503)
    for number in range(4):
        for customer in customers:
            change(customer, number=number)
        drain()
        due_now()
    there.reply = lambda _call: Reply()
    there.calls.clear()
    while Delivery.objects.filter(state=State.WAITING, channel="webhook").exists():
        due_now()
        drain()
    for customer in customers:
        mine = [
            call.json() for call in there.calls if call.json()["data"]["subject"]["id"] == customer.public_id
        ]
        kinds = ["customer.created", *["customer.updated"] * 4]
        assert [each["type"] for each in mine] == kinds
        assert [each["data"]["details"]["number"] for each in mine[1:]] == [0, 1, 2, 3]


def test_gone_pauses_at_once_and_loses_nothing(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there)
    there.reply = lambda _call: Reply(410)
    change(customer)
    drain()
    endpoint.refresh_from_db()
    assert (endpoint.health, endpoint.pause_reason, last().state) == ("paused", Pause.GONE, State.WAITING)
    there.reply = lambda _call: Reply()
    actions.resume(endpoint)
    reopen(endpoint.route)
    due_now()
    drain()
    assert last().state == State.SENT


def test_one_event_that_it_does_not_want_does_not_pause_it(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there)
    there.reply = lambda call: Reply(422 if b"poison" in call.body else 200)
    change(customer, note="poison")
    drain()
    Delivery.objects.filter(state=State.WAITING).update(tries=9)
    record("customer.updated", factories.make_customer(customer.business), business=customer.business)
    drain()
    due_now()
    drain()
    assert Delivery.objects.filter(state=State.DEAD, channel="webhook").count() == 1
    assert WebhookEndpoint.objects.get(pk=endpoint.pk).health != Health.PAUSED


def test_what_waited_for_a_month_is_not_told(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there)
    actions.pause(endpoint)
    change(customer)
    drain()
    Delivery.objects.update(created_at=timezone.now() - timedelta(days=31))
    actions.resume(endpoint)
    reopen(endpoint.route)
    drain()
    assert (last().state, last().code, there.calls) == (State.SKIPPED, "too_old", [])


def test_what_waits_for_a_deleted_webhook_ends(customer: Customer, there: Receiver) -> None:
    endpoint = hook(customer.business, there)
    actions.pause(endpoint)
    change(customer)
    drain()
    actions.delete(endpoint)
    due_now()
    drain()
    assert (last().state, there.calls) == (State.SKIPPED, [])


def test_a_test_reaches_only_this_one_even_paused_and_is_tried_once(
    business: Business, there: Receiver
) -> None:
    endpoint, other = hook(business, there), hook(business, there, events=["*"])
    actions.pause(endpoint)
    there.reply = lambda _call: Reply(500)
    actions.test(endpoint)
    drain()
    (row,) = Delivery.objects.filter(event__kind="webhook.tested")
    assert (row.target, row.state, row.code) == (endpoint.public_id, State.DEAD, "down")
    assert there.calls[0].json()["type"] == "webhook.tested"
    other.refresh_from_db()
    assert other.health == Health.WELL
    assert not Event.objects.filter(kind="webhook.paused").exclude(data__reason="person").exists()


def test_a_slow_one_delays_no_other(customer: Customer, there: Receiver) -> None:
    """A sleeps at each call; B hears of its first event within a second, and of all others while A still sleeps."""
    with receiving() as slow:
        slow.reply = lambda _call: Reply(wait=30)
        hook(customer.business, slow)
        hook(customer.business, there)
        people = [factories.make_customer(customer.business, f"No. {number}") for number in range(4)]
        for one in people:
            change(one)
        start = time.monotonic()
        with override_settings(CALL_DEADLINE=5):
            drain()
        assert len(there.calls) == 8
        assert there.calls[0].at - start < 1
        assert max(call.at for call in there.calls) - min(call.at for call in slow.calls) < 1
        row = Delivery.objects.filter(code="timeout").first()
        assert row is not None and row.state == State.WAITING


def test_an_address_in_a_private_network_is_not_called(customer: Customer, there: Receiver) -> None:
    hook(customer.business, there)
    with override_settings(ALLOW_PRIVATE_TARGETS=False):
        change(customer)
        drain()
    assert there.calls == [] and last().code == "private"
    assert Attempt.objects.get().code == "private"


def test_the_log_keeps_the_beginning_of_a_large_answer_and_no_credentials(
    customer: Customer, there: Receiver
) -> None:
    hook(customer.business, there, headers={"X-Token": "s3cr3t"})
    there.reply = lambda _call: Reply(body=b"x" * 3_000_000)
    change(customer)
    drain()
    attempt = Attempt.objects.get()
    assert (last().state, attempt.status, len(attempt.answer)) == (State.SENT, 200, 8000)
    assert "s3cr3t" not in attempt.request and "customer.updated" in attempt.request


def test_a_secret_that_no_key_opens_pauses_only_its_own(customer: Customer, there: Receiver) -> None:
    broken, sound = hook(customer.business, there), hook(customer.business, there)
    WebhookEndpoint.objects.for_business(customer.business).filter(pk=broken.pk)
    with override_settings(SECRET_KEY="another", SECRET_KEY_FALLBACKS=[], FIELD_KEYS=[]):
        actions.rotate_secret(sound)
        change(customer)
        drain()
    states = dict(Delivery.objects.filter(channel="webhook").values_list("target", "state"))
    assert states == {broken.public_id: State.WAITING, sound.public_id: State.SENT}
    rows = {
        row.pk: row for row in WebhookEndpoint.objects.defer("secret", "previous_secret", "sealed_headers")
    }
    assert rows[broken.pk].pause_reason == Pause.UNREADABLE and rows[sound.pk].health == Health.WELL
