"""Redis goes away while invoices are issued over our API: no request fails or waits, and all is sent after.

OUTAGE=60 for the whole minute; in CI it is away for ten seconds.
"""

import json
import os
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any

import pytest
from django.db import connection as database
from django.test import override_settings

from businesses.models import Business
from outbox.models import State
from tests.chaos import world
from tests.chaos.redis import OwnRedis, free_port
from tests.gateway.calls import Caller
from tests.simulator import Simulator

pytestmark = pytest.mark.django_db(transaction=True)

OUTAGE = float(os.environ.get("OUTAGE", "10"))
CALM = 5.0
"""Seconds before and after."""
RATE = 20
"""Requests a second; each second one makes a draft, and the next issues it."""
ADDED = 0.2

Took = list[tuple[float, float, int]]
"""When a request began, how long it took, and how it was answered."""


def test_redis_may_be_away_for_a_while(business: Business) -> None:
    if database.vendor != "postgresql":
        pytest.skip("without PostgreSQL there is no Redis")
    with Simulator() as simulator, override_settings(ALLOW_PRIVATE_TARGETS=True), OwnRedis() as redis:
        world.connect(business, simulator, "base39", "padaria")
        world.make_customer(business)
        caller = Caller(business, "faturo")
        with world.Fleet("celery", 2, 3600, redis_url=redis.url), serving(redis.url) as address:
            took: Took = []
            start = time.monotonic()
            with load(address, caller, 2 * CALM + OUTAGE, took):
                time.sleep(CALM)
                redis.kill()
                time.sleep(OUTAGE)
                redis.start()
            with world.quick(60) as spent:
                while not world.is_over():
                    spent()
                    time.sleep(0.2)
                late = spent()
        ended = world.check(simulator, sum(world.states().values()))
    away = [one for one in took if CALM <= one[0] - start < CALM + OUTAGE]
    usual, slow = p99([one for one in took if one not in away]), p99(away)
    print(f"\n{len(took)} requests, p99 {usual * 1000:.0f} ms, without Redis {slow * 1000:.0f} ms;", end=" ")
    print(f"all {ended} sent {late:.1f} s after")
    assert [one for one in took if one[2] not in (200, 201)] == []
    assert set(ended) == {State.SENT} and ended[State.SENT] >= len(took) // 2 - 1
    assert slow - usual <= ADDED


def p99(took: Took) -> float:
    times = sorted(seconds for _at, seconds, _status in took)
    return times[int(len(times) * 0.99)]


@contextmanager
def serving(redis_url: str) -> Iterator[str]:
    """The web application, in gunicorn."""
    port = free_port()
    bind = ["--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4", "--log-level", "error"]
    command = [sys.executable, "-m", "gunicorn", *bind, "billing.wsgi:application"]
    with subprocess.Popen(command, cwd=world.ROOT, env=world.environment(redis_url)) as server:
        try:
            address = f"http://127.0.0.1:{port}"
            with world.quick(60) as spent:
                while not _is_up(address):
                    spent()
                    time.sleep(0.1)
            yield address
        finally:
            server.terminate()


def _is_up(address: str) -> bool:
    with suppress(OSError), urllib.request.urlopen(f"{address}/admin/login/", timeout=5):
        return True
    return False


@contextmanager
def load(address: str, caller: Caller, seconds: float, took: Took) -> Iterator[None]:
    """Drafts and their issue, at a steady rate whatever the answers take."""
    numbers = count(1)

    def work(_place: int) -> None:
        line = {"name": "Work", "unit_price": f"{100 + next(numbers)}.00", "quantity": "1"}
        dates = {"issue_on": "2026-03-02", "due_on": "2026-03-16"}
        body = {"customer": caller.ids["customer"], **dates, "lines": [line]}
        made = post(address, caller, "/invoices", body, took)
        if made:
            post(address, caller, f"/invoices/{made['id']}/issue", {}, took)

    with ThreadPoolExecutor(16) as pool:
        steady = threading.Thread(target=steadily, args=(lambda place: pool.submit(work, place), seconds))
        steady.start()
        yield
        steady.join()


def steadily(begin: Callable[[int], Any], seconds: float) -> None:
    start = time.monotonic()
    for place in range(int(seconds * RATE / 2)):
        time.sleep(max(start + place * 2 / RATE - time.monotonic(), 0))
        begin(place)


def post(address: str, caller: Caller, path: str, body: Any, took: Took) -> Any:
    request = urllib.request.Request(
        f"{address}{caller.dialect.prefix}{path}",
        data=json.dumps(body).encode(),
        headers={"Content-Type": "application/json", **caller.headers},
        method="POST",
    )
    start, status, said = time.monotonic(), 0, None
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            status, said = answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            status = error.code
    except OSError:
        status = 0
    took.append((start, time.monotonic() - start, status))
    return said
