"""Playing the provider to a connector's steps, answer by answer: no network, no clock, no row."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from core.http import Answer, CallFailed, Request
from invoices.draft import InvoiceDraft, LineDraft
from invoices.totals import compute
from providers.connector import Bill, Learned, Steps, Tokens

ID = "0123456789abcdef01234567"
PAYER = {
    "name": "Maria Souza",
    "legal_name": "",
    "tax_id": "07120188917",
    "tax_id_kind": "cpf",
    "address": {"street": "Rua A", "number": "1", "city": "São Paulo", "region": "SP", "country": "BR"},
    "emails": ["maria@example.com"],
    "phone": "+5511999999999",
}
ISSUER = {"name": "Padaria", "phone": "", "website": "", "address": {"city": "São Paulo", "country": "BR"}}
CUT = CallFailed("cut", is_unclear=True)


def bill_of(*lines: LineDraft, payer: dict[str, Any] | None = None, paid: int = 0, **fields: Any) -> Bill:
    """An invoice of March 2026 of one line of 100.00, unless told otherwise."""
    known: dict[str, Any] = {"currency": "BRL", "issue_on": date(2026, 3, 2), "due_on": date(2026, 3, 16)}
    draft = InvoiceDraft(customer_id=1, lines=lines or (_line(),), **{**known, **fields})
    sums = compute(draft)
    return Bill(
        ID,
        "2026-00001",
        draft,
        sums.total,
        sums.amount_due,
        paid,
        ISSUER,
        {**PAYER, **(payer or {})},
        "https://example.com/i/1",
        withheld=sums.withheld,
    )


def _line() -> LineDraft:
    return LineDraft("Work", Decimal(100))


@dataclass
class Played:
    """What a connector did: `asked` are its requests' methods and paths (after the base URL), in order."""

    requests: list[Request] = field(default_factory=list)
    learned: list[Learned] = field(default_factory=list)
    tokens: list[Tokens] = field(default_factory=list)
    value: Any = None

    @property
    def asked(self) -> list[str]:
        return [f"{one.method} {one.url.removeprefix('https://there.example')}" for one in self.requests]

    def body(self, place: int) -> Any:
        return json.loads(self.requests[place].body)


def play(steps: Steps[Any], *answers: Any, into: Played | None = None) -> Played:
    """Each request gets the next answer: `(status, JSON or bytes[, headers])`, or a failure that is thrown.

    Raises what the steps raise; what they did until then is in `into`. Every answer must have been asked for.
    """
    played, rest = into or Played(), list(answers)
    try:
        step = next(steps)
        while True:
            match step:
                case Request():
                    played.requests.append(step)
                    step = _answered(steps, rest.pop(0))
                    continue
                case Learned():
                    played.learned.append(step)
                case Tokens():
                    played.tokens.append(step)
            step = next(steps)
    except StopIteration as end:
        played.value = end.value
    assert rest == []
    return played


def _answered(steps: Steps[Any], answer: Any) -> Any:
    if isinstance(answer, Exception):
        return steps.throw(answer)
    status, body, *more = answer
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    return steps.send(Answer(status, _headers(more), raw))


def _headers(more: Sequence[dict[str, str]]) -> dict[str, str]:
    return dict(more[0]) if more else {}
