"""Many readings at once: the steps of all go forward together, round by round, and one slow provider ends none other.

Between the rounds, on the thread that owns the database, what the connectors learned is stored.
"""

import asyncio
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import aiohttp

from businesses.telling import End, Outcome
from core import http
from core.http import Answer, CallFailed, Request
from core.problems import Problem
from providers import actions
from providers.calling import FAILURES, word_of
from providers.connector import Steps, Unauthorized
from providers.models import Connection
from providers.registry import CONNECTORS

DEADLINE = 10.0  # seconds for one call: whoever asks can ask again
UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What comes of an answer that is not as documented."""


@dataclass
class Reading:
    """`steps` still to be made; at the end what they returned, or why they did not."""

    connection: Connection
    steps: Steps[Any]
    value: Any = None
    failed: Exception | None = None
    waits_for: Request | None = None
    is_over: bool = False

    @property
    def why(self) -> tuple[str, str]:
        """A code of `outbox.words` and what the other side said."""
        assert self.failed is not None
        if isinstance(self.failed, Problem):
            return "cannot", self.failed.text
        return word_of(self.failed) if isinstance(self.failed, FAILURES) else ("garbage", "")

    def go_on(self, answer: Answer | CallFailed | None = None) -> None:
        """Until it needs an answer or is over."""
        try:
            step = self.steps.throw(answer) if isinstance(answer, CallFailed) else self.steps.send(answer)
            while not isinstance(step, Request):
                actions.store(None, self.connection.pk, step)
                step = next(self.steps)
            self.waits_for = replace(step, deadline=min(step.deadline or DEADLINE, DEADLINE))
        except StopIteration as end:
            self.value, self.is_over = end.value, True
        except (*FAILURES, *UNREADABLE) as failed:
            self.failed, self.is_over = failed, True


def read(readings: Sequence[Reading]) -> None:
    """Bring all to their end. Not within a transaction."""
    for reading in readings:
        reading.go_on()
    while under_way := [reading for reading in readings if not reading.is_over]:
        for reading, answer in zip(under_way, asyncio.run(_round(under_way)), strict=True):
            reading.go_on(answer)
    _note_health(readings)


async def _round(readings: Sequence[Reading]) -> list[Answer | CallFailed]:
    gates: dict[int, asyncio.Semaphore] = {}
    for reading in readings:
        at_once = CONNECTORS[reading.connection.provider].limits.at_once
        gates.setdefault(reading.connection.pk, asyncio.Semaphore(at_once))
    async with http.session() as session:
        calls = (_call(session, gates[one.connection.pk], one.waits_for) for one in readings)
        return await asyncio.gather(*calls)


async def _call(
    session: aiohttp.ClientSession, gate: asyncio.Semaphore, request: Request | None
) -> Answer | CallFailed:
    assert request is not None
    try:
        async with gate:
            return await http.call(session, request)
    except CallFailed as failed:
        return failed


def _note_health(readings: Sequence[Reading]) -> None:
    """Refused credentials pause the connection, as they do in a push."""
    refused: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        if isinstance(reading.failed, Unauthorized):
            refused[reading.connection.pk].append(reading)
    for mine in refused.values():
        code, detail = mine[0].why
        actions.note_health(mine[0].connection, [Outcome(End.LATER, code, detail, pauses=True)])
