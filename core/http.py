"""The one way out: every call to somebody else's machine goes through here.

A call has a total deadline, reads at most a megabyte, follows no redirect, and connects only to addresses that
`core.hosts` allows; the address that was checked is the one that is connected to. Host names keep their certificate
check. Runs on asyncio; nothing here touches the database.
"""

import asyncio
import ipaddress
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from django.conf import settings
from yarl import URL

from core.hosts import is_public

MAX_BODY = 1_000_000
CONNECTIONS = 500
CONNECT_WITHIN = 10.0  # seconds, of the whole deadline
IDLE = 4.0  # seconds that a connection stays open: fewer than usual servers', so that none closes as we send
AGENT = "Faturo"


@dataclass(frozen=True)
class Request:
    """`body` as it goes over the wire; `deadline` in seconds for everything, connecting included.

    `only_first`: so many bytes of the answer's body are of use, and the rest is not read.
    `is_secret`: credentials are asked or answered, so neither body is ever kept.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    deadline: float | None = None
    is_secret: bool = False
    only_first: int | None = None


@dataclass(frozen=True)
class Answer:
    """`took` in milliseconds; header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    took: int = 0

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    def json(self) -> Any:
        """Raises CallFailed("garbage"): something answered, and what it did nobody knows."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            raise CallFailed("garbage", is_unclear=True, answer=self) from None


class CallFailed(Exception):
    """No answer that can be used. `is_unclear`: the other side may have done what it was asked.

    `code` is a word: url, private, dns, connect, tls, timeout, cut, too_large, garbage.
    """

    def __init__(
        self, code: str, *, is_unclear: bool, detail: str = "", answer: Answer | None = None
    ) -> None:
        super().__init__(f"{code} {detail}".strip())
        self.code, self.is_unclear, self.detail, self.answer = code, is_unclear, detail[:200], answer


class PublicResolver(AbstractResolver):
    """Refuses a name as soon as one of its addresses is not public: the others could be tried next."""

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, family=family)
        for _family, _type, _proto, _name, address in found:
            check_address(str(address[0]))
        return [
            ResolveResult(
                hostname=host,
                host=str(address[0]),
                port=port,
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST,
            )
            for kind, _type, proto, _name, address in found
        ]

    async def close(self) -> None:
        pass


def check_address(text: str) -> None:
    if not settings.ALLOW_PRIVATE_TARGETS and not is_public(text):
        raise CallFailed("private", is_unclear=False)


def session() -> aiohttp.ClientSession:
    """One for many calls, within one event loop; it keeps connections open and no cookies."""
    connector = aiohttp.TCPConnector(
        limit=CONNECTIONS, resolver=PublicResolver(), ttl_dns_cache=30, keepalive_timeout=IDLE
    )
    return aiohttp.ClientSession(
        connector=connector,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,
        headers={"User-Agent": AGENT, "Accept-Encoding": "identity"},
        timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_WITHIN),
    )


async def call(http: aiohttp.ClientSession, request: Request) -> Answer:
    """The answer, whatever its status. Raises CallFailed."""
    _check_url(request.url)
    start = time.monotonic()
    try:
        async with asyncio.timeout(request.deadline or settings.CALL_DEADLINE):
            async with http.request(
                request.method,
                request.url,
                data=request.body or None,
                headers=request.headers,
                allow_redirects=False,
            ) as response:
                body = await _body(response, request.only_first)
                headers = {name.lower(): value for name, value in response.headers.items()}
                return Answer(response.status, headers, body, round((time.monotonic() - start) * 1000))
    except CallFailed:
        raise
    except (aiohttp.ClientError, OSError, ValueError) as error:
        raise _failure(error) from error


def _check_url(url: str) -> None:
    """An address written as numbers asks no resolver."""
    try:
        parts = URL(url)
    except ValueError as error:
        raise CallFailed("url", is_unclear=False, detail=str(error)) from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise CallFailed("url", is_unclear=False)
    try:
        ipaddress.ip_address(parts.host.partition("%")[0])
    except ValueError:
        return
    check_address(parts.host)


async def _body(response: aiohttp.ClientResponse, only_first: int | None) -> bytes:
    if only_first is not None:
        return await _beginning(response, only_first)
    parts, size = [], 0
    async for part in response.content.iter_any():
        size += len(part)
        if size > MAX_BODY:
            raise CallFailed("too_large", is_unclear=True)
        parts.append(part)
    return b"".join(parts)


async def _beginning(response: aiohttp.ClientResponse, size: int) -> bytes:
    found = b""
    async for part in response.content.iter_any():
        found += part
        if len(found) >= size:
            response.close()
            return found[:size]
    return found


def _failure(error: Exception) -> CallFailed:
    """Only what happens before the request leaves is sure not to have been done.

    A ValueError that is none of aiohttp's: a header or a host name that cannot be written.
    """
    detail = type(error).__name__
    if isinstance(error.__cause__, CallFailed) or isinstance(getattr(error, "os_error", None), CallFailed):
        return CallFailed("private", is_unclear=False)
    if isinstance(error, aiohttp.ConnectionTimeoutError):
        return CallFailed("connect", is_unclear=False, detail=detail)
    if isinstance(error, TimeoutError):
        return CallFailed("timeout", is_unclear=True, detail=detail)
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return CallFailed("dns", is_unclear=False, detail=detail)
    if isinstance(error, aiohttp.ClientSSLError):
        return CallFailed("tls", is_unclear=False, detail=detail)
    if isinstance(error, aiohttp.ClientConnectorError):
        return CallFailed("connect", is_unclear=False, detail=detail)
    if isinstance(error, aiohttp.InvalidURL) or not isinstance(error, aiohttp.ClientError | OSError):
        return CallFailed("url", is_unclear=False, detail=detail)
    return CallFailed("cut", is_unclear=True, detail=detail)
