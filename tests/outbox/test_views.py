"""What a load balancer or a watchdog is told."""

from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import OperationalError, connection
from django.test import Client, override_settings

from core.clock import database_now
from customers.models import Customer
from outbox import actions
from outbox.models import Delivery, Heartbeat
from tests.outbox.work import Probe, put

pytestmark = pytest.mark.django_db


def ready(client: Client) -> tuple[int, dict[str, Any]]:
    answer = client.get("/readyz")
    assert "no-store" in answer["Cache-Control"]
    return answer.status_code, answer.json()


def refused(reason: str) -> tuple[int, dict[str, Any]]:
    return 503, {"status": "unavailable", "reason": reason}


OK = (200, {"status": "ok"})


def test_a_process_that_answers_is_alive(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert client.get("/healthz").json() == {"status": "ok"}


def test_ready_while_the_schedule_runs(client: Client, probe: Probe) -> None:
    assert ready(client) == refused("schedule")
    actions.beat("schedule")
    assert ready(client) == OK
    Heartbeat.objects.update(seen_at=database_now() - timedelta(seconds=settings.LATE_AFTER + 5))
    assert ready(client) == refused("schedule")


def test_not_ready_while_deliveries_wait_too_long(client: Client, customer: Customer, probe: Probe) -> None:
    actions.beat("schedule")
    put(probe, customer, "a")
    actions.fan_out()
    assert ready(client) == OK
    Delivery.objects.update(due_at=database_now() - timedelta(seconds=settings.LATE_AFTER + 5))
    assert ready(client) == refused("late")


def test_not_ready_without_a_database(client: Client) -> None:
    def gone(*_args: Any) -> None:
        raise OperationalError("could not connect to server at 10.0.0.7, user faturo")

    with connection.execute_wrapper(gone):
        assert ready(client) == refused("database")
        assert client.get("/healthz").status_code == 200


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_it_is_only_asked(client: Client, url: str) -> None:
    assert client.post(url).status_code == 405
    assert client.head(url).content == b""


@pytest.mark.parametrize("url", ["/healthz", "/readyz"])
def test_it_is_asked_by_plain_http_too(client: Client, url: str) -> None:
    with override_settings(SECURE_SSL_REDIRECT=True):
        assert client.get(url).status_code in (200, 503)
