"""The doorbell is only a doorbell: with a Redis that is away, or that does not answer, nothing waits for it."""

import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.db import transaction
from django.test import override_settings
from redis import Redis

from businesses.events import record
from core import doorbell
from customers.models import Customer
from outbox.models import Untold
from tests.loopback import free_port

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def awake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doorbell, "_silent_until", 0.0)


@contextmanager
def mute_server() -> Iterator[int]:
    """Like a Redis whose process is stopped: the system takes the connection, and nobody answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield int(listener.getsockname()[1])


def seconds_of_a_change(customer: Customer) -> float:
    start = time.monotonic()
    record("customer.updated", customer, business=customer.business)
    return time.monotonic() - start


def ring_at(customer: Customer, port: int) -> None:
    before = Untold.objects.count()
    with override_settings(REDIS_URL=f"redis://127.0.0.1:{port}/0"):
        assert seconds_of_a_change(customer) < 0.3  # 0.2, and what the change itself takes
        assert seconds_of_a_change(customer) < 0.1  # and the next ones do not even try
    assert Untold.objects.count() == before + 2


def test_a_redis_that_is_away_delays_nobody(customer: Customer) -> None:
    ring_at(customer, free_port())


def test_a_redis_that_does_not_answer_delays_one_change_a_little(customer: Customer) -> None:
    with mute_server() as port:
        ring_at(customer, port)


@pytest.fixture
def bell(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    rung: list[str] = []
    monkeypatch.setattr(doorbell, "ring", lambda: rung.append("ding"))
    return rung


def test_a_transaction_rings_once_after_its_commit(customer: Customer, bell: list[str]) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        with transaction.atomic():
            for _ in range(5):
                record("customer.updated", customer, business=customer.business)
            assert bell == []
        assert bell == ["ding"]


def test_what_is_rolled_back_rings_nothing(customer: Customer, bell: list[str]) -> None:
    with override_settings(REDIS_URL="redis://127.0.0.1:1/0"):
        with pytest.raises(ZeroDivisionError), transaction.atomic():
            record("customer.updated", customer, business=customer.business)
            raise ZeroDivisionError
        with transaction.atomic():
            with pytest.raises(ZeroDivisionError), transaction.atomic():
                record("customer.updated", customer, business=customer.business)
                raise ZeroDivisionError
            record("customer.updated", customer, business=customer.business)
    assert bell == ["ding"]


def test_many_changes_send_one_message_until_somebody_answers(customer: Customer) -> None:
    if not settings.REDIS_URL:
        pytest.skip("REDIS_URL is not set: the doorbell is NOT TESTED with Redis")
    redis = Redis.from_url(settings.REDIS_URL)
    doorbell.answer()
    before = redis.llen("faturo:celery")
    for _ in range(20):
        record("customer.updated", customer, business=customer.business)
    rung = redis.llen("faturo:celery") - before
    doorbell.answer()
    record("customer.updated", customer, business=customer.business)
    again = redis.llen("faturo:celery") - before
    for _ in range(again):
        redis.lpop("faturo:celery")
    doorbell.answer()
    assert (rung, again) == (1, 2)
