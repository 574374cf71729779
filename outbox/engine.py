"""Draining the outbox: this thread owns the database, another one does all the waiting.

Whoever runs it, `manage.py relay` or a Celery worker, runs the same function. Hundreds of calls are under way at once
on the other thread's event loop; this one takes what is due, gets it ready, and stores how it ended, always many at a
time. Killed at any point, it loses nothing: its leases run out and somebody else goes on.
"""

import logging
import math
import os
import socket
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar
from uuid import uuid4

from django.db import InterfaceError, OperationalError, connection

from businesses.telling import Channel, End, Outcome, Send, Try
from core import stopping
from core.clock import database_now
from outbox import actions, settling
from outbox.channels import CHANNELS
from outbox.claims import claim, is_any_due
from outbox.models import Delivery
from outbox.post import Ended, Post

logger = logging.getLogger(__name__)

T = TypeVar("T")
Ready = Mapping[int, Send | Outcome]

MOST = 400
"""Tries under way at once."""
FIRST = 25
"""At the beginning; doubled each time that some have ended, so that whoever dies young has little in hand."""
GLANCE = 0.25  # seconds after which we look for what has become due, though nothing has ended
LONGER = 6
PULSE = 15.0  # seconds between two signs of life
WAITS = (0.1, 0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries to reach a database that has gone away: answers that have come are not thrown away for it."""

LOST_AFTER = 20
"""Lapses in a row after which a delivery is given up: workers that are killed for other reasons cost it nothing."""

_pulse_at = -math.inf


def drain(seconds: float = math.inf, *, stop: Callable[[], bool] = stopping.is_told) -> int:
    """Try what is due until nothing is, or for about that long; how many tries were made.

    While calls are under way it goes on looking, so that a slow target keeps nobody else waiting: when the time is over
    only on routes that have none under way, and LONGER times as long at most.
    """
    _pulse()
    lease, start = uuid4().hex, time.monotonic()
    looked, taken = start, _look(lease, FIRST)
    made, room = len(taken), FIRST
    if not taken:
        return 0
    with Post(lease) as post:
        while taken or post.under_way:
            ended = _begin(post, taken, looked)
            ended += post.ended(0 if ended else GLANCE)
            if ended:
                patiently(lambda: settling.settle(lease, ended, database_now()))  # noqa: B023
                room = min(2 * room, MOST)
            _pulse()
            spent, taken = time.monotonic() - start, []
            if not stop() and spent < (seconds * LONGER if post.under_way else seconds):
                busy, looked = post.routes() if spent >= seconds else (), time.monotonic()
                taken = patiently(lambda: _look(lease, room - post.under_way, busy))  # noqa: B023
            made += len(taken)
    return made


def _look(lease: str, room: int, without: Collection[str] = ()) -> list[Delivery]:
    if actions.untold().exists():
        actions.fan_out()
    now = database_now()
    return claim(lease, room, now, without) if room > 0 and is_any_due(now) else []


def patiently(work: Callable[[], T]) -> T:
    for wait in WAITS:
        try:
            return work()
        except (OperationalError, InterfaceError) as error:
            logger.warning("the database does not answer (%s); again in %g s", error, wait)
            connection.close()
            time.sleep(wait)
    return work()


def _pulse() -> None:
    """Only who works gives a sign of life."""
    global _pulse_at
    if time.monotonic() < _pulse_at + PULSE:
        return
    _pulse_at = time.monotonic()
    patiently(lambda: actions.beat(f"worker {socket.gethostname()}:{os.getpid()}"))


def _begin(post: Post, rows: Sequence[Delivery], taken_at: float) -> list[Ended]:
    """Hand over what is to be done outside, at most until the lease runs out; what ended without that."""
    ended: list[Ended] = []
    begun = []
    for name, channel in CHANNELS.items():
        mine = [(row, _try(row)) for row in rows if row.channel == name]
        ended += [(row, one, LOST) for row, one in mine if _is_too_many(row)]
        left = [(row, one) for row, one in mine if not _is_too_many(row)]
        ready = _ready(channel, [one for _row, one in left]) if left else {}
        for row, one in left:
            found = ready.get(row.pk, BROKEN)
            if isinstance(found, Outcome):
                ended.append((row, one, found))
            else:
                begun.append((row, one, found))
    post.send(begun, taken_at)
    return ended


LOST = Outcome(End.LATER, "lost")
"""Its tries never come back: whoever takes it up once more could go the same way."""
BROKEN = Outcome(End.LATER, "broken")
"""A fault of ours, before anything was sent."""


def _try(row: Delivery) -> Try:
    return Try(
        row.pk,
        row.public_id,
        row.event,
        row.target,
        row.tries + 1,
        row.is_unclear,
        row.tries >= len(CHANNELS[row.channel].delays) or _is_too_many(row),
        row.invoice_id,
        row.created_at,
    )


def _is_too_many(row: Delivery) -> bool:
    """It kept killing its workers."""
    return row.lapses >= LOST_AFTER


def _ready(channel: Channel, tries: Sequence[Try]) -> Ready:
    """All together; one by one when that breaks, so that only what is broken waits."""
    try:
        return patiently(lambda: channel.prepare(tries))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("preparing %d tries of %s broke", len(tries), channel.name)
    if len(tries) == 1:
        return {}
    return {key: found for one in tries for key, found in _ready(channel, [one]).items()}
