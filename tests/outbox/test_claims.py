"""Who may take what: order within a lane, room on a route, a route that is closed, and what people may change."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from businesses.events import Telling, broken_links, record, record_many
from businesses.models import Event
from businesses.telling import End, Limits, Outcome, Wanted, retry_after
from core.clock import database_now
from core.http import Answer
from core.problems import Conflict
from customers.models import Customer
from outbox import actions, engine, health, retrying, settling
from outbox.claims import claim
from outbox.models import Attempt, Delivery, Heartbeat, Route, State
from tests import factories
from tests.loopback import Heard, web_server
from tests.outbox.work import Probe, put
from tests.races import race

pytestmark = pytest.mark.django_db(transaction=True)

LATER = Outcome(End.LATER, "down")


def take(most: int = 100, lease: str = "mine") -> list[Delivery]:
    return claim(lease, most, database_now())


def end(rows: list[Delivery], outcome: Outcome = LATER, lease: str = "mine") -> None:
    settling.settle(lease, [(row, engine._try(row), outcome) for row in rows], database_now())


def soon() -> None:
    """What waits for its next try is due."""
    Delivery.objects.filter(state=State.WAITING).update(due_at=database_now())


def test_a_row_is_taken_by_one_worker_only(customer: Customer, probe: Probe) -> None:
    put(probe, customer, *["a", "b", "c"] * 20)
    taken = race(6, lambda number: [row.pk for row in take(15, f"worker {number}")])
    keys = [key for found in taken for key in found]  # type: ignore[union-attr]
    assert len(keys) == len(set(keys)) > 0


def test_what_is_first_in_a_lane_goes_first(customer: Customer, probe: Probe) -> None:
    first, second = put(probe, customer, "a", "a", lane="invoice:1")
    (other,) = put(probe, customer, "a", lane="invoice:2")
    (elsewhere,) = put(probe, customer, "b", lane="invoice:1")
    assert {row.pk for row in take()} == {first.pk, other.pk, elsewhere.pk}
    assert take(lease="another") == []
    end([first])
    assert [row.pk for row in take()] == [first.pk]
    first.refresh_from_db()
    end([first], Outcome(End.SENT))
    assert [row.pk for row in take()] == [second.pk]


@pytest.mark.parametrize("ended", [End.NEEDS_PERSON, End.DEAD, End.SKIPPED])
def test_a_lane_waits_for_a_person_and_goes_on_after_an_end(
    customer: Customer, probe: Probe, ended: End
) -> None:
    first, second = put(probe, customer, "a", "a", lane="invoice:1")
    end(take(), Outcome(ended))
    assert [row.pk for row in take()] == ([] if ended == End.NEEDS_PERSON else [second.pk])
    if ended == End.NEEDS_PERSON:
        first.refresh_from_db()
        actions.set_aside(first)
        assert [row.pk for row in take()] == [second.pk]


def test_a_route_has_room_for_so_many_whoever_asks(customer: Customer, probe: Probe) -> None:
    probe.limit = Limits(3)
    put(probe, customer, *["a"] * 10)
    taken = [len(found) for found in race(4, lambda n: take(10, f"worker {n}")) if isinstance(found, list)]
    assert sum(taken) == 3
    rows = list(Delivery.objects.exclude(lease="").order_by("pk"))
    end(rows[:1], Outcome(End.SENT), rows[0].lease)
    assert len(take()) == 1


def test_a_rate_holds_across_workers_and_windows(customer: Customer, probe: Probe) -> None:
    probe.limit = Limits(50, count=4, seconds=60)
    put(probe, customer, *["a"] * 10)
    assert [len(take(3, "one")), len(take(3, "two")), len(take(3, "three"))] == [3, 1, 0]
    Route.objects.update(window_from=database_now() - timedelta(seconds=61))
    assert len(take(10, "four")) == 4


def test_the_longest_waiting_route_is_served_first(customer: Customer, probe: Probe) -> None:
    put(probe, customer, *["busy"] * 5)
    take(2)
    put(probe, customer, "rare")
    assert [row.target for row in take(1)] == ["rare"]


def test_five_failures_in_a_row_close_a_route_until_one_probe_succeeds(
    customer: Customer, probe: Probe
) -> None:
    put(probe, customer, *["a"] * 8, "b")
    rows = [row for row in take(8) if row.target == "a"]
    end(rows[:2])
    assert Route.objects.get(name="push:a").closed_until is None
    end(rows[2:6])
    route = Route.objects.get(name="push:a")
    assert route.failures == retrying.PATIENCE and route.closed_until
    end(rows[6:])  # begun before: they do not close it for longer
    assert Route.objects.get(name="push:a").failures == retrying.PATIENCE
    soon()
    assert {row.target for row in take()} == {"b"}
    Route.objects.filter(name="push:a").update(closed_until=database_now())
    probing = take()
    assert [row.target for row in probing] == ["a"] and take(lease="other") == []
    end(probing)
    again = Route.objects.get(name="push:a")
    assert again.failures == 6
    assert again.closed_until and again.closed_until > database_now() + timedelta(seconds=40)
    Route.objects.filter(name="push:a").update(closed_until=database_now())
    soon()
    end(take(), Outcome(End.SENT))
    opened = Route.objects.get(name="push:a")
    assert (opened.failures, opened.closed_until) == (0, None)
    assert len(take()) == 7


def test_a_success_among_failures_keeps_a_route_open(customer: Customer, probe: Probe) -> None:
    put(probe, customer, *["a"] * 6)
    rows = take()
    settling.settle(
        "mine",
        [(row, engine._try(row), Outcome(End.SENT) if row is rows[-1] else LATER) for row in rows],
        database_now(),
    )
    route = Route.objects.get(name="push:a")
    assert (route.failures, route.closed_until) == (0, None)


DAY = 24 * 3600


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("1000000000", DAY),
        ("9" * 400, DAY),
        ("Wed, 21 Oct 2026 07:30:00 GMT", 1800),
        ("Wed, 21 Oct 2026 06:00:00 GMT", 0),
        ("Fri, 31 Dec 9999 23:59:59 GMT", DAY),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("١٢", None),
        ("", None),
        ("Wed, 21 Oct 2026 07:30:00 +99999999999", None),
        ("Wed, 99 Oct 2026 07:30:00 GMT", None),
    ],
)
def test_a_wish_to_wait_is_read_as_the_standard_says(said: str, seconds: float | None, db: None) -> None:
    now = datetime.fromisoformat("2026-10-21T07:00:00+00:00")
    assert retry_after(Answer(503, {"retry-after": said}, b""), now) == seconds


def test_a_wish_to_wait_closes_the_route_for_so_long(customer: Customer, probe: Probe) -> None:
    with web_server(lambda _path: (429, {"Retry-After": "600"}, b"")) as server:
        probe.url = server.url
        row, _behind = put(probe, customer, "a", "a")
        probe.limit = Limits(1)
        engine.drain()
    assert len(server.requests) == 1
    row.refresh_from_db()
    now = timezone.now()
    for until in (row.due_at, Route.objects.get().closed_until):
        assert until and timedelta(seconds=590) < until - now < timedelta(seconds=610)


def test_an_absurd_wish_is_a_day_and_a_success_meanwhile_does_not_undo_it(
    customer: Customer, probe: Probe
) -> None:
    put(probe, customer, "a", "a")
    one, other = take()
    end([one], Outcome(End.LATER, "too_many", retry_after=10.0**9))
    end([other], Outcome(End.SENT))
    until = Route.objects.get().closed_until
    assert until and timedelta(hours=23) < until - database_now() <= timedelta(hours=24)


@pytest.mark.parametrize("number", range(1, 6))
def test_waits_grow_and_differ(number: int, db: None) -> None:
    delays = [5.0, 30.0, 120.0, 600.0]
    waits = {retrying.delay(delays, number) for _ in range(20)}
    if number > len(delays):
        assert waits == {None}
        return
    assert len(waits) > 10
    assert all(0.8 <= (wait or 0) / delays[number - 1] <= 1.2 for wait in waits)


def test_a_try_that_found_the_way_closed_is_not_counted(customer: Customer, probe: Probe) -> None:
    (row,) = put(probe, customer, "a")
    for _ in range(10):
        end(take(), Outcome(End.LATER, "unauthorized", pauses=True))
        Route.objects.update(closed_until=None)
        soon()
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.WAITING, 0)


def test_who_is_asked_to_slow_down_has_not_failed(customer: Customer, probe: Probe) -> None:
    """Neither a try nor a fault, for as long as the schedule lasts; without a word for how long, half a minute."""
    probe.delays = (60.0, 60.0)
    (row,) = put(probe, customer, "a")
    for wish in (None, 90.0, *[None] * 8):
        before = database_now()
        end(take(), Outcome(End.LATER, "too_many", retry_after=wish))
        route, wait = Route.objects.get(), timedelta(seconds=wish or retrying.FIRST_PAUSE)
        assert route.failures == 0 and route.closed_until and route.closed_until >= before + wait
        Route.objects.update(closed_until=None)
        soon()
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.WAITING, 0)
    Delivery.objects.update(created_at=database_now() - timedelta(hours=1))
    for _ in range(3):
        end(take(), Outcome(End.LATER, "too_many"))
        Route.objects.update(closed_until=None)
        soon()
    row.refresh_from_db()
    assert (row.state, row.tries) == (State.DEAD, 3)


def test_a_wait_of_one_delivery_is_not_the_whole_route_s(customer: Customer, probe: Probe) -> None:
    (row,) = put(probe, customer, "a")
    end(take(), Outcome(End.LATER, "timeout", is_unclear=True, not_before=600.0))
    row.refresh_from_db()
    assert row.due_at > database_now() + timedelta(seconds=590)
    assert Route.objects.get().closed_until is None


def test_what_was_unclear_and_is_then_refused_needs_a_person(customer: Customer, probe: Probe) -> None:
    clear, unclear = put(probe, customer, "a", "a")
    Delivery.objects.filter(pk=unclear.pk).update(is_unclear=True)
    end(take(), Outcome(End.DEAD, "cannot"))
    found = dict(Delivery.objects.values_list("pk", "state"))
    assert found == {clear.pk: State.DEAD, unclear.pk: State.NEEDS_PERSON}
    assert Delivery.objects.get(pk=unclear.pk).is_unclear


def test_events_of_ends_follow_one_another_whoever_stores_them(customer: Customer, probe: Probe) -> None:
    """Channels write theirs under the locks of the invoices, in whatever order the ends come."""
    invoices = [factories.make_invoice(customer) for _ in range(3)]

    def settled(ends: Any) -> None:
        record_many(
            Telling("invoice.pushed", f"invoice:{one.invoice_id}", customer.business_id, {})
            for one, _outcome in ends
        )

    probe.settled = settled  # type: ignore[method-assign]
    events = [record("customer.seen", customer, business=customer.business) for _ in range(8)]
    actions.deliver(
        [
            Wanted(event, f"{place}{number}", f"push:{place}{number}", invoice_id=invoice.pk)
            for place, event in enumerate(events)
            for number, invoice in enumerate(invoices)
        ]
    )
    rows = take()
    assert len(rows) == 24

    def store(number: int) -> None:
        for row in rows[number::4][:: -1 if number % 2 else 1]:
            end([row], Outcome(End.SENT))

    race(4, store)
    told = Event.objects.filter(kind="invoice.pushed")
    assert told.count() == 24
    subjects = [f"invoice:{invoice.pk}" for invoice in invoices]
    assert not list(broken_links(Event.objects.filter(subject__in=subjects).order_by("subject", "pk")))


def test_a_lost_lease_makes_it_unclear_and_an_end_in_time_does_not(customer: Customer, probe: Probe) -> None:
    lost, ended = put(probe, customer, "a", "a")
    rows = take()
    end(rows[1:], Outcome(End.LATER, "connect"))
    Delivery.objects.filter(pk=lost.pk).update(lease_until=database_now() - timedelta(seconds=1))
    soon()
    assert {row.pk: row.is_unclear for row in take(lease="another")} == {lost.pk: True, ended.pk: False}


@pytest.fixture
def told(customer: Customer, probe: Probe) -> Iterator[Delivery]:
    (row,) = put(probe, customer, "a")
    yield row


@pytest.mark.parametrize("act", [actions.again, actions.try_now, actions.set_aside])
def test_nobody_moves_what_a_worker_has_in_hand(told: Delivery, act: Any) -> None:
    take()
    before = Event.objects.count()
    with pytest.raises(Conflict):
        act(told)
    told.refresh_from_db()
    assert (told.state, told.lease, Event.objects.count()) == (State.WAITING, "mine", before)


def test_a_person_has_it_tried_again_under_the_same_key(told: Delivery, probe: Probe, server: Heard) -> None:
    end(take(), Outcome(End.NEEDS_PERSON, "doubtful", is_unclear=True))
    actions.again(told, was_not_done=True)
    assert (told.state, told.tries, told.is_unclear, told.code) == (State.WAITING, 0, False, "")
    engine.drain()
    told.refresh_from_db()
    assert told.state == State.SENT
    assert [one.is_unclear for one in probe.tries] == [False]
    assert server.requests[0][2]["Idempotency-Key"] == told.public_id
    kinds = Event.objects.filter(subject=f"delivery:{told.pk}").values_list("kind", flat=True)
    assert list(kinds) == ["delivery.replayed"]


def test_try_now_opens_the_route_and_does_not_hurry_the_others(customer: Customer, probe: Probe) -> None:
    mine, other = put(probe, customer, "a", "a")
    end(take())
    Route.objects.update(failures=7, closed_until=database_now() + timedelta(hours=1))
    Delivery.objects.update(due_at=database_now() + timedelta(hours=1))
    actions.try_now(mine)
    assert [row.pk for row in take(lease="next")] == [mine.pk]
    actions.reopen(other.route)
    assert [row.pk for row in take(lease="next")] == [other.pk]


def test_what_was_planned_for_later_is_not_hurried_by_mending_a_route(
    customer: Customer, probe: Probe
) -> None:
    (row,) = put(probe, customer, "a")
    Delivery.objects.update(due_at=database_now() + timedelta(days=3))
    actions.reopen(row.route)
    assert take() == []


def test_set_aside_is_not_undone_by_a_worker_that_comes_late(told: Delivery, probe: Probe) -> None:
    rows = take()
    Delivery.objects.update(lease_until=database_now() - timedelta(seconds=1))
    actions.set_aside(told)
    end(rows, Outcome(End.SENT))
    told.refresh_from_db()
    assert told.state == State.SKIPPED and probe.ends == []


def test_late_is_what_somebody_should_have_tried(customer: Customer, probe: Probe) -> None:
    assert health.overdue_since() is None
    (row,) = put(probe, customer, "a")
    past = database_now() - timedelta(seconds=settings.LATE_AFTER + 60)
    actions.fan_out()
    assert health.overdue_since() is None
    Delivery.objects.update(due_at=past)
    assert health.overdue_since() == Delivery.objects.get().due_at
    for values in (
        {"closed_until": database_now() + timedelta(hours=1)},
        {"closed_until": None, "served_at": database_now()},
    ):
        Route.objects.update(**values)
        assert health.overdue_since() is None
    Route.objects.update(served_at=past)
    assert health.overdue_since() is not None
    probe.paused = {row.route}
    assert health.overdue_since() is None


def test_old_calls_and_silent_workers_are_forgotten(told: Delivery) -> None:
    now = database_now()
    Attempt.objects.create(delivery=told, number=1, method="POST", url="https://example.com")
    actions.beat("worker gone")
    Heartbeat.objects.update(seen_at=now - timedelta(days=2))
    actions.beat("worker here")
    assert health.is_silent("schedule") and not health.is_silent("worker")
    assert actions.forget_silent(now - timedelta(days=1)) == 1
    assert actions.forget(now - timedelta(days=1)) == 0
    assert actions.forget(now + timedelta(days=1)) == 1
