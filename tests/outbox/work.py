"""Doing by hand, in a test's own thread, what a worker does; and a channel that tells a server on this machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import pytest
from django.utils import timezone

from businesses.events import record
from businesses.models import Event
from businesses.telling import End, Limits, Outcome, Send, Try, Wanted, Wire, later, retry_after
from core.http import CallFailed, Request
from customers.models import Customer
from outbox import actions
from outbox.channels import CHANNELS
from outbox.models import Delivery


def fan_out() -> int:
    """Turn all new events into deliveries; how many there were."""
    taken = 0
    while found := actions.fan_out():
        taken += found
    return taken


@dataclass
class Probe:
    """POSTs to `url`/<target>; 2xx is sent, 4xx refused, anything else is tried again."""

    url: str = ""
    name: str = "push"
    delays: Sequence[float] = (0.0, 0.0, 0.0)
    limit: Limits = field(default_factory=lambda: Limits(50))
    paused: set[str] = field(default_factory=set)
    poison: set[str] = field(default_factory=set)
    bad_ends: set[str] = field(default_factory=set)
    ends: list[tuple[str, Outcome]] = field(default_factory=list)
    tries: list[Try] = field(default_factory=list)
    targets: list[str] = field(default_factory=list)

    def wanted(self, events: Sequence[Event]) -> Iterable[Wanted]:
        mine = [event for event in events if event.kind == "customer.updated"]
        if any(event.data.get("poison") for event in mine):
            raise RuntimeError("no telling of that")
        return [self.telling(event, target) for event in mine for target in self.targets]

    def telling(self, event: Event, target: str, lane: str = "") -> Wanted:
        return Wanted(event, target, f"{self.name}:{target}", lane)

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        return {route: self.limit for route in routes if route not in self.paused}

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        if any(one.target in self.poison for one in tries):
            raise RuntimeError("no preparing of that")
        self.tries += tries
        return {one.delivery_id: partial(self.send, one) for one in tries}

    async def send(self, one: Try, wire: Wire) -> Outcome:
        headers = {"Idempotency-Key": one.key}
        try:
            answer = await wire.call(Request("POST", f"{self.url}/{one.target}", headers, b"{}"))
        except CallFailed as failed:
            return later(failed)
        if answer.is_success:
            return Outcome(End.SENT)
        if answer.status < 429:
            return Outcome(End.DEAD, "refused", answer.body.decode(errors="replace"))
        wish = retry_after(answer, timezone.now())
        return Outcome(End.LATER, "down", str(answer.status), wish, is_unclear=answer.status >= 500)

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        if any(one.target in self.bad_ends for one, _outcome in ends):
            raise RuntimeError("no end of that")
        self.ends += [(one.target, outcome) for one, outcome in ends]


def only(probe: Probe, monkeypatch: pytest.MonkeyPatch) -> Probe:
    """The outbox knows this channel and no other."""
    for name in list(CHANNELS):
        monkeypatch.delitem(CHANNELS, name)
    monkeypatch.setitem(CHANNELS, probe.name, probe)
    return probe


def put(probe: Probe, customer: Customer, *targets: str, lane: str = "") -> list[Delivery]:
    """One new event for each of these targets."""
    found = []
    for target in targets:
        event = record("customer.seen", customer, business=customer.business)
        actions.deliver([probe.telling(event, target, lane)])
        found.append(Delivery.objects.get(event=event))
    return found
