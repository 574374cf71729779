"""A small Stripe on this machine, for tests: sessions, refunds, a page with a Pay button, signed webhooks."""

import hmac
import json
import time
from collections.abc import Callable
from hashlib import sha256
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from threading import Lock, Thread
from types import TracebackType
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qsl
from urllib.request import Request, urlopen

SECRET_KEY = "sk_test_51FaturoFaturoFaturo9f3a"
WEBHOOK_SECRET = "whsec_faturo_tests"
PAGE = """<!doctype html><html lang="en"><title>Stripe, pretending</title>
<h1>{name}</h1><p id="amount">{amount} {currency}</p>
<form method="post" action="/pay/{id}"><button id="pay">Pay</button></form>
<p><a id="back" href="{cancel_url}">Back</a></p></html>"""

Json = dict[str, Any]
Answer = tuple[int, Json]


def signed(body: bytes, secret: str, at: int | None = None) -> str:
    """The Stripe-Signature header of a body, signed now or `at` seconds since 1970."""
    instant = int(time.time()) if at is None else at
    digest = hmac.new(secret.encode(), f"{instant}.".encode() + body, sha256).hexdigest()
    return f"t={instant},v1={digest}"


def event(kind: str, thing: Json, event_id: str = "evt_1") -> Json:
    """Any event about any object, as Stripe wraps it."""
    return {
        "id": event_id,
        "object": "event",
        "type": kind,
        "created": int(time.time()),
        "data": {"object": thing},
    }


def paid_event(session: Json) -> Json:
    """What Stripe sends when the session's payer is through; its id is the same for the same session."""
    return event("checkout.session.completed", session, f"evt_{session['id']}")


def nested(form: str) -> Json:
    """`a[b][0][c]=1` as dicts: `{"a": {"b": {"0": {"c": "1"}}}}`."""
    result: Json = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        inner = result
        *parents, last = name.replace("]", "").split("[")
        for parent in parents:
            inner = inner.setdefault(parent, {})
        inner[last] = value
    return result


class StripeServer:
    """`with StripeServer(webhook_url=…) as server: StripeCheckout(…, base_url=server.base_url)`.

    `sessions` and `refunds` are what it made, by id; `calls` the forms it was sent; `fail` answers all calls instead.
    """

    def __init__(
        self, webhook_url: str = "", webhook_secret: str = WEBHOOK_SECRET, secret_key: str = SECRET_KEY
    ) -> None:
        self.webhook_url = webhook_url
        self.webhook_secret = webhook_secret
        self.secret_key = secret_key
        self.sessions: dict[str, Json] = {}
        self.refunds: dict[str, Json] = {}
        self.calls: list[Json] = []
        self.webhook_answers: list[int] = []
        self.fail: Callable[[BaseHTTPRequestHandler], Answer | None] | None = None
        self._kept: dict[str, tuple[str, Answer]] = {}
        self._serial = count(1)
        self._lock = Lock()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}"

    def __enter__(self) -> "StripeServer":
        self._thread.start()
        return self

    def __exit__(self, *_error: type[BaseException] | BaseException | TracebackType | None) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        class Handler(BaseHTTPRequestHandler):
            server_of_tests = self

            def do_GET(self) -> None:
                _get(self.server_of_tests, self)

            def do_POST(self) -> None:
                _post(self.server_of_tests, self)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler

    def once(self, key: str, path: str, form: str, make: Callable[[Json], Answer]) -> Answer:
        """The first answer again for a key that was used before; a refusal when it comes with another body."""
        with self._lock:
            said = f"{path}?{form}"
            if key in self._kept:
                before, answer = self._kept[key]
                return answer if before == said else refusal(400, "Other parameters.", "idempotency_error")
            answer = make(nested(form))
            if key and answer[0] == 200:
                self._kept[key] = (said, answer)
            return answer

    def make_session(self, form: Json) -> Answer:
        item = form.get("line_items", {}).get("0", {})
        price = item.get("price_data", {})
        if form.get("mode") != "payment" or not form.get("success_url") or "unit_amount" not in price:
            return refusal(400, "Missing required param.")
        session_id = f"cs_test_{next(self._serial)}"
        self.sessions[session_id] = {
            "id": session_id,
            "object": "checkout.session",
            "url": f"{self.base_url}/pay/{session_id}",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(price["unit_amount"]) * int(item["quantity"]),
            "currency": price["currency"],
            "client_reference_id": form.get("client_reference_id"),
            "metadata": form.get("metadata", {}),
            "customer_email": form.get("customer_email"),
            "locale": form.get("locale"),
            "success_url": form["success_url"],
            "cancel_url": form.get("cancel_url"),
            "expires_at": int(form.get("expires_at", time.time() + 86_400)),
            "name": price["product_data"]["name"],
        }
        return 200, dict(self.sessions[session_id])

    def make_refund(self, form: Json) -> Answer:
        paid = [s for s in self.sessions.values() if s["payment_intent"] == form.get("payment_intent")]
        if not paid or not form.get("payment_intent"):
            return refusal(404, f"No such payment_intent: '{form.get('payment_intent')}'")
        given = sum(
            r["amount"] for r in self.refunds.values() if r["payment_intent"] == form["payment_intent"]
        )
        if given + int(form["amount"]) > paid[0]["amount_total"]:
            return refusal(400, "Refund amount is greater than unrefunded amount.")
        refund = {
            "id": f"re_{next(self._serial)}",
            "object": "refund",
            "amount": int(form["amount"]),
            "payment_intent": form["payment_intent"],
            "status": "succeeded",
        }
        self.refunds[refund["id"]] = refund
        return 200, refund

    def pay(self, session_id: str) -> Json:
        """Marks a session paid and tells the webhook, as the Pay button does; the session."""
        session = self.sessions[session_id]
        session |= {
            "status": "complete",
            "payment_status": "paid",
            "payment_intent": f"pi_{session_id}",
        }
        if self.webhook_url:
            self.tell(paid_event(session))
        return session

    def tell(self, told: Json) -> None:
        """Posts a correctly signed webhook; the answer's status is kept in `webhook_answers`."""
        body = json.dumps(told).encode()
        headers = {
            "Content-Type": "application/json",
            "Stripe-Signature": signed(body, self.webhook_secret),
        }
        try:
            with urlopen(Request(self.webhook_url, body, headers), timeout=20) as answer:
                self.webhook_answers.append(answer.status)
        except HTTPError as refused:
            with refused:
                self.webhook_answers.append(refused.code)


def refusal(status: int, message: str, kind: str = "invalid_request_error") -> Answer:
    return status, {"error": {"type": kind, "message": message}}


def _get(server: StripeServer, http: BaseHTTPRequestHandler) -> None:
    *_before, room, session_id = http.path.split("/")
    session = server.sessions.get(session_id)
    if session is None:
        _send(http, *refusal(404, "No such checkout.session"))
    elif room == "pay":
        shown = {key: escape(str(value)) for key, value in session.items()}
        _send_page(http, PAGE.format(**shown, amount=shown["amount_total"]))
    elif _is_known(server, http):
        _send(http, 200, session)


def _post(server: StripeServer, http: BaseHTTPRequestHandler) -> None:
    form = http.rfile.read(int(http.headers.get("Content-Length", 0))).decode()
    if http.path.startswith("/pay/"):
        _pay(server, http)
        return
    makers = {"/v1/checkout/sessions": server.make_session, "/v1/refunds": server.make_refund}
    failed = server.fail and server.fail(http)
    if failed:
        _send(http, *failed)
    elif http.path not in makers:
        _send(http, *refusal(404, "Unrecognized request URL"))
    elif _is_known(server, http):
        server.calls.append(nested(form))
        key = http.headers.get("Idempotency-Key", "")
        _send(http, *server.once(key, http.path, form, makers[http.path]))


def _pay(server: StripeServer, http: BaseHTTPRequestHandler) -> None:
    session_id = http.path.rpartition("/")[2]
    if session_id not in server.sessions:
        _send(http, *refusal(404, "No such checkout.session"))
        return
    session = server.pay(session_id)
    http.send_response(303)
    http.send_header("Location", session["success_url"].replace("{CHECKOUT_SESSION_ID}", session_id))
    http.send_header("Content-Length", "0")
    http.end_headers()


def _is_known(server: StripeServer, http: BaseHTTPRequestHandler) -> bool:
    """As Stripe does, a refusal repeats the key that was sent."""
    sent = http.headers.get("Authorization", "")
    if sent != f"Bearer {server.secret_key}":
        _send(http, *refusal(401, f"Invalid API Key provided: {sent.removeprefix('Bearer ')}"))
        return False
    return True


def _send(http: BaseHTTPRequestHandler, status: int, answer: Json) -> None:
    _send_bytes(http, status, "application/json", json.dumps(answer).encode())


def _send_page(http: BaseHTTPRequestHandler, page: str) -> None:
    _send_bytes(http, 200, "text/html; charset=utf-8", page.encode())


def _send_bytes(http: BaseHTTPRequestHandler, status: int, kind: str, body: bytes) -> None:
    http.send_response(status)
    http.send_header("Content-Type", kind)
    http.send_header("Content-Length", str(len(body)))
    http.end_headers()
    http.wfile.write(body)
