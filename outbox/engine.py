"""Draining the outbox: this thread owns the database, another one does all the waiting.

Whoever runs it, `manage.py relay` or a Celery worker, runs the same function. Hundreds of calls are under way at once
on the other thread's event loop; this one takes what is due, gets it ready, and stores how it ended, always many at a
time. Killed at any point, it loses nothing: its leases run out and somebody else goes on.
"""

import asyncio
import logging
import queue
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Self
from uuid import uuid4

import aiohttp
from django.conf import settings
from django.db import transaction

from businesses.telling import End, Outcome, Send, Try
from core import http
from core.clock import database_now
from outbox import actions, settling
from outbox.channels import CHANNELS
from outbox.claims import claim, is_any_due
from outbox.models import Delivery, Untold

logger = logging.getLogger(__name__)

MOST = 400
"""Tries under way at once."""
GATHER = 0.02  # seconds in which more tries may end, so that one transaction stores them together
GLANCE = 0.25  # seconds after which we look for what has become due, though nothing has ended
LONGER = 6
BLOCKING = 8  # threads for what cannot wait on the loop
CALLS_OF_A_TRY = 3
"""A try is given up after this many deadlines of a call, and before its lease runs out."""


def drain(seconds: float, *, stop: Callable[[], bool] = lambda: False) -> int:
    """Try what is due until nothing is, or for that long; how many tries were made.

    While calls are under way it goes on looking for a while, so that a slow target keeps nobody else waiting.
    """
    lease, made, start = uuid4().hex, 0, time.monotonic()
    with Post() as post:
        taken = _look(lease, MOST)
        while taken or post.under_way:
            made += len(taken)
            ended = _begin(post, taken)
            ended += post.ended(0 if ended else GLANCE)
            if ended:
                settling.settle(lease, ended, database_now())
            limit = start + seconds * (LONGER if post.under_way else 1)
            is_over = stop() or time.monotonic() >= limit
            taken = [] if is_over else _look(lease, MOST - post.under_way)
    return made


def _look(lease: str, room: int) -> list[Delivery]:
    if Untold.objects.exists():
        actions.fan_out()
    now = database_now()
    return claim(lease, room, now) if room > 0 and is_any_due(now) else []


def _begin(post: "Post", rows: Sequence[Delivery]) -> list[tuple[Delivery, Try, Outcome]]:
    """Hand over what is to be done outside; what ended without that."""
    ended, begun = [], []
    for name, channel in CHANNELS.items():
        mine = {row.pk: (row, _try(row)) for row in rows if row.channel == name}
        if not mine:
            continue
        ready = channel.prepare([one for _row, one in mine.values()])
        for key, (row, one) in mine.items():
            found = ready[key]
            if isinstance(found, Outcome):
                ended.append((row, one, found))
            else:
                begun.append((row, one, found))
    post.send(begun)
    return ended


def _try(row: Delivery) -> Try:
    """A delivery that was taken more often than there are tries kept killing its worker."""
    return Try(
        row.pk,
        row.public_id,
        row.event,
        row.target,
        row.tries,
        row.is_unclear,
        row.tries > len(CHANNELS[row.channel].delays),
        row.invoice_id,
    )


class Post:
    """The other thread: an event loop that performs what it is given and says how each ended."""

    def __init__(self) -> None:
        self.under_way = 0
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="post", daemon=True)
        self._blocking = ThreadPoolExecutor(BLOCKING, "blocking")
        self._tasks: set[asyncio.Task[None]] = set()
        self._session: aiohttp.ClientSession | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._thread.is_alive():
            asyncio.run_coroutine_threadsafe(self._close(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
        self._blocking.shutdown(wait=False)
        self._loop.close()

    def send(self, begun: Sequence[tuple[Delivery, Try, Send]]) -> None:
        if not begun:
            return
        if not self._thread.is_alive():
            self._thread.start()
        self.under_way += len(begun)
        self._loop.call_soon_threadsafe(self._start, begun)

    def ended(self, within: float) -> list[tuple[Delivery, Try, Outcome]]:
        """Waits so long for a first end, then takes what else has ended; notes are written meanwhile."""
        found: list[tuple[Delivery, Try, Outcome]] = []
        notes: list[_Note] = []
        if self.under_way:
            with suppress(queue.Empty):
                self._sort(self._said.get(timeout=within or None, block=bool(within)), found, notes)
                time.sleep(GATHER if self.under_way > 1 else 0)
        with suppress(queue.Empty):
            while True:
                self._sort(self._said.get_nowait(), found, notes)
        if notes:
            _write(notes)
        self.under_way -= len(found)
        return found

    @staticmethod
    def _sort(said: Any, found: list[Any], notes: list["_Note"]) -> None:
        (notes if isinstance(said, _Note) else found).append(said)

    def _start(self, begun: Iterable[tuple[Delivery, Try, Send]]) -> None:
        for row, one, send in begun:
            task = self._loop.create_task(self._perform(row, one, send))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _perform(self, row: Delivery, one: Try, send: Send) -> None:
        self._session = self._session or http.session()
        wire = _Wire(self._session, self._said, self._blocking)
        try:
            async with asyncio.timeout(CALLS_OF_A_TRY * settings.CALL_DEADLINE):
                outcome = await send(wire)
        except TimeoutError:
            outcome = Outcome(End.LATER, "timeout", is_unclear=True)
        except Exception:
            logger.exception("delivery %s: a try broke", row.public_id)
            outcome = Outcome(End.LATER, "broken", is_unclear=True)
        self._said.put((row, one, outcome))

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        if self._session:
            await self._session.close()


class _Note:
    """Something to be written now, and whoever waits for that."""

    def __init__(self, write: Callable[[], Any]) -> None:
        self.write = write
        self.done: Future[Any] = Future()


def _write(notes: Sequence[_Note]) -> None:
    """Each in a savepoint of one transaction; nobody is told before it is committed."""
    results: list[tuple[_Note, Any, Exception | None]] = []
    with transaction.atomic():
        for note in notes:
            try:
                with transaction.atomic():
                    results.append((note, note.write(), None))
            except Exception as failure:
                results.append((note, None, failure))
    for note, value, failed in results:
        if failed is None:
            note.done.set_result(value)
        else:
            note.done.set_exception(failed)


class _Wire:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        said: "queue.SimpleQueue[Any]",
        blocking: ThreadPoolExecutor,
    ) -> None:
        self._session, self._said, self._blocking = session, said, blocking

    async def call(self, request: http.Request) -> http.Answer:
        return await http.call(self._session, request)

    async def note(self, write: Callable[[], Any]) -> Any:
        note = _Note(write)
        self._said.put(note)
        return await asyncio.wrap_future(note.done)

    async def block(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._blocking, work)
