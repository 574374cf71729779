"""Running a connector's steps here and now, one call after the other: for people who wait, and for comparing."""

import asyncio
from functools import partial
from typing import TypeVar

from core import http
from core.http import Answer, CallFailed, Request
from providers import actions
from providers.connector import Busy, Doubtful, Refused, Steps, Unauthorized
from providers.models import Connection

T = TypeVar("T")


def run(connection: Connection, steps: Steps[T], remote_key: int | None = None) -> T:
    """What the steps return; what they learn is stored at once. Raises what they raise. Not within a transaction."""
    save = partial(actions.store, remote_key, connection.pk)
    try:
        step = next(steps)
        while True:
            if isinstance(step, Request):
                try:
                    answer = asyncio.run(_call(step))
                except CallFailed as failed:
                    step = steps.throw(failed)
                    continue
                step = steps.send(answer)
            else:
                save(step)
                step = next(steps)
    except StopIteration as end:
        value: T = end.value
        return value


async def _call(request: Request) -> Answer:
    async with http.session() as session:
        return await http.call(session, request)


FAILURES = (CallFailed, Busy, Refused)
"""What `run` may raise because of the other side."""


def word_of(failed: Exception) -> tuple[str, str]:
    """The code (see `outbox.words`) and what the other side said."""
    match failed:
        case Unauthorized() | Doubtful() | Refused():
            return failed.code, failed.text
        case Busy():
            return ("too_many" if failed.answer.status == 429 else "down"), str(failed.answer.status)
        case CallFailed():
            return failed.code, failed.detail
    raise failed
