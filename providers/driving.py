"""Running a connector's steps: the only place where its requests are made and what it learns is stored."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.utils import timezone

from businesses.telling import End, Exchange, Outcome, Wire, later, retry_after
from core.http import Answer, CallFailed, Request
from providers.connector import Busy, Doubtful, Learned, Recovery, Refused, Steps, Tokens, Unauthorized

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
        except CallFailed as failed:
            self.exchanges.append(Exchange(request.method, request.url, _text(request), code=failed.code))
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
    """How the steps ended, for the outbox."""
    try:
        await driver.run(steps)
        ended = Outcome(End.SENT)
    except Unauthorized as refused:
        ended = Outcome(End.LATER, refused.code, refused.text, pauses=True)
    except Doubtful as refused:
        ended = Outcome(End.NEEDS_PERSON, refused.code, refused.text, is_unclear=True)
    except Refused as refused:
        ended = Outcome(End.DEAD, refused.code, refused.text)
    except Busy as busy:
        ended = _busy(busy, recovery)
    except CallFailed as failed:
        ended = _unclear(later(failed), recovery)
    return Outcome(**{**vars(ended), "exchanges": tuple(driver.exchanges)})


def _busy(busy: Busy, recovery: Recovery) -> Outcome:
    wish = retry_after(busy.answer, timezone.now())
    code = "too_many" if busy.answer.status == 429 else "down"
    return _unclear(
        Outcome(End.LATER, code, str(busy.answer.status), wish, is_unclear=busy.is_unclear), recovery
    )


def _unclear(outcome: Outcome, recovery: Recovery) -> Outcome:
    """Without a key or a look-up nobody may repeat what was perhaps done."""
    if not outcome.is_unclear or recovery != Recovery.NONE:
        return outcome
    return Outcome(**{**vars(outcome), "end": End.NEEDS_PERSON})
