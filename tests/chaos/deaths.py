"""Nine places at which a worker dies (safety.md F1), and one more, put around the product's functions from outside."""

import os
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import aiohttp

from core import http
from outbox import claims, engine, post, settling
from outbox.models import Delivery, Route

CREATES = "(/v1)?/invoices/?(create)?$"
"""Where an invoice comes into being, at whichever provider; by POST."""
CODE = 9


def die() -> None:
    os._exit(CODE)


def never() -> None:
    """This one lives on; so does, by itself, one that the simulator kills."""


def serve_only(route: str) -> None:
    """Leave the other routes to the other workers."""
    claim = claims.claim

    def claiming(lease: str, most: int, now: datetime, without: Any = ()) -> list[Delivery]:
        others = Route.objects.exclude(name=route).values_list("name", flat=True)
        return claim(lease, most, now, list(others))

    setattr(engine, "claim", claiming)  # noqa: B010


def _around(owner: Any, name: str, *, is_before: bool = False) -> Callable[[], None]:
    """Die before, or after, that function; after, only when it found something to do."""

    def put() -> None:
        function = getattr(owner, name)

        def dying(*args: Any, **kwargs: Any) -> Any:
            if is_before:
                die()
            found = function(*args, **kwargs)
            if found or found is None:
                die()
            return found

        setattr(owner, name, dying)

    return put


def _is_creating(method: str, url: Any) -> bool:
    return method == "POST" and re.search(CREATES, str(url).partition("?")[0]) is not None


def _after_connecting() -> None:
    connect = aiohttp.TCPConnector.connect

    async def dying(self: Any, request: Any, *args: Any, **kwargs: Any) -> Any:
        found = await connect(self, request, *args, **kwargs)
        if _is_creating(request.method, request.url):
            die()
        return found

    setattr(aiohttp.TCPConnector, "connect", dying)  # noqa: B010


def _after_reading() -> None:
    call = http.call

    async def dying(session: Any, request: http.Request) -> http.Answer:
        answer = await call(session, request)
        if _is_creating(request.method, request.url):
            die()
        return answer

    setattr(http, "call", dying)  # noqa: B010


STEPS: dict[str, Callable[[], None]] = {
    "before claiming": _around(engine, "claim", is_before=True),
    "after claiming": _around(engine, "claim"),
    "after connecting": _after_connecting,
    "after sending": never,
    "after acceptance": never,
    "after reading the answer": _after_reading,
    "after storing a note": _around(post, "_write"),
    "before the commit": _around(settling, "_store"),
    "after the commit": _around(settling, "settle"),
    "before returning": _around(engine, "drain"),
}
"""Those that seem to do nothing are done by the simulator, which kills the worker before, or after, it has stored."""
