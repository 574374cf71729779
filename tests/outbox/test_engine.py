"""Draining: everything once, nothing blocked by what is broken, slow or paused."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from django.db import OperationalError, connection
from django.test import override_settings

from businesses.events import record
from businesses.telling import End, Outcome, Try, Wire
from core.clock import database_now
from core.http import Request
from customers.models import Customer
from outbox import engine, settling
from outbox.claims import SUSPECT, UNUSABLE, claim
from outbox.models import Delivery, Heartbeat, Route, State, Untold
from tests.loopback import Heard, Reply, web_server
from tests.outbox.work import Probe, put
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)


def states() -> dict[str, str]:
    return dict(Delivery.objects.order_by("pk").values_list("target", "state"))


def test_an_event_reaches_each_target_once(customer: Customer, probe: Probe, server: Heard) -> None:
    probe.targets = ["a", "b"]
    for _ in range(5):
        record("customer.updated", customer, business=customer.business)
    assert engine.drain() == 10
    assert engine.drain() == 0
    assert sorted(server.paths) == ["/a"] * 5 + ["/b"] * 5
    assert set(Delivery.objects.values_list("state", "tries", "lease", "lease_until")) == {
        ("sent", 1, "", None)
    }
    assert len(probe.ends) == 10 and Untold.objects.count() == 0


def test_hundreds_at_once_over_a_few_connections(customer: Customer, probe: Probe, server: Heard) -> None:
    put(probe, customer, *[f"t{number % 7}" for number in range(300)])
    assert engine.drain() == 300
    assert len(server.requests) == 300
    assert Delivery.objects.filter(state=State.SENT).count() == 300


def test_the_key_stays_the_same_over_all_tries(customer: Customer, probe: Probe) -> None:
    answers: Iterator[Reply] = iter([(503, {}, b""), (503, {}, b""), (200, {}, b"")])
    with web_server(lambda _path: next(answers)) as server:
        probe.url = server.url
        (row,) = put(probe, customer, "a")
        engine.drain()
    keys = {headers["Idempotency-Key"] for _method, _path, headers, _body in server.requests}
    assert keys == {row.public_id} and len(server.requests) == 3
    assert [(one.number, one.is_unclear) for one in probe.tries] == [(1, False), (2, True), (3, True)]
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.SENT, 3)


@pytest.mark.parametrize(("status", "end"), [(503, State.NEEDS_PERSON), (429, State.DEAD), (422, State.DEAD)])
def test_the_schedule_ends(customer: Customer, probe: Probe, status: int, end: State) -> None:
    """An unclear push is nobody's to repeat for ever, and nobody's to call failed."""
    with web_server(lambda _path: (status, {}, b"no\x00 \xff")) as server:
        probe.url = server.url
        (row,) = put(probe, customer, "a")
        engine.drain()
    row.refresh_from_db()
    assert (row.state, len(server.requests)) == (end, 1 if status == 422 else 4)
    assert "\x00" not in row.detail and row.settled_at is not None


def test_what_was_unclear_once_needs_a_person_at_the_end(customer: Customer, probe: Probe) -> None:
    answers: Iterator[Reply] = iter([(503, {}, b""), *[(429, {}, b"")] * 3])
    with web_server(lambda _path: next(answers)) as server:
        probe.url = server.url
        put(probe, customer, "a")
        engine.drain()
    assert states() == {"a": State.NEEDS_PERSON}


def test_one_slow_target_keeps_no_other_waiting(customer: Customer, probe: Probe) -> None:
    """In one process, and also when its time is over."""
    go_on = threading.Event()

    def answer(path: str) -> Reply:
        if path == "/slow":
            go_on.wait(20)
        return 200, {}, b"{}"

    with web_server(answer) as server:
        probe.url = server.url
        put(probe, customer, "slow")
        worker = in_background(lambda: engine.drain(0.2))
        waited = []
        for _ in range(3):
            start = time.monotonic()
            (row,) = put(probe, customer, "fast")
            wait_until(lambda row=row: Delivery.objects.filter(pk=row.pk, state=State.SENT).exists())  # type: ignore[misc]
            waited.append(time.monotonic() - start)
        go_on.set()
        worker.join(20)
    assert max(waited) < 1
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_what_cannot_be_prepared_stops_nothing_else(customer: Customer, probe: Probe) -> None:
    probe.poison = {"bad"}
    put(probe, customer, "good", "bad", "fine")
    engine.drain()
    assert states() == {"good": State.SENT, "bad": State.DEAD, "fine": State.SENT}
    bad = Delivery.objects.get(target="bad")
    assert (bad.code, bad.is_unclear, bad.tries) == ("broken", False, 4)


def test_an_end_that_cannot_be_stored_is_left_to_a_person(
    customer: Customer, probe: Probe, server: Heard
) -> None:
    probe.bad_ends = {"bad"}
    put(probe, customer, "good", "bad", "fine")
    engine.drain()
    assert states() == {"good": State.SENT, "bad": State.NEEDS_PERSON, "fine": State.SENT}
    assert len(server.requests) == 3
    assert Delivery.objects.get(target="bad").is_unclear


def test_an_event_that_breaks_a_channel_stops_no_other_and_is_kept(
    customer: Customer, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    probe.targets = ["a"]
    for is_poison in (False, True, False):
        record("customer.updated", customer, business=customer.business, data={"poison": is_poison})
    engine.drain()
    assert Delivery.objects.filter(state=State.SENT).count() == 2
    kept = Untold.objects.get()
    assert kept.retry_at is not None and engine.drain() == 0
    monkeypatch.setattr(Probe, "wanted", lambda self, events: [self.telling(one, "b") for one in events])
    Untold.objects.update(retry_at=database_now())
    engine.drain()
    assert Delivery.objects.get(target="b").event_id == kept.pk and not Untold.objects.exists()


def test_a_delivery_that_kills_its_worker_each_time_ends(
    customer: Customer, probe: Probe, server: Heard
) -> None:
    (row,) = put(probe, customer, "a")
    for number in range(engine.LOST_AFTER + 1):
        assert [one.pk for one in claim(f"killed {number}", 1, database_now())] == [row.pk]
        Delivery.objects.update(lease_until=database_now() - timedelta(seconds=1))
    engine.drain()
    row.refresh_from_db()
    assert (row.state, row.code, row.is_unclear) == (State.NEEDS_PERSON, "lost", True)
    assert server.requests == []


def test_workers_that_are_killed_cost_an_innocent_no_try(
    customer: Customer, probe: Probe, server: Heard
) -> None:
    put(probe, customer, "a", "b")
    for number in range(SUSPECT + 1):
        assert len(claim(f"killed {number}", 9, database_now())) == 2
        Delivery.objects.update(lease_until=database_now() - timedelta(seconds=1))
    assert len(claim("alone", 9, database_now())) == 1
    Delivery.objects.update(lease_until=database_now() - timedelta(seconds=1))
    engine.drain()
    assert states() == {"a": State.SENT, "b": State.SENT}
    assert set(Delivery.objects.values_list("tries", "lapses")) == {(1, 0)}


@override_settings(LEASE=2.0)
@pytest.mark.parametrize("is_taken_over", [True, False])
def test_who_has_lost_a_delivery_calls_and_writes_no_more(
    customer: Customer, probe: Probe, server: Heard, monkeypatch: pytest.MonkeyPatch, is_taken_over: bool
) -> None:
    noted: list[str] = []

    async def send(self: Probe, one: Try, wire: Wire) -> Outcome:
        await wire.call(Request("POST", f"{server.url}/first"))
        if is_taken_over:
            await wire.block(lambda: taken.wait(5))
        await wire.note(lambda: noted.append("learned"))
        await wire.call(Request("POST", f"{server.url}/second"))
        return Outcome(End.SENT)

    monkeypatch.setattr(Probe, "send", send)
    put(probe, customer, "a")
    taken = threading.Event()
    worker = in_background(lambda: engine.drain(stop=lambda: True))
    wait_until(lambda: bool(server.paths))
    if is_taken_over:
        Delivery.objects.update(lease="another", lease_until=database_now() + timedelta(hours=1))
    taken.set()
    worker.join(20)
    assert noted == ([] if is_taken_over else ["learned"])
    assert server.paths == (["/first"] if is_taken_over else ["/first", "/second"])
    assert states() == {"a": State.WAITING if is_taken_over else State.SENT}


@override_settings(LEASE=1.0)
def test_a_try_ends_before_its_lease_does(
    customer: Customer, probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = threading.Event()
    probe.delays = (60.0,)

    def answer(_path: str) -> Reply:
        go_on.wait(20)
        return 200, {}, b""

    with web_server(answer) as server:
        probe.url = server.url
        (row,) = put(probe, customer, "a")
        start = time.monotonic()
        engine.drain()
        assert time.monotonic() - start < 15.0  # the answer would come after 20
        go_on.set()
    row.refresh_from_db()
    assert (row.code, row.is_unclear, row.tries, row.lease) == ("timeout", True, 1, "")


def test_many_paused_routes_are_in_nobodys_way(customer: Customer, probe: Probe) -> None:
    paused = [f"p{number}" for number in range(60)]
    probe.paused = {f"push:{name}" for name in paused}
    put(probe, customer, *paused, "open")
    engine.drain()
    engine.drain()
    assert Delivery.objects.get(target="open").state == State.SENT
    assert Delivery.objects.filter(state=State.WAITING, tries=0).count() == 60
    soon = database_now() + UNUSABLE + timedelta(seconds=5)
    assert Route.objects.filter(closed_until__lt=soon).count() == 60


def test_a_database_that_is_away_for_a_moment_costs_no_answer(
    customer: Customer, probe: Probe, server: Heard, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle, failures = settling.settle, iter([OperationalError("gone"), OperationalError("still gone")])

    def shaky(*args: object) -> None:
        for failure in failures:
            raise failure
        settle(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(settling, "settle", shaky)
    put(probe, customer, "a")
    engine.drain()
    assert states() == {"a": State.SENT} and len(server.requests) == 1


def test_a_worker_that_is_told_to_stop_ends_what_it_has_begun(
    customer: Customer, probe: Probe, server: Heard
) -> None:
    probe.limit = type(probe.limit)(2)
    put(probe, customer, *["a"] * 6)
    assert engine.drain(stop=lambda: True) == 2
    assert Delivery.objects.filter(state=State.SENT).count() == len(server.requests) == 2
    assert Delivery.objects.exclude(lease="").count() == 0


def test_workers_side_by_side_send_everything_once(customer: Customer, probe: Probe, server: Heard) -> None:
    probe.limit = type(probe.limit)(5)
    put(probe, customer, *[f"t{number % 5}" for number in range(100)])
    made = race(4, lambda _number: engine.drain())
    while engine.drain():
        pass
    assert all(isinstance(count, int) for count in made), made
    assert len(server.requests) == 100 == len(probe.ends)
    assert Delivery.objects.filter(state=State.SENT, tries=1).count() == 100


@override_settings(LEASE=1.0)
def test_a_late_worker_stores_nothing(
    customer: Customer, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    (row,) = put(probe, customer, "a")
    (late,) = claim("late", 1, database_now())
    time.sleep(1.1)
    engine.drain()
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.SENT, 1)
    one = engine._try(late)
    settling.settle("late", [(late, one, engine.LOST)], database_now())
    row.refresh_from_db()
    assert row.state == State.SENT and len(probe.ends) == 1
    assert row.public_id in caplog.text and "taken over" in caplog.text
    assert [one.is_unclear for one in probe.tries] == [True]
    assert probe.ends[0][1].end == End.SENT


def test_who_works_gives_a_sign_of_life(probe: Probe, db: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_pulse_at", float("-inf"))
    engine.drain()
    engine.drain()
    assert Heartbeat.objects.get().name.startswith("worker ")


def in_background(work: Callable[[], object]) -> threading.Thread:
    def run() -> None:
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_until(holds: Callable[[], bool], within: float = 10) -> None:
    end = time.monotonic() + within
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)
