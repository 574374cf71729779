"""The thread that does the waiting: an event loop that performs tries and says how each ended.

It never touches the database. What must be written before a try goes on (a remote id, a token) is handed as a note to
the thread that owns the connection.
"""

import asyncio
import logging
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from types import TracebackType
from typing import Any, Self

import aiohttp
from django.conf import settings
from django.db import transaction

from businesses.telling import End, Outcome, Send, TakenOver, Try
from core import http
from outbox.models import Delivery, State

logger = logging.getLogger(__name__)

GATHER = 0.02  # seconds in which more tries may end, so that one transaction stores them together
BLOCKING = 8  # threads for what cannot wait on the loop
NAMES = 64  # threads that wait for name servers: a slow one keeps nobody else waiting
OF_THE_LEASE = 7 / 8
"""A try is given up after this much of its lease: what it still says is stored before another worker may begin."""

Ended = tuple[Delivery, Try, Outcome]


class Post:
    """The other thread: an event loop that performs what was taken under one lease and says how each ended."""

    def __init__(self, lease: str) -> None:
        self.lease, self.under_way = lease, 0
        self._by_route: Counter[str] = Counter()
        self._said: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="post", daemon=True)
        self._blocking = ThreadPoolExecutor(BLOCKING, "blocking")
        self._loop.set_default_executor(ThreadPoolExecutor(NAMES, "names"))
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

    def routes(self) -> set[str]:
        """On which something is under way."""
        return {route for route, count in self._by_route.items() if count}

    def send(self, begun: Sequence[tuple[Delivery, Try, Send]], taken_at: float) -> None:
        """`taken_at` by the monotonic clock, before they were taken: their lease has run since then."""
        if not begun:
            return
        if not self._thread.is_alive():
            self._thread.start()
        self.under_way += len(begun)
        self._by_route.update(row.route for row, _one, _send in begun)
        self._loop.call_soon_threadsafe(self._start, begun, taken_at + OF_THE_LEASE * settings.LEASE)

    def ended(self, within: float) -> list[Ended]:
        """Waits so long for a first end, then takes what else has ended; notes are written meanwhile."""
        found: list[Ended] = []
        notes: list[_Note] = []
        if self.under_way:
            with suppress(queue.Empty):
                self._sort(self._said.get(timeout=within or None, block=bool(within)), found, notes)
                time.sleep(GATHER if self.under_way > 1 else 0)
        with suppress(queue.Empty):
            while True:
                self._sort(self._said.get_nowait(), found, notes)
        if notes:
            _write(notes, self.lease)
        self.under_way -= len(found)
        self._by_route.subtract(row.route for row, _one, _outcome in found)
        return found

    @staticmethod
    def _sort(said: Any, found: list[Any], notes: list["_Note"]) -> None:
        (notes if isinstance(said, _Note) else found).append(said)

    def _start(self, begun: Iterable[tuple[Delivery, Try, Send]], until: float) -> None:
        for row, one, send in begun:
            task = self._loop.create_task(self._perform(row, one, send, until))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _perform(self, row: Delivery, one: Try, send: Send, until: float) -> None:
        self._session = self._session or http.session()
        wire = _Wire(self._session, self._said, self._blocking, row.pk, until)
        try:
            async with asyncio.timeout_at(until):
                outcome = await send(wire)
        except TakenOver:
            outcome = Outcome(End.LATER, "lost", is_unclear=wire.has_called)
        except TimeoutError:
            outcome = Outcome(End.LATER, "timeout", is_unclear=True)
        except Exception:
            logger.exception("delivery %s: a try broke", row.public_id)
            outcome = Outcome(End.LATER, "broken", is_unclear=True)
        self._said.put((row, one, outcome))

    async def _close(self) -> None:
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._session:
            await self._session.close()


class _Note:
    """Something to be written now, and whoever waits for that."""

    def __init__(self, key: int, write: Callable[[], Any]) -> None:
        self.key, self.write = key, write
        self.done: Future[Any] = Future()

    def tell(self, value: Any, failed: Exception | None) -> None:
        if not self.done.set_running_or_notify_cancel():  # its try was given up meanwhile
            return
        if failed is None:
            self.done.set_result(value)
        else:
            self.done.set_exception(failed)


def _write(notes: Sequence[_Note], lease: str) -> None:
    """Each in a savepoint of one transaction, if its delivery is still ours; told when it is committed."""
    results: list[tuple[_Note, Any, Exception | None]] = []
    try:
        with transaction.atomic():
            held = _held(notes, lease)
            results = [
                (note, *(_written(note) if note.key in held else (None, TakenOver()))) for note in notes
            ]
    except Exception as failure:
        results = [(note, None, failure) for note in notes]
    for note, value, failed in results:
        note.tell(value, failed)


def _held(notes: Sequence[_Note], lease: str) -> set[int]:
    mine = Delivery.objects.filter(pk__in={note.key for note in notes}, lease=lease, state=State.WAITING)
    return set(mine.order_by("pk").select_for_update(no_key=True).values_list("pk", flat=True))


def _written(note: _Note) -> tuple[Any, Exception | None]:
    try:
        with transaction.atomic():
            return note.write(), None
    except Exception as failure:
        return None, failure


class _Wire:
    def __init__(
        self,
        session: aiohttp.ClientSession,
        said: "queue.SimpleQueue[Any]",
        blocking: ThreadPoolExecutor,
        key: int,
        until: float,
    ) -> None:
        self._session, self._said, self._blocking = session, said, blocking
        self._key, self._until = key, until
        self.has_called = False

    async def call(self, request: http.Request) -> http.Answer:
        if asyncio.get_running_loop().time() >= self._until:
            raise TakenOver
        self.has_called = True
        return await http.call(self._session, request)

    async def note(self, write: Callable[[], Any]) -> Any:
        note = _Note(self._key, write)
        self._said.put(note)
        return await asyncio.wrap_future(note.done)

    async def block(self, work: Callable[[], Any]) -> Any:
        return await asyncio.get_running_loop().run_in_executor(self._blocking, work)
