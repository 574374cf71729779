"""How a provider fails on demand: what happens to an answer after, or instead of, the work being done."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Does = Callable[[web.Request, web.Response], Awaitable[web.StreamResponse]]


@dataclass
class Fault:
    """Of the requests whose `METHOD /connection/provider/path` matches `route`: the next `times`, each with `chance`.

    `is_done`: the provider does what it was asked before it fails.
    """

    does: Does
    route: str = "."
    times: int | None = None
    chance: float = 1.0
    is_done: bool = True
    struck: int = field(default=0)

    def strikes(self, said: str, dice: float) -> bool:
        is_over = self.times is not None and self.struck >= self.times
        if is_over or dice >= self.chance or not re.search(self.route, said):
            return False
        self.struck += 1
        return True


def dropped(**about: Any) -> Fault:
    """The work is done and the connection closed without an answer."""
    return Fault(_drop, **about)


def unheard(**about: Any) -> Fault:
    """The connection is closed before anything is done."""
    return Fault(_drop, is_done=False, **about)


def silent(seconds: float = 60.0, **about: Any) -> Fault:
    """The work is done, and no answer comes for so long."""

    async def wait(request: web.Request, reply: web.Response) -> web.StreamResponse:
        await asyncio.sleep(seconds)
        return reply

    return Fault(wait, **about)


def cut(after: int, **about: Any) -> Fault:
    """Of the body only the first bytes come."""

    async def do(request: web.Request, reply: web.Response) -> web.StreamResponse:
        body = bytes(reply.body or b"")  # type: ignore[arg-type]
        partial = web.StreamResponse(status=reply.status, headers={"Content-Length": str(len(body))})
        await partial.prepare(request)
        await partial.write(body[:after])
        return _hung_up(request, partial)

    return Fault(do, **about)


def trickle(pause: float = 0.2, **about: Any) -> Fault:
    """Slow-loris: a byte, a pause, a byte."""

    async def do(request: web.Request, reply: web.Response) -> web.StreamResponse:
        body = bytes(reply.body or b"")  # type: ignore[arg-type]
        slow = web.StreamResponse(status=reply.status, headers={"Content-Length": str(len(body))})
        await slow.prepare(request)
        for place in range(len(body)):
            await slow.write(body[place : place + 1])
            await asyncio.sleep(pause)
        return slow

    return Fault(do, **about)


def instead(status: int, body: bytes = b"", headers: Mapping[str, str] | None = None, **about: Any) -> Fault:
    """Another answer. Nothing was done unless `is_done=True`."""

    async def do(request: web.Request, reply: web.Response) -> web.StreamResponse:
        return web.Response(status=status, body=body, headers=headers)

    return Fault(do, **{"is_done": False, **about})


def too_many(wait: str = "1", **about: Any) -> Fault:
    return instead(429, b'{"message": "Too many requests"}', {"Retry-After": wait}, **about)


def redirect(to: str = "http://127.0.0.1:1/", **about: Any) -> Fault:
    return instead(302, b"", {"Location": to}, **about)


def html(**about: Any) -> Fault:
    page = b"<!doctype html><title>Maintenance</title><h1>Back soon</h1>"
    return instead(200, page, {"Content-Type": "text/html"}, **{"is_done": True, **about})


def empty(**about: Any) -> Fault:
    return instead(200, b"", **{"is_done": True, **about})


def truncated(**about: Any) -> Fault:
    """A whole answer whose JSON is not whole."""

    async def do(request: web.Request, reply: web.Response) -> web.StreamResponse:
        body = bytes(reply.body or b"")  # type: ignore[arg-type]
        return web.Response(status=reply.status, body=body[: len(body) // 2])

    return Fault(do, **about)


def without_id(**about: Any) -> Fault:
    async def do(request: web.Request, reply: web.Response) -> web.StreamResponse:
        said = json.loads(bytes(reply.body or b"{}"))  # type: ignore[arg-type]
        return web.json_response(_nameless(said), status=reply.status)

    return Fault(do, **about)


def before(act: Callable[[str], None], **about: Any) -> Fault:
    """`act` is told the connection's name when the request has come whole, before anything is done."""
    return Fault(_acting(act), is_done=False, **about)


def after(act: Callable[[str], None], **about: Any) -> Fault:
    """`act` is told the connection's name when all is done, before anything is answered."""
    return Fault(_acting(act), **about)


def _acting(act: Callable[[str], None]) -> Does:
    async def do(request: web.Request, reply: web.Response) -> web.StreamResponse:
        act(request.match_info["connection"])
        return _hung_up(request, reply)

    return do


async def _drop(request: web.Request, reply: web.Response) -> web.StreamResponse:
    return _hung_up(request, reply)


def _hung_up(request: web.Request, reply: web.StreamResponse) -> web.StreamResponse:
    if request.transport:
        request.transport.close()
    return reply


def _nameless(said: Any) -> Any:
    if isinstance(said, dict):
        return {name: _nameless(value) for name, value in said.items() if name not in ("id", "_id")}
    return said
