"""Running a connector's steps: the only place where its requests are made and what it learns is stored."""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.db import DatabaseError
from django.utils import timezone

from businesses.telling import End, Exchange, Outcome, TakenOver, Wire, later, retry_after
from core.http import Answer, CallFailed, Request
from providers.connector import Busy, Doubtful, Learned, Recovery, Refused, Steps, Tokens, Unauthorized

logger = logging.getLogger(__name__)

T = TypeVar("T")
Save = Callable[[Learned | Tokens], None]


class Driver:
    """One run of steps. `exchanges` are its calls so far; bodies are kept of those that went wrong."""

    def __init__(self, wire: Wire, save: Save) -> None:
        self.wire, self.save = wire, save
        self.exchanges: list[Exchange] = []

    async def run(self, steps: Steps[T]) -> T:
        """What the steps return. Raises what they raise."""
        try:
            step = next(steps)
            while True:
                if isinstance(step, Request):
                    try:
                        answer = await self._call(step)
                    except CallFailed as failed:
                        step = steps.throw(failed)
                        continue
                    step = steps.send(answer)
                else:
                    await self.wire.note(partial(self.save, step))
                    step = next(steps)
        except StopIteration as end:
            value: T = end.value
            return value

    async def _call(self, request: Request) -> Answer:
        try:
            answer = await self.wire.call(request)
        except (CallFailed, asyncio.CancelledError) as failed:
            code = failed.code if isinstance(failed, CallFailed) else "timeout"
            self.exchanges.append(Exchange(request.method, request.url, _text(request), code=code))
            raise
        is_kept = not answer.is_success and not request.is_secret
        self.exchanges.append(
            Exchange(
                request.method,
                request.url,
                _text(request) if is_kept else "",
                answer.status,
                answer.body.decode(errors="replace") if is_kept else "",
                answer.took,
            )
        )
        return answer


def _text(request: Request) -> str:
    return "" if request.is_secret else request.body.decode(errors="replace")


async def outcome_of(driver: Driver, steps: Steps[None], recovery: Recovery) -> Outcome:
    """How the steps ended, for the outbox; also when their time ran out in the midst."""
    ended = await _ended(driver, steps)
    if ended.end == End.LATER and ended.is_unclear:
        ended = _unclear(ended, recovery)
    return replace(ended, exchanges=tuple(driver.exchanges))


async def _ended(driver: Driver, steps: Steps[None]) -> Outcome:
    ended = Outcome(End.SENT)
    try:
        await driver.run(steps)
    except Unauthorized as refused:
        ended = Outcome(End.LATER, refused.code, refused.text, pauses=True)
    except Doubtful as refused:
        ended = Outcome(End.NEEDS_PERSON, refused.code, refused.text, is_unclear=True)
    except Refused as refused:
        ended = Outcome(End.DEAD, refused.code, refused.text)
    except Busy as busy:
        ended = _busy(busy)
    except CallFailed as failed:
        ended = later(failed)
    except asyncio.CancelledError:
        ended = Outcome(End.LATER, "timeout", is_unclear=bool(driver.exchanges))
    except (DatabaseError, TakenOver):
        raise
    except Exception:
        logger.exception("an answer broke a connector")
        ended = _broke(driver)
    return ended


def _broke(driver: Driver) -> Outcome:
    """Nobody foresaw such an answer; without one the fault is ours, and nothing was done."""
    if driver.exchanges:
        return Outcome(End.LATER, "garbage", is_unclear=True)
    return Outcome(End.LATER, "broken")


def _busy(busy: Busy) -> Outcome:
    wish = retry_after(busy.answer, timezone.now())
    code = "too_many" if busy.answer.status == 429 else "down"
    return Outcome(End.LATER, code, str(busy.answer.status), wish, is_unclear=busy.is_unclear)


def _unclear(outcome: Outcome, recovery: Recovery) -> Outcome:
    """Without a key or a look-up nobody may repeat what was perhaps done.

    Who looks it up waits until the first call has surely ended there: else both find nothing and both create.
    """
    if recovery == Recovery.NONE:
        return replace(outcome, end=End.NEEDS_PERSON)
    if recovery == Recovery.LOOK_UP:
        return replace(outcome, not_before=2.0 * settings.CALL_DEADLINE)
    return outcome
