"""What the four pretended providers have in common: what they are asked, what they answer, what they keep."""

import json
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request; `path` without the provider's prefix, header names in lower case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Json:
        found = json.loads(self.body or b"{}")
        return found if isinstance(found, dict) else {}

    def form(self) -> Json:
        return dict(parse_qsl(self.body.decode(), keep_blank_values=True))

    @property
    def parts(self) -> list[str]:
        return [part for part in self.path.split("/") if part]


@dataclass(frozen=True)
class Reply:
    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    def raw(self) -> bytes:
        return b"" if self.body is None else json.dumps(self.body).encode()


@dataclass(frozen=True)
class Webhook:
    """What a provider sends of its own accord."""

    body: bytes
    headers: Mapping[str, str]


class Provider:
    """`invoices` by id. `forms` keeps the first answer to each idempotency key."""

    name = ""
    creating = ""
    """METHOD /path at which an invoice comes into being."""
    credentials: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.invoices: dict[str, Json] = {}
        self.serial = count(1)
        self.kept: dict[str, tuple[bytes, Reply]] = {}
        self.tokens: set[str] = set()

    def answer(self, call: Call) -> Reply:
        raise NotImplementedError

    def total(self, invoice: Json) -> int:
        """In cents."""
        raise NotImplementedError

    def pay(self, invoice_id: str, cents: int | None = None) -> Webhook:
        """Somebody pays it there, all of it unless told otherwise; what the provider then tells us."""
        raise NotImplementedError

    def once(self, key: str, body: bytes, make: Callable[[], Reply], reused: Reply) -> Reply:
        """The first answer again for a key that was used before; `reused` when the body is another one."""
        if not key:
            return make()
        if key in self.kept:
            before, reply = self.kept[key]
            return reply if before == body else reused
        reply = make()
        if reply.status < 300:
            self.kept[key] = (body, reply)
        return reply

    def new_token(self) -> str:
        token = secrets.token_urlsafe(24)
        self.tokens.add(token)
        return token

    def is_let_in(self, call: Call) -> bool:
        return call.headers.get("authorization", "").removeprefix("Bearer ") in self.tokens


def cents(value: Any) -> int:
    """Of an amount in major units, however written."""
    text = str(value or 0).replace(",", ".")
    return int((Decimal(text) * 100).quantize(Decimal(1), ROUND_HALF_UP))


def major(value: int) -> float:
    return value / 100


def now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
