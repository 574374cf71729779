"""Aira of today ("era C"), pretending: an invoice is created once for each idempotencyKey of its body."""

import json
import uuid

from tests.simulator.provider import Call, Json, Provider, Reply, Webhook, now

UNKNOWN = Reply(404, {"code": "not_found", "message": "Not found."})


class Aira(Provider):
    """What it answers to a repeated key is not documented: this one, like most, 200 and the invoice there is [G]."""

    name = "aira"
    creating = "POST /v1/invoices/"
    webhook_token = "a token of aira"
    credentials = {
        "api_key": "a key of aira",
        "payment_account": "an account at aira",
        "webhook_token": webhook_token,
    }

    def __init__(self) -> None:
        super().__init__()
        self.customers: dict[str, Json] = {}
        self.by_key: dict[str, str] = {}

    def answer(self, call: Call) -> Reply:
        if call.headers.get("x-api-key") != self.credentials["api_key"]:
            return Reply(401, {"code": "unauthorized", "message": "Unauthorized"})
        kind, *rest = call.parts[1:] or [""]
        if kind == "customers":
            return self._customer(call, rest)
        if kind != "invoices":
            return UNKNOWN
        if call.method == "GET":
            return self._read(call, rest)
        return self._write(call, rest)

    def _customer(self, call: Call, rest: list[str]) -> Reply:
        if call.method == "GET":
            return self._customers(call, rest)
        body = call.json()
        same = [row for row in self.customers.values() if row.get("externalId") == body.get("externalId")]
        if same and not rest:
            return Reply(409, {"code": "conflict", "message": "externalId already exists."})
        key = rest[0] if rest else str(uuid.uuid4())
        self.customers[key] = {**self.customers.get(key, {}), **body, "id": key}
        return Reply(200 if rest else 201, self.customers[key])

    def _customers(self, call: Call, rest: list[str]) -> Reply:
        rows = list(self.customers.values())
        if rest:
            found = [row for row in rows if rest[-1] in (row["id"], row.get("externalId"))]
            return Reply(200, found[0]) if found else UNKNOWN
        if wanted := call.query.get("externalId") or call.query.get("externalIds"):
            rows = [row for row in rows if row.get("externalId") == wanted]
        return Reply(200, {"items": rows[:100], "hasMore": len(rows) > 100})

    def _read(self, call: Call, rest: list[str]) -> Reply:
        if rest:
            return Reply(200, {"invoice": self._shown(rest[0])}) if rest[0] in self.invoices else UNKNOWN
        start, size = int(call.query.get("offset", 0)), int(call.query.get("limit", 100))
        rows = [self._shown(key) for key in reversed(self.invoices)]
        return Reply(200, {"items": rows[start : start + size], "hasMore": len(rows) > start + size})

    def _write(self, call: Call, rest: list[str]) -> Reply:
        body = call.json()
        if not rest:
            return self._create(body)
        if rest[0] not in self.invoices:
            return UNKNOWN
        invoice = self.invoices[rest[0]]
        if rest[1:] == ["cancel"]:
            invoice["status"] = "canceled"
            return Reply(200, {"invoice": self._shown(rest[0])})
        if rest[1:2] == ["line-item-groups"]:
            group = {**body, "id": str(uuid.uuid4())}
            invoice["groups"].append(group)
            return Reply(201, group)
        if rest[1:2] == ["line-items"]:
            return self._line(invoice, body, rest[2:])
        return UNKNOWN

    def _line(self, invoice: Json, body: Json, rest: list[str]) -> Reply:
        """A line that is added twice counts twice: here there is no key."""
        if rest:
            mine = next((line for line in invoice["lines"] if line["id"] == rest[0]), None)
            if mine is None:
                return UNKNOWN
            mine |= body
            return Reply(200, mine)
        line = {**body, "id": str(uuid.uuid4())}
        invoice["lines"].append(line)
        return Reply(201, line)

    def _create(self, body: Json) -> Reply:
        key = body.get("idempotencyKey", "")
        if key in self.by_key:
            return Reply(200, {"invoice": self._shown(self.by_key[key])})
        if bool(body.get("customerId")) == bool(body.get("externalCustomerId")):
            message = "Exactly one of customerId and externalCustomerId."
            return Reply(400, {"code": "invalid", "message": message})
        made = str(uuid.uuid4())
        number = f"AIRA-{next(self.serial):05}"
        self.invoices[made] = {
            **body,
            "id": made,
            "invoiceNumber": number,
            "status": "open",
            "lines": [],
            "groups": [],
            "createdAt": now(),
        }
        if key:
            self.by_key[key] = made
        return Reply(201, {"invoice": self._shown(made)})

    def total(self, invoice: Json) -> int:
        return sum(int(line.get("amount") or 0) for line in invoice["lines"])

    def _shown(self, key: str) -> Json:
        invoice = self.invoices[key]
        total = self.total(invoice)
        groups = [
            {**group, "lineItems": [line for line in invoice["lines"] if _group(line) == group["id"]]}
            for group in invoice["groups"]
        ]
        loose = [line for line in invoice["lines"] if not _group(line)]
        hidden = ("lines", "groups")
        return {
            **{name: value for name, value in invoice.items() if name not in hidden},
            "customer": {"id": invoice.get("customerId"), "externalId": invoice.get("externalCustomerId")},
            "source": "one_off",
            "subtotalAmount": total,
            "totalAmount": total,
            "adjustmentAmount": 0,
            "discountAmount": 0,
            "amountDue": 0 if invoice["status"] == "paid" else total,
            "isLocked": False,
            "lineItemGroups": groups,
            "lineItems": loose,
        }

    def pay(self, invoice_id: str, cents: int | None = None) -> Webhook:
        invoice = self.invoices[invoice_id]
        before, invoice["status"] = invoice["status"], "paid"
        payment = {
            "id": str(uuid.uuid4()),
            "status": "paid",
            "method": "bolepix",
            "amount": self.total(invoice) if cents is None else cents,
            "paidAt": now(),
        }
        history = [{"id": str(uuid.uuid4()), "previousStatus": before, "newStatus": "paid"}]
        payload = {
            "payment": payment,
            "paymentStatusHistory": history,
            "invoice": self._shown(invoice_id),
        }
        told = {"id": str(uuid.uuid4()), "event": "payment.status-updated", "payload": payload}
        return Webhook(
            json.dumps(told).encode(),
            {"Content-Type": "application/json", "X-Webhook-Token": self.webhook_token},
        )


def _group(line: Json) -> str:
    return str(line.get("lineItemGroupId") or line.get("groupId") or "")
