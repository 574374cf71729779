"""Telling a provider that answers after 200 ms: our outbox in one process, and a Celery task for each push.

Both send the same body to the same server, a process of its own. Ours takes deliveries from the database and stores
how each ended; the other one has its messages in Redis before its clock starts, and stores nothing.
"""

import os
import resource
import secrets
import subprocess
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from multiprocessing.sharedctypes import Synchronized

from django.conf import settings
from django.test import override_settings
from redis import Redis

from benchmarks import push_naive
from benchmarks.database import label
from benchmarks.push_provider import ANSWERS_AFTER, provider
from businesses.events import record
from businesses.models import Business, Event
from businesses.telling import End, Exchange, Limits, Outcome, Send, Try, Wanted, Wire, later
from core.http import CallFailed, Request
from outbox import actions, engine
from outbox.channels import CHANNELS
from outbox.models import Delivery, State, Untold

OURS, NAIVE = 3000, 40
ROUTES = 4
"""Connections, of 100 calls at once each: as many as one worker has under way."""
BODY = b'{"number": "2026-000123", "amount": "1234.56", "currency": "BRL", "note": "' + b"x" * 900 + b'"}'


class Channel:
    name = "push"
    delays: Sequence[float] = (0.0,) * 5

    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}/invoices"

    def wanted(self, events: Sequence[Event]) -> Iterable[Wanted]:
        return [
            Wanted(
                event, f"c{event.pk % ROUTES}", f"push:c{event.pk % ROUTES}", f"{event.subject}:{event.pk}"
            )
            for event in events
            if event.kind == "customer.updated"
        ]

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        return {route: Limits(100) for route in routes}

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        return {one.delivery_id: partial(self._send, one.key) for one in tries}

    async def _send(self, key: str, wire: Wire) -> Outcome:
        headers = {"Content-Type": "application/json", "Idempotency-Key": key}
        try:
            answer = await wire.call(Request("POST", self.url, headers, BODY))
            answer.json()
        except CallFailed as failed:
            return later(failed)
        return Outcome(End.SENT, exchanges=(Exchange("POST", self.url, "", answer.status, "", answer.took),))

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        pass


def main() -> None:
    print(
        f"\nPushes to a provider that answers after {ANSWERS_AFTER * 1000:.0f} ms, on {label()}", flush=True
    )
    with provider() as (port, heard), override_settings(ALLOW_PRIVATE_TARGETS=True):
        ours, cpu = _ours(port)
        print(f"  outbox, one process, {ROUTES} connections of 100 calls at once, {OURS:,} pushes:")
        print(
            f"    {ours:,.0f} pushes/s, {cpu * 1000:.2f} ms CPU a push (fan-out, claim, call, store)",
            flush=True,
        )
        url = os.environ.get("BENCH_REDIS_URL") or settings.REDIS_URL
        if not url:
            print("  Celery, a task for each push: NOT MEASURED, it needs REDIS_URL", flush=True)
            return
        naive, spent = _naive(port, heard, url)
        print(f"  Celery prefork(2), a task for each push, {NAIVE} pushes:")
        print(
            f"    {naive:,.1f} pushes/s, {spent * 1000:.2f} ms CPU a push; ratio {ours / naive:.0f}x",
            flush=True,
        )


def _ours(port: int) -> tuple[float, float]:
    """Pushes a second, and seconds of this process's CPU for each; everything from event to stored end."""
    business = Business.objects.order_by("pk").first() or Business.objects.create(
        slug="bench", legal_name="Bench", currency="BRL", country="BR"
    )
    kept = dict(CHANNELS)
    CHANNELS.clear()
    CHANNELS["push"] = Channel(port)
    try:
        while actions.fan_out():
            pass
        engine.drain()
        with override_settings(REDIS_URL=""):  # nobody is to be woken
            for _ in range(OURS):
                record("customer.updated", business, business=business, is_first=True)
        start, before = time.monotonic(), _cpu(resource.RUSAGE_SELF)
        engine.drain()
        took, cpu = time.monotonic() - start, _cpu(resource.RUSAGE_SELF) - before
    finally:
        CHANNELS.clear()
        CHANNELS.update(kept)
    sent = Delivery.objects.filter(state=State.SENT).count()
    assert sent >= OURS and not Untold.objects.exists(), sent
    return OURS / took, cpu / OURS


def _cpu(who: int) -> float:
    used = resource.getrusage(who)
    return used.ru_utime + used.ru_stime


def _naive(port: int, heard: "Synchronized[int]", url: str) -> tuple[float, float]:
    """The same of a worker's whole process tree; the time runs from its first answer to its last."""
    prefix = f"bench-{secrets.token_hex(4)}:"
    env = {**os.environ, "BENCH_BROKER": url, "BENCH_PREFIX": prefix}
    push_naive.app.conf.update(broker_url=url, broker_transport_options={"global_keyprefix": prefix})
    first = heard.value
    for number in range(NAIVE):
        push_naive.push.delay(port, f"key-{number}", BODY.decode())
    command = [
        sys.executable,
        "-m",
        "celery",
        "-A",
        "benchmarks.push_naive",
        "worker",
        "-c",
        "2",
        "-l",
        "error",
    ]
    before, quiet = _cpu(resource.RUSAGE_CHILDREN), subprocess.DEVNULL
    with subprocess.Popen(
        [*command, "--without-gossip", "--without-mingle"], env=env, stdout=quiet, stderr=quiet
    ) as worker:
        began = _reached(heard, first + 1)
        took = _reached(heard, first + NAIVE) - began
        worker.terminate()
        worker.wait()
    redis = Redis.from_url(url)
    if left := list(redis.scan_iter(f"{prefix}*")):
        redis.delete(*left)
    return (NAIVE - 1) / took, (_cpu(resource.RUSAGE_CHILDREN) - before) / NAIVE


def _reached(heard: "Synchronized[int]", count: int) -> float:
    end = time.monotonic() + 120
    while heard.value < count:
        if time.monotonic() > end:
            raise RuntimeError("the Celery worker did not push")
        time.sleep(0.005)
    return time.monotonic()
