"""The whole way, as processes of their own: a change, the worker, somebody's server."""

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from businesses.events import record
from customers.models import Customer
from outbox.models import Delivery, Heartbeat, State
from tests.invoices.test_worker import process
from tests.loopback import Heard
from tests.outbox.test_fan_out import hook

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]

PATIENCE = 90.0


@pytest.fixture(autouse=True)
def own_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALLOW_PRIVATE_TARGETS", "1")


def wait_for(holds: Callable[[], object], said: Path) -> float:
    start = time.monotonic()
    while not holds():
        assert time.monotonic() < start + PATIENCE, said.read_text()
        time.sleep(0.02)
    return time.monotonic() - start


def change(customer: Customer) -> None:
    record("customer.updated", customer, business=customer.business)


def are_sent(count: int) -> bool:
    return Delivery.objects.filter(state=State.SENT).count() == count


def test_the_relay_tells_a_webhook_and_stops_when_told(
    media: Path, customer: Customer, server: Heard
) -> None:
    hook(customer.business, url=server.url)
    change(customer)
    with process(media, "manage.py", "relay") as running:
        wait_for(lambda: are_sent(1), media / "said")
        change(customer)
        wait_for(lambda: are_sent(2), media / "said")
        running.send_signal(signal.SIGTERM)
        assert running.wait(timeout=20) == 0
    assert len(server.requests) == 2
    assert "locked" not in (media / "said").read_text()
    names = set(Heartbeat.objects.values_list("name", flat=True))
    assert "schedule" in names and any(name.startswith("worker ") for name in names)


def test_a_message_wakes_a_celery_worker(media: Path, customer: Customer, server: Heard) -> None:
    """Without beat: only the doorbell can have told it."""
    if not settings.REDIS_URL:
        if os.environ.get("CI") and connection.vendor == "postgresql":
            pytest.fail("REDIS_URL is not set: the doorbell is not tested.")
        pytest.skip("REDIS_URL is not set: the doorbell is NOT TESTED with a worker")
    hook(customer.business, url=server.url)
    worker = ["-m", "celery", "-A", "billing", "worker", "--pool", "solo", "--loglevel", "warning"]
    with process(media, *worker) as running:
        change(customer)
        wait_for(lambda: are_sent(1), media / "said")
        change(customer)
        assert wait_for(lambda: are_sent(2), media / "said") < 5
        running.send_signal(signal.SIGTERM)
        running.wait(timeout=30)
    assert len(server.requests) == 2
