"""What the outbox and its channels say to each other: whom to tell of an event, and how a try to tell them ended.

A channel (pushes to providers, webhooks, e-mails) lives in the room that knows its business. The outbox owns the rows,
the order, the retries and the limits; it asks the channel three things, each about many at once: who wants to hear of
these events, what is to be called for these tries, and what follows from how they ended.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any, Protocol

from businesses.models import Event
from core.http import Answer, CallFailed, Request


@dataclass(frozen=True)
class Wanted:
    """One telling. (event, channel, target) is unique: asking twice makes one delivery.

    `route` is the way out that deliveries share a limit and a circuit breaker on; those of one `lane` of it are made in
    the order of their events, "" of no order. Nothing is tried before `due_at`.
    """

    event: Event
    target: str
    route: str
    lane: str = ""
    invoice_id: int | None = None
    due_at: datetime | None = None


@dataclass(frozen=True)
class Try:
    """`number` counts from 1. `key` is the same for every try. `is_unclear`: an earlier one may have been done.

    `is_last`: after it there is none. `created_at`: since when it is to be told; an event's own time may be long past.
    """

    delivery_id: int
    key: str
    event: Event
    target: str
    number: int
    is_unclear: bool = False
    is_last: bool = False
    invoice_id: int | None = None
    created_at: datetime | None = None


class End(StrEnum):
    SENT = "sent"
    LATER = "later"
    DEAD = "dead"
    NEEDS_PERSON = "needs_person"
    SKIPPED = "skipped"
    """There was nothing to do any more."""


@dataclass(frozen=True)
class Exchange:
    """One request and its answer, for the log; `took` in milliseconds."""

    method: str
    url: str
    request: str = ""
    status: int | None = None
    answer: str = ""
    took: int = 0
    code: str = ""


@dataclass(frozen=True)
class Outcome:
    """`code` is a word of `outbox.words`, `detail` what the other side said.

    `retry_after` in seconds, what the other side wishes: it closes the whole route. `not_before` in seconds, for this
    one delivery. `is_unclear`: it may have been done, though nothing says so. `pauses`: no delivery to this route can
    succeed until a person has acted.
    """

    end: End
    code: str = ""
    detail: str = ""
    retry_after: float | None = None
    is_unclear: bool = False
    pauses: bool = False
    exchanges: tuple[Exchange, ...] = ()
    not_before: float | None = None


class TakenOver(Exception):
    """Another worker has this delivery by now: nothing more may be called or written for it."""


class Wire(Protocol):
    """What a try may do outside: everything else it needs was read before."""

    async def call(self, request: Request) -> Answer:
        """Raises CallFailed, and TakenOver when its time is over."""

    async def note(self, write: Callable[[], Any]) -> Any:
        """Run `write` on the thread that owns the database connection, now: it is committed when this returns.

        Raises TakenOver, and writes nothing, when the delivery is not this worker's any more.
        """

    async def block(self, work: Callable[[], Any]) -> Any:
        """Run something that waits (SMTP) on a thread of its own; it must not touch the database."""


Send = Callable[[Wire], Awaitable[Outcome]]


@dataclass(frozen=True)
class Limits:
    """At most `at_once` under way, and at most `count` begun in `seconds` (0: any number)."""

    at_once: int
    count: int = 0
    seconds: int = 0


class Channel(Protocol):
    name: str
    delays: Sequence[float]
    """Seconds before the second try, the third …; after the last one it is given up."""

    def wanted(self, events: Sequence[Event]) -> Iterable[Wanted]: ...

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        """Of each route that may be used now; a route that is left out is not."""

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        """By delivery: what to do outside, or how it ended without. Not in a transaction."""

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        """What follows, in the transaction that stores these ends; never twice for the same one."""


def later(failed: CallFailed, exchanges: tuple[Exchange, ...] = ()) -> Outcome:
    """A call without an answer that can be used: worth another try."""
    return Outcome(End.LATER, failed.code, failed.detail, None, failed.is_unclear, exchanges=exchanges)


MAX_WAIT = 24 * 3600.0


def retry_after(answer: Answer, now: datetime) -> float | None:
    """Seconds of a Retry-After header (RFC 9110 §10.2.3), a number or a date; at most a day; None without one."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text), MAX_WAIT)
    try:
        when = parsedate_to_datetime(text)
        return min(max((when - now).total_seconds(), 0.0), MAX_WAIT) if when.tzinfo else None
    except (ValueError, OverflowError):
        return None
