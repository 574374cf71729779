"""Every event becomes one delivery for each webhook that wants it, whatever happens meanwhile."""

import threading
from typing import Any

import pytest
from django.db import connection, transaction

from businesses.events import record
from businesses.models import Business, Event
from customers.models import Customer
from notifications import actions as webhooks
from notifications.models import WebhookEndpoint
from outbox import actions
from outbox.models import Delivery, State, Untold
from tests import factories
from tests.outbox.work import fan_out
from tests.races import race


def hook(
    business: Business, *events: str, url: str = "https://example.com/hook", **fields: Any
) -> WebhookEndpoint:
    endpoint, _secret = webhooks.create(business, url=url, events=list(events or ["*"]), **fields)
    return endpoint


def told(endpoint: WebhookEndpoint) -> list[str]:
    rows = Delivery.objects.filter(target=endpoint.public_id).order_by("event")
    return list(rows.values_list("event__kind", flat=True))


@pytest.mark.django_db
def test_an_event_waits_for_each_webhook_that_wants_it(business: Business) -> None:
    everything, payments = hook(business), hook(business, "payment.*", "invoice.finalized")
    invoice = factories.issue(factories.make_invoice(factories.make_customer(business)))
    fan_out()
    assert told(everything) == ["customer.created", "invoice.created", "invoice.finalized"]
    assert told(payments) == ["invoice.finalized"]
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.WAITING}
    assert Delivery.objects.filter(event__in=Event.objects.about(invoice)).count() == 3


@pytest.mark.django_db
def test_looking_again_adds_nothing(customer: Customer) -> None:
    endpoint = hook(customer.business)
    record("customer.updated", customer, business=customer.business)
    assert fan_out() > 0
    assert fan_out() == 0
    assert told(endpoint) == ["customer.updated"]


@pytest.mark.django_db
def test_an_event_that_is_listed_a_second_time_is_told_once(customer: Customer) -> None:
    endpoint = hook(customer.business)
    event = record("customer.updated", customer, business=customer.business)
    fan_out()
    Untold.objects.create(event=event)
    assert fan_out() == 1
    assert told(endpoint) == ["customer.updated"]


@pytest.mark.django_db
def test_a_webhook_hears_only_of_what_comes_after_it(customer: Customer) -> None:
    endpoint = hook(customer.business)
    record("customer.updated", customer, business=customer.business)
    fan_out()
    assert told(endpoint) == ["customer.updated"]


@pytest.mark.django_db
def test_another_business_and_a_paused_webhook_hear_nothing(
    customer: Customer, other_business: Business
) -> None:
    others, paused = hook(other_business), hook(customer.business, is_active=False)
    record("customer.updated", customer, business=customer.business)
    fan_out()
    assert told(others) == told(paused) == []


@pytest.mark.django_db
def test_what_stays_in_the_house_is_told_to_nobody(customer: Customer) -> None:
    endpoint = hook(customer.business)
    record("staff.role_changed", customer, business=customer.business)
    record("staff.signed_in", customer, business=None)
    fan_out()
    assert told(endpoint) == []
    assert Untold.objects.count() == 0


@pytest.mark.django_db
def test_a_secret_that_no_key_opens_does_not_stop_the_others(customer: Customer) -> None:
    broken, sound = hook(customer.business), hook(customer.business)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE notifications_webhookendpoint SET secret = 'x' WHERE id = %s", [broken.pk])
    record("customer.updated", customer, business=customer.business)
    fan_out()
    assert told(broken) == told(sound) == ["customer.updated"]


@pytest.mark.django_db
def test_a_change_that_is_rolled_back_is_told_to_nobody(customer: Customer) -> None:
    endpoint = hook(customer.business)
    with transaction.atomic():
        record("customer.updated", customer, business=customer.business)
        transaction.set_rollback(True)
    fan_out()
    assert told(endpoint) == [] and Untold.objects.count() == 0


@pytest.mark.django_db
def test_many_events_are_taken_in_batches(customer: Customer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(actions, "BATCH", 3)
    endpoint = hook(customer.business)
    for _ in range(7):
        record("customer.updated", customer, business=customer.business)
    fan_out()
    assert len(told(endpoint)) == 7 and Untold.objects.count() == 0


@pytest.mark.django_db
def test_a_batch_costs_as_many_queries_for_many_as_for_few(
    customer: Customer, django_assert_num_queries: Any
) -> None:
    hook(customer.business)
    for _ in range(20):
        record("customer.updated", customer, business=customer.business)
    asks_for_the_time = connection.vendor == "postgresql"
    with django_assert_num_queries(7 + asks_for_the_time):  # with the two of the transaction
        actions.fan_out()


@pytest.mark.django_db(transaction=True)
def test_workers_side_by_side_tell_everything_once(
    business: Business, monkeypatch: pytest.MonkeyPatch
) -> None:
    customer, endpoint = factories.make_customer(business), hook(business)
    for _ in range(60):
        record("customer.updated", customer, business=business)
    monkeypatch.setattr(actions, "BATCH", 7)
    taken = race(4, lambda _thread: fan_out())
    assert sum(map(int, taken)) + fan_out() == 62  # type: ignore[arg-type]
    assert len(told(endpoint)) == 60 and Untold.objects.count() == 0


@pytest.mark.django_db(transaction=True)
def test_an_event_that_is_committed_late_is_not_missed(business: Business) -> None:
    if connection.vendor == "sqlite":
        pytest.skip("one writer at a time")
    early, late = (factories.make_customer(business, name) for name in ("Early", "Late"))
    endpoint = hook(business)
    fan_out()
    written, go_on = threading.Event(), threading.Event()

    def slow() -> None:
        try:
            with transaction.atomic():
                record("customer.updated", late, business=business)
                written.set()
                go_on.wait(10)
        finally:
            connection.close()

    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(10)
    record("customer.updated", early, business=business)
    fan_out()
    assert len(told(endpoint)) == 1
    go_on.set()
    thread.join()
    fan_out()
    assert len(told(endpoint)) == 2
