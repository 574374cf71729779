"""Walking through a connector's steps by hand: what it asks, what it stores, how it ends, one scripted answer each."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.http import Answer, CallFailed, Request
from invoices.draft import InvoiceDraft
from invoices.totals import compute
from providers.connector import Access, Bill, Job, Learned, Remote, Steps, Tokens
from tests.factories import make_draft

KEY = "faturo-0123456789abcdef0123456789abcdef01234567"
PUBLIC_ID = "6740a1b2c3d4e5f601234567"


@dataclass
class Walk:
    """`failed` is what the steps raised. Answers that nobody asked for, and questions without an answer, are errors."""

    requests: list[Request] = field(default_factory=list)
    noted: list[Learned | Tokens] = field(default_factory=list)
    value: Any = None
    failed: Exception | None = None

    @property
    def asked(self) -> list[str]:
        return [
            f"{request.method} {request.url.partition('//')[2].partition('/')[2]}"
            for request in self.requests
        ]

    def body(self, place: int = 0) -> Any:
        return json.loads(self.requests[place].body)

    @property
    def learned(self) -> dict[str, Any]:
        """What is stored in the end."""
        found: dict[str, Any] = {"notes": {}}
        for one in self.noted:
            if isinstance(one, Learned):
                told = {name: value for name, value in vars(one).items() if value is not None}
                found |= {**told, "notes": {**found["notes"], **one.notes}}
        return found


def walk(steps: Steps[Any], *script: Answer | CallFailed) -> Walk:
    done, answers = Walk(), list(script)
    try:
        step = next(steps)
        while True:
            if not isinstance(step, Request):
                done.noted.append(step)
                step = next(steps)
                continue
            done.requests.append(step)
            answer = answers.pop(0)
            step = steps.throw(answer) if isinstance(answer, CallFailed) else steps.send(answer)
    except StopIteration as end:
        done.value = end.value
    except IndexError as missing:
        raise AssertionError(f"no answer to {done.asked[-1]}") from missing
    except Exception as failed:
        done.failed = failed
    assert not answers, f"never asked for {answers}; {done.asked}"
    return done


def says(body: Any, status: int = 200, **headers: str) -> Answer:
    """An answer with JSON, or with bytes as they are."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(status, named, body if isinstance(body, bytes) else json.dumps(body).encode())


TIME_OUT = CallFailed("timeout", is_unclear=True)
HTML = Answer(200, {"content-type": "text/html"}, b"<html>Bad gateway</html>")


def bill_of(draft: InvoiceDraft | None = None, **changes: Any) -> Bill:
    """An issued invoice of 100.00 for a customer with an external id."""
    draft = draft or make_draft(1)
    sums = compute(draft)
    whole: dict[str, Any] = {
        "public_id": PUBLIC_ID,
        "number": "2026-0007",
        "draft": draft,
        "total": sums.total,
        "amount_due": sums.amount_due,
        "withheld": sums.withheld,
        "amount_paid": 0,
        "issuer": {"name": "Padaria"},
        "payer": {"name": "Maria", "public_id": "6740a1b2c3d4e5f600000001", "external_id": "cust_7"},
        "link": "https://billing.example/i/x",
    }
    return Bill(**{**whole, **changes})


def job_of(access: Access, bill: Bill | None = None, **fields: Any) -> Job:
    return Job(access, KEY, bill or bill_of(), **fields)


def known(remote_id: str, notes: Mapping[str, Any] | None = None, **fields: Any) -> Remote:
    return Remote(remote_id, notes=notes or {}, **fields)
