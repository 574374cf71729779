"""Thousands of pushes while workers are killed, answers are lost, and Redis forgets everything.

PUSHES=… for another number. A third of them goes to all four providers, the rest to the two with idempotency keys:
FatoriPay's one long list would soon be too long to look anything up in.
"""

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext

import pytest
from django.db import connection as database
from django.test import override_settings

from businesses.models import Business
from customers.models import Customer
from outbox.models import State
from tests import factories
from tests.chaos import world
from tests.chaos.redis import OwnRedis
from tests.simulator import Simulator, faults

pytestmark = pytest.mark.django_db(transaction=True)

PUSHES = int(os.environ.get("PUSHES", "3000"))
WORKERS, EVERY = 4, 0.5
LOST = 0.05
"""Of the answers, after the work was done."""


@pytest.mark.parametrize("kind", ["relay", "celery"])
def test_a_storm_loses_and_repeats_nothing(kind: str, business: Business) -> None:
    if (kind == "celery") != (database.vendor == "postgresql"):
        pytest.skip("each database with the workers that it is meant for")
    with Simulator(latency=0.01) as simulator, override_settings(ALLOW_PRIVATE_TARGETS=True):
        simulator.faults = [faults.dropped(route="^POST", chance=LOST)]
        few = connected(business, simulator, world.PROVIDERS)
        many = connected(factories.make_business(), simulator, ("base39", "aira", "base39", "base39"))
        share = PUSHES // 12
        with (
            OwnRedis() if kind == "celery" else nullcontext() as redis,
            world.Fleet(kind, WORKERS, EVERY, redis_url=redis.url if redis else "") as fleet,
            world.quick(240) as spent,
            forgetting(redis),
        ):
            for number in range(share):
                world.issue(few, number)
            for number in range((PUSHES - 4 * share) // 4):
                world.issue(many, number)
            while not world.is_over():
                spent()
                world.hurry()
                time.sleep(0.25)
            seconds = spent()
        ended = world.check(simulator, PUSHES)
    lost, calls = simulator.faults[0].struck, simulator.calls.total()
    print(f"\n{kind}: {PUSHES} pushes in {seconds:.0f} s, {fleet.said['kills']} workers killed,", end=" ")
    print(f"{lost} of {calls} answers lost: {ended}")
    assert fleet.said["kills"] > seconds
    assert ended.get(State.NEEDS_PERSON, 0) <= PUSHES // 100


def connected(business: Business, simulator: Simulator, providers: tuple[str, ...]) -> Customer:
    """A customer whose invoices go to these providers."""
    for number, provider in enumerate(providers):
        world.connect(business, simulator, provider, f"{business.slug}-{number}")
    return world.make_customer(business)


@contextmanager
def forgetting(redis: OwnRedis | None) -> Iterator[None]:
    """It is killed, and comes back empty, twice."""
    timers = [threading.Timer(after, redis.lose_everything) for after in (6, 14)] if redis else []
    for timer in timers:
        timer.start()
    try:
        yield
    finally:
        for timer in timers:
            timer.join()
