"""Base39, pretending: what it writes under an Idempotency-Key it writes once."""

import base64
import json
import secrets
from typing import Any

from tests.simulator.provider import Call, Json, Provider, Reply, Webhook, cents, major, now

REUSED = Reply(400, {"code": "IDEMPOTENCY_KEY_REUSED", "message": "This key was used for another request."})
UNKNOWN = Reply(404, {"code": "INVOICE_NOT_FOUND", "message": "Invoice not found."})
MOVES = {
    "finalize": (("draft",), "open"),
    "void": (("draft", "open"), "void"),
    "mark-uncollectible": (("open",), "uncollectible"),
}
REQUIRED = ("payer", "beneficiary", "type", "dueDate")


class Base39(Provider):
    """`is_cents`: the amounts it is sent are cents, else major units; its documents leave it open."""

    name = "base39"
    creating = "POST /v1/invoices"
    webhook_authorization = "Bearer a-static-header"
    credentials = {
        "client_id": "faturo",
        "client_secret": "a secret of base39",
        "beneficiary": "fund_1",
        "webhook_token": webhook_authorization,
    }

    def __init__(self) -> None:
        super().__init__()
        self.is_cents = False
        self.intents: dict[str, Json] = {}
        self.customers: dict[str, Json] = {}

    def answer(self, call: Call) -> Reply:
        if call.path == "/oauth2/token":
            return self._token(call)
        if not self.is_let_in(call):
            return Reply(401, {"message": "Unauthorized"})
        if call.method == "GET":
            return self._read(call)
        key = call.headers.get("idempotency-key", "")
        return self.once(key and f"{call.path} {key}", call.body, lambda: self._write(call), REUSED)

    def _token(self, call: Call) -> Reply:
        given = call.form()
        basic = call.headers.get("authorization", "").removeprefix("Basic ")
        if basic:
            name, _colon, secret = base64.b64decode(basic).decode().partition(":")
            given |= {"client_id": name, "client_secret": secret}
        if given.get("client_secret") != self.credentials["client_secret"]:
            return Reply(401, {"message": "Unauthorized"})
        return Reply(200, {"access_token": self.new_token(), "token_type": "Bearer", "expires_in": 3600})

    def _read(self, call: Call) -> Reply:
        kind, *rest = call.parts[1:]
        if kind == "customers":
            return Reply(200, {"hasMore": False, "data": list(self.customers.values())})
        if kind == "payment-intents":
            found = self.intents.get(rest[0]) if rest else None
            return Reply(200, found) if found else UNKNOWN
        if rest:
            return Reply(200, self._shown(rest[0])) if rest[0] in self.invoices else UNKNOWN
        return self._list(call)

    def _list(self, call: Call) -> Reply:
        """Newest first, by cursor."""
        rows = [self._shown(key) for key in reversed(self.invoices)]
        if after := call.query.get("starting_after"):
            places = [place for place, row in enumerate(rows) if row["id"] == after]
            rows = rows[places[0] + 1 :] if places else []
        size = int(call.query.get("limit", 10))
        return Reply(200, {"hasMore": len(rows) > size, "data": rows[:size]})

    def _write(self, call: Call) -> Reply:
        body = call.json()
        match call.parts[1:]:
            case ["invoices"]:
                return self._create(body)
            case ["invoices", key, step] if key in self.invoices:
                return self._move(key, step)
            case ["invoices", key] if key in self.invoices:
                self.invoices[key] |= body
                return Reply(200, self._shown(key))
            case ["payment-intents"]:
                return self._intend(call.query.get("invoice", ""), body)
            case ["payment-intents", key, "pay"] if key in self.intents:
                return self._settle(key, body)
            case ["customers"]:
                found = {"id": f"cust_{secrets.token_hex(12)}", **body}
                self.customers[found["id"]] = found
                return Reply(201, found)
        return UNKNOWN

    def _create(self, body: Json) -> Reply:
        missing = [name for name in REQUIRED if not body.get(name)]
        if missing:
            message = f"The {missing[0]} field is required."
            return Reply(400, {"code": "INVALID_BODY", "message": message})
        key = f"inv_{secrets.token_hex(12)}"
        status = "open" if body.get("autoFinalize") else "draft"
        self.invoices[key] = {**body, "id": key, "status": status, "paid": 0, "createdAt": now()}
        return Reply(201, self._shown(key))

    def _move(self, key: str, step: str) -> Reply:
        invoice = self.invoices[key]
        if step not in MOVES:
            return UNKNOWN
        before, after = MOVES[step]
        if invoice["status"] not in before:
            return Reply(400, {"code": "INVALID_STATUS", "message": f"The invoice is {invoice['status']}."})
        invoice["status"] = after
        return Reply(200, self._shown(key))

    def _intend(self, key: str, body: Json) -> Reply:
        if key not in self.invoices:
            return UNKNOWN
        made = f"pi_{secrets.token_hex(12)}"
        self.intents[made] = {**body, "id": made, "status": "open", "invoice": key, "createdAt": now()}
        return Reply(201, self.intents[made])

    def _settle(self, key: str, body: Json) -> Reply:
        intent = self.intents[key]
        if intent["status"] != "paid":
            self._take(intent["invoice"], self._cents(body.get("amount", intent["amount"])))
        intent |= {"status": "paid", "paidAt": now()}
        return Reply(200, intent)

    def _take(self, key: str, amount: int) -> None:
        invoice = self.invoices[key]
        invoice["paid"] += amount
        if invoice["paid"] >= self.total(invoice):
            invoice |= {"status": "paid", "paidAt": now()}

    def _cents(self, value: Any) -> int:
        return int(value) if self.is_cents else cents(value)

    def _money(self, value: int) -> float:
        return value if self.is_cents else major(value)

    def total(self, invoice: Json) -> int:
        items = invoice.get("items", [])
        plus = sum(self._cents(item.get(name)) for item in items for name in ("amount", "fine", "interest"))
        return plus - sum(self._cents(item.get("discount")) for item in items)

    def _shown(self, key: str) -> Json:
        invoice = self.invoices[key]
        total, paid = self.total(invoice), invoice["paid"]
        mine = [intent for intent in self.intents.values() if intent["invoice"] == key]
        hidden = ("items", "paid", "autoFinalize")
        return {
            **{name: value for name, value in invoice.items() if name not in hidden},
            "amountDue": self._money(total),
            "amountPaid": self._money(paid),
            "amountRemaining": self._money(max(total - paid, 0)),
            "invoiceItems": {"url": f"/v1/invoices/{key}/invoice-items", "hasMore": False, "data": []},
            "paymentIntents": {"hasMore": False, "data": mine},
            "history": [],
            "updatedAt": now(),
            "deleted": False,
        }

    def pay(self, invoice_id: str, cents: int | None = None) -> Webhook:
        """Which events it sends and how is not documented; this is its Subscription's style [G]."""
        total = self.total(self.invoices[invoice_id])
        amount = self._money(total if cents is None else cents)
        made = self._intend(invoice_id, {"amount": amount, "method": "pix"}).body
        self._settle(made["id"], {"amount": amount})
        told = {"eventType": "invoice.updated", "data": self._shown(invoice_id)}
        return Webhook(
            json.dumps(told).encode(),
            {"Content-Type": "application/json", "Authorization": self.webhook_authorization},
        )
