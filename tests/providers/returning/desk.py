"""A provider on this machine that tests can write the books of, and a connector that speaks its plain JSON."""

import hmac
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from types import TracebackType
from typing import Any, Self

from businesses.telling import Limits
from core.http import Request
from core.problems import Problem
from providers.connector import (
    TOLD_SUM,
    Access,
    Bill,
    Credential,
    Forged,
    Job,
    Learned,
    News,
    Option,
    Recovery,
    Secured,
    Seen,
    SeenPayment,
    Standing,
    Steps,
    expect,
)

SECRET = "desk-secret"


class Desk:
    """`books` by remote id; `calls` are the requests made; `sick` is the status that every call gets instead."""

    def __init__(self) -> None:
        self.books: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, str]] = []
        self.sick = 0
        self.lock = Lock()
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer()

            def do_POST(self) -> None:
                length = int(self.headers.get("Content-Length", "0"))
                self._answer(json.loads(self.rfile.read(length) or "{}"))

            def _answer(self, said: Any = None) -> None:
                status, told = desk.answer(self.command, self.path, said)
                body = json.dumps(told).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_args: object) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"

    def __enter__(self) -> Self:
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.server.server_close()

    def put(self, remote_id: str, **fields: Any) -> None:
        entry = self.books.setdefault(remote_id, {"id": remote_id, "standing": "open", "word": "open"})
        entry.update(fields)
        entry["word"] = fields.get("word", entry["standing"])

    def answer(self, method: str, path: str, said: Any) -> tuple[int, Any]:
        with self.lock:
            self.calls.append((method, path))
            if self.sick:
                return self.sick, {}
            if path == "/invoices":
                return 200, list(self.books.values())
            _empty, _invoices, remote_id, *verb = path.split("/")
            entry = self.books.get(remote_id)
            if entry is None:
                return 404, {}
            if verb == ["void"]:
                self.put(remote_id, standing="void")
            if verb == ["pay"]:
                self.put(remote_id, paid=said["paid"], standing="paid")
            return 200, dict(entry)


def _seen(entry: Mapping[str, Any]) -> Seen:
    payments = tuple(SeenPayment(**one) for one in entry.get("payments", ()))
    kept = {name: value for name, value in entry.items() if name != "payments"}
    return Seen(payments=payments, **kept)


def void(job: Job) -> Steps[None]:
    answer = yield Request("POST", f"{job.access.base_url}/invoices/{job.remote.id}/void", body=b"{}")
    expect(answer)
    yield Learned(standing=Standing.VOID)


def pay(job: Job) -> Steps[None]:
    body = json.dumps({"paid": job.bill.amount_paid}).encode()
    answer = yield Request("POST", f"{job.access.base_url}/invoices/{job.remote.id}/pay", body=body)
    told = expect(answer)
    recorded = job.bill.amount_paid - (job.remote.paid or 0)
    yield Learned(standing=told["standing"], paid=told["paid"], notes={TOLD_SUM: recorded})


def issue(job: Job) -> Steps[None]:
    yield Learned(id=f"new-{job.bill.public_id}", standing=Standing.OPEN)


class DeskConnector:
    live_url = test_url = "https://desk.example"
    credentials: Sequence[Credential] = (Credential("secret", "secret"),)
    options: Sequence[Option] = ()
    limits = Limits(20)
    recovery = Recovery.KEY

    def __init__(self, name: str, **operations: Callable[[Job], Steps[None]]) -> None:
        self.name, self.operations = name, operations

    def refuse(self, bill: Bill, access: Access) -> None:
        """Everything can be pushed."""

    def check(self, access: Access) -> Steps[str]:
        expect((yield Request("GET", f"{access.base_url}/invoices")))
        return "desk"

    def look(self, access: Access, remote_id: str) -> Steps[Seen]:
        answer = yield Request("GET", f"{access.base_url}/invoices/{remote_id}")
        return Seen(remote_id, Standing.GONE, "") if answer.status == 404 else _seen(expect(answer))

    def listed(self, access: Access, since: date) -> Steps[list[Seen]]:
        answer = yield Request("GET", f"{access.base_url}/invoices")
        return [_seen(entry) for entry in expect(answer) if not entry.get("word", "").startswith("hidden")]

    def hear(self, access: Access, webhook: Secured) -> list[News]:
        given = webhook.headers.get("x-token", "")
        if not given or not hmac.compare_digest(given, access.credentials["secret"]):
            raise Forged
        try:
            told = json.loads(webhook.body)
            return [News(told.get("id", ""), told.get("ref", ""))]
        except (ValueError, AttributeError):
            raise Problem("This is no webhook.", code="json") from None


def bodies(remote_ids: Iterator[str] | Sequence[str], words: Sequence[str]) -> list[bytes]:
    """One webhook for each invoice and word."""
    return [json.dumps({"id": one, "event": word}).encode() for one in remote_ids for word in words]
