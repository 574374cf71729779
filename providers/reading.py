"""Many readings at once: each goes on as soon as its answer is there, and no slow provider holds up another.

Between the calls, on the thread that owns the database, what the connectors learned is stored. Access is renewed once
for all readings of a connection: a refresh token works only once.
"""

import asyncio
import logging
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import aiohttp
from django.db import InterfaceError, OperationalError

from businesses.telling import End, Outcome
from core import http
from core.http import Answer, CallFailed, Request
from core.problems import Conflict, Problem
from providers import actions
from providers.calling import FAILURES, word_of
from providers.connector import Access, Steps, Tokens, Unauthorized
from providers.models import Connection
from providers.registry import CONNECTORS

log = logging.getLogger(__name__)

DEADLINE = 10.0  # seconds for one call: whoever asks can ask again
LONGEST = 600.0
"""Seconds for all calls of many readings; what is not over by then has had no answer in time."""
DATABASE = (OperationalError, InterfaceError)
"""Nobody's fault who was asked: the database could not be used."""
PATIENCE = 1.0
"""Seconds for another worker, which has just renewed the access, to store it."""
REFRESH = "refresh_token"
UNREADABLE = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)
"""What comes of an answer that is not as documented."""


def fresh_access(connection: Connection) -> Access:
    """With the tokens as they are stored now: another worker may have renewed them. Raises SecretUnreadable."""
    connection.refresh_from_db(fields=["sealed_tokens"])
    return actions.access_of(connection)


@dataclass
class Reading:
    """`steps` still to be made; at the end what they returned, or why they did not. `tokens`: the last it had."""

    connection: Connection
    steps: Steps[Any]
    value: Any = None
    failed: Exception | None = None
    waits_for: Request | None = None
    is_over: bool = False
    tokens: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.tokens = self.connection.tokens

    @property
    def why(self) -> tuple[str, str]:
        """A code of `outbox.words` and what the other side said."""
        assert self.failed is not None
        if isinstance(self.failed, Problem | Conflict):
            return "cannot", self.failed.text
        if isinstance(self.failed, FAILURES):
            return word_of(self.failed)
        return ("garbage" if isinstance(self.failed, UNREADABLE) else "broken"), ""

    def fail(self, failed: Exception) -> None:
        """What nobody foresaw goes to the log, and stops nothing else."""
        if not isinstance(failed, (*FAILURES, *DATABASE, Problem, Conflict)):
            log.error("A reading of connection %s broke", self.connection.public_id, exc_info=failed)
        self.failed, self.is_over = failed, True

    def go_on(self, answer: Answer | CallFailed | None = None) -> None:
        """Until it needs an answer or is over."""
        try:
            step = self.steps.throw(answer) if isinstance(answer, CallFailed) else self.steps.send(answer)
            while not isinstance(step, Request):
                actions.store(None, self.connection.pk, step)
                self.tokens = step.values if isinstance(step, Tokens) else self.tokens
                step = next(self.steps)
            self.waits_for = replace(step, deadline=min(step.deadline or DEADLINE, DEADLINE))
        except StopIteration as end:
            self.value, self.is_over = end.value, True
        except Exception as failed:
            self.fail(failed)


def raise_if_down(readings: Iterable[Reading]) -> None:
    """Once all else is settled, whoever runs this learns that the database could not be used."""
    for reading in readings:
        if isinstance(reading.failed, DATABASE):
            raise reading.failed


def _nobody(_key: int) -> None:
    """Is told of a connection's end."""


def read(
    readings: Sequence[Reading], *, within: float = LONGEST, ended: Callable[[int], None] = _nobody
) -> None:
    """Bring all to their end, within so many seconds; `ended` hears the key of each connection when its last is over.

    Not within a transaction.
    """
    if not readings:
        return
    until = time.monotonic() + within
    left = Counter(reading.connection.pk for reading in readings)
    with asyncio.Runner() as runner:
        line = _Line(runner, readings)
        try:
            moved: list[Answered] = [(reading, None) for reading in readings]
            while moved:
                for reading in line.send(moved):
                    left[reading.connection.pk] -= 1
                    if not left[reading.connection.pk]:
                        _note_health([one for one in readings if one.connection.pk == reading.connection.pk])
                        ended(reading.connection.pk)
                moved = line.wait(until)
        finally:
            line.close()


Answered = tuple["Reading", Answer | CallFailed | None]
Call = Coroutine[Any, Any, Answer | CallFailed]


class _Line:
    """The calls under way. They go on only while somebody waits for them: then nothing touches the database."""

    def __init__(self, runner: asyncio.Runner, readings: Sequence[Reading]) -> None:
        self.runner, self.calls = runner, dict[asyncio.Task[Answer | CallFailed], Reading]()
        self.gates = {
            one.connection.pk: asyncio.Semaphore(CONNECTORS[one.connection.provider].limits.at_once)
            for one in readings
        }
        self.renewals: dict[tuple[int, str, bytes], asyncio.Task[Answer | CallFailed]] = {}
        self.session = runner.run(_opened())

    def send(self, moved: Sequence[Answered]) -> list[Reading]:
        """Let each go on with its answer; those that are over."""
        for reading, answer in moved:
            reading.go_on(answer)
            if not reading.is_over:
                self.calls[self._task(self._call_of(reading))] = reading
        return [reading for reading, _answer in moved if reading.is_over]

    def _call_of(self, reading: Reading) -> Call:
        """The same request for access is made once; all who make it get its answer."""
        request, key = reading.waits_for, reading.connection.pk
        assert request is not None
        call = partial(_call, self.session, self.gates[key], request)
        if not request.is_secret:
            return call()
        same = (key, request.url, request.body)
        if same not in self.renewals:
            self.renewals[same] = self._task(call())
        return _answer_of(self.renewals[same])

    def _task(self, call: Call) -> asyncio.Task[Answer | CallFailed]:
        return self.runner.get_loop().create_task(call)

    def wait(self, until: float) -> list[Answered]:
        """Those that have an answer now; after `until` all others have had none in time."""
        if not self.calls:
            return []
        left = until - time.monotonic()
        done = self.runner.run(_first(list(self.calls), left)) if left > 0 else set()
        if done:
            return [(self.calls.pop(task), task.result()) for task in done]
        for task in self.calls:
            task.cancel()
        late = [(reading, CallFailed("timeout", is_unclear=True)) for reading in self.calls.values()]
        self.calls = {}
        return [*late]

    def close(self) -> None:
        self.runner.run(self.session.close())


async def _opened() -> aiohttp.ClientSession:
    return http.session()


async def _first(
    calls: Iterable[asyncio.Task[Answer | CallFailed]], left: float
) -> set[asyncio.Task[Answer | CallFailed]]:
    return (await asyncio.wait(calls, timeout=left, return_when=asyncio.FIRST_COMPLETED))[0]


async def _answer_of(task: asyncio.Task[Answer | CallFailed]) -> Answer | CallFailed:
    return await asyncio.shield(task)


async def _call(
    session: aiohttp.ClientSession, gate: asyncio.Semaphore, request: Request
) -> Answer | CallFailed:
    try:
        async with gate:
            return await http.call(session, request)
    except CallFailed as failed:
        return failed


def _note_health(readings: Sequence[Reading]) -> None:
    """Refused credentials pause the connection, as they do in a push; not those that another worker has renewed."""
    refused: dict[int, list[Reading]] = defaultdict(list)
    for reading in readings:
        if isinstance(reading.failed, Unauthorized):
            refused[reading.connection.pk].append(reading)
    for mine in refused.values():
        if _was_renewed(mine[0]):
            for reading in mine:
                reading.failed = CallFailed("renewing", is_unclear=False)
            continue
        code, detail = mine[0].why
        actions.note_health(mine[0].connection, [Outcome(End.LATER, code, detail, pauses=True)])


def _was_renewed(reading: Reading) -> bool:
    """Whether other tokens are stored by now than those that it had."""
    if fresh_access(reading.connection).tokens != reading.tokens:
        return True
    if REFRESH not in reading.tokens:
        return False
    time.sleep(PATIENCE)
    return fresh_access(reading.connection).tokens != reading.tokens
