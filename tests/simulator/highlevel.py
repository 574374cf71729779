"""HighLevel, pretending: it knows no idempotency key, so an invoice that is posted twice is there twice."""

import base64
import json
import secrets
import string
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.simulator.provider import Call, Json, Provider, Reply, Webhook, cents, major, now

LETTERS = string.ascii_letters + string.digits
MISSING = Reply(404, {"statusCode": 404, "message": "Invoice not found"})
REQUIRED = "altId altType name businessDetails currency items discount contactDetails issueDate sentTo liveMode".split()


class HighLevel(Provider):
    """Of one location. Its webhooks are signed with a key of its own; `public_key` (PEM) verifies them."""

    name = "highlevel"
    creating = "POST /invoices/"
    location = "ve9EPM428h8vShlRW1KT"
    credentials = {
        "access_token": "pit-a-token-of-highlevel",
        "location_id": location,
        "user_id": "6578278e879ad2646715ba9c",
    }

    def __init__(self) -> None:
        super().__init__()
        self.contacts: dict[str, Json] = {}
        self.records: dict[str, list[Json]] = {}
        self.tokens.add(self.credentials["access_token"])
        self._private = Ed25519PrivateKey.generate()
        self.credentials = {**self.credentials, "webhook_key": self.public_key}

    @property
    def public_key(self) -> str:
        return (
            self._private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        )

    def answer(self, call: Call) -> Reply:
        if call.path == "/oauth/token":
            return self._token(call)
        if not self.is_let_in(call):
            message = "Invalid token: access token is invalid"
            return Reply(401, {"statusCode": 401, "message": message, "error": "Unauthorized"})
        if call.parts[:1] == ["contacts"]:
            return self._contact(call)
        if call.parts[:1] == ["locations"]:
            return Reply(200, {"location": {"id": call.parts[1], "name": "Padaria"}})
        if call.parts[:1] != ["invoices"]:
            return MISSING
        return self._read(call) if call.method == "GET" else self._write(call)

    def _token(self, call: Call) -> Reply:
        """A refresh token is good for one exchange."""
        given = call.form()
        self.tokens.discard(given.get("refresh_token", ""))
        answer = {
            "access_token": self.new_token(),
            "refresh_token": secrets.token_urlsafe(16),
            "expires_in": 86399,
            "token_type": "Bearer",
            "userType": "Location",
            "locationId": self.location,
            "scope": "invoices.write invoices.readonly contacts.write",
        }
        return Reply(200, answer)

    def _contact(self, call: Call) -> Reply:
        """The same e-mail or telephone is the same contact."""
        body = call.json()
        if call.method == "GET":
            return Reply(200, {"contacts": list(self.contacts.values()), "total": len(self.contacts)})
        for contact in self.contacts.values():
            if any(body.get(name) and body[name] == contact.get(name) for name in ("email", "phone")):
                contact |= body
                return Reply(200, {"new": False, "contact": contact})
        made = "".join(secrets.choice(LETTERS) for _ in range(20))
        self.contacts[made] = {**body, "id": made}
        return Reply(201, {"new": True, "contact": self.contacts[made]})

    def _read(self, call: Call) -> Reply:
        rest = call.parts[1:]
        if call.query.get("altId") != self.location:
            return self._unprocessable(["altId must be a location of this token"])
        if rest == ["generate-invoice-number"]:
            return Reply(200, {"invoiceNumber": f"{next(self.serial):06}"})
        if rest:
            return Reply(200, self._shown(rest[0])) if rest[0] in self.invoices else MISSING
        if not call.query.get("limit") or call.query.get("offset") is None:
            return self._unprocessable(["limit must be a string", "offset must be a string"])
        return self._list(call)

    def _list(self, call: Call) -> Reply:
        """`search` looks at id, name, e-mail and telephone; not at the number."""
        rows = [self._shown(key) for key in reversed(self.invoices)]
        if search := call.query.get("search", "").casefold():
            rows = [row for row in rows if search in _searched(row)]
        if wanted := call.query.get("contactId"):
            rows = [row for row in rows if row["contactDetails"].get("id") == wanted]
        if wanted := call.query.get("status"):
            rows = [row for row in rows if row["status"] == wanted]
        start, size = int(call.query["offset"]), int(call.query["limit"])
        return Reply(200, {"invoices": rows[start : start + size], "total": len(rows)})

    def _write(self, call: Call) -> Reply:
        body, rest = call.json(), call.parts[1:]
        if not rest and call.method == "POST":
            return self._create(body)
        if not rest or rest[0] not in self.invoices:
            return MISSING
        invoice = self.invoices[rest[0]]
        match rest[1:]:
            case ["send"]:
                if invoice["status"] == "draft":
                    invoice["status"] = "sent"
                return Reply(201, {"invoice": self._shown(rest[0]), "smsData": {}, "emailData": {}})
            case ["void"]:
                invoice["status"] = "void"
                return Reply(201, self._shown(rest[0]))
            case ["record-payment"]:
                due = self.total(invoice) - invoice["paid"]
                self._take(invoice, cents(body["amount"]) if "amount" in body else due, body)
                return Reply(201, {"success": True, "invoice": self._shown(rest[0])})
        return MISSING

    def _create(self, body: Json) -> Reply:
        missing = [name for name in REQUIRED if name not in body]
        contact = body.get("contactDetails") or {}
        missing += [
            f"contactDetails.{name}" for name in ("id", "name", "phoneNo", "email") if name not in contact
        ]
        if missing:
            return self._unprocessable([f"{name} should not be empty" for name in missing])
        if body["altId"] != self.location:
            return Reply(
                403, {"statusCode": 403, "message": "The token does not have access to this location."}
            )
        key = secrets.token_hex(12)
        number = str(body.get("invoiceNumber") or f"{next(self.serial):06}")
        made = {**body, "_id": key, "status": "draft", "paid": 0, "invoiceNumber": number, "createdAt": now()}
        self.invoices[key] = made
        return Reply(201, self._shown(key))

    def _take(self, invoice: Json, amount: int, how: Json) -> None:
        invoice["paid"] += amount
        self.records.setdefault(invoice["_id"], []).append({**how, "cents": amount})
        invoice["status"] = "paid" if invoice["paid"] >= self.total(invoice) else "partially_paid"

    def _unprocessable(self, messages: list[str]) -> Reply:
        return Reply(422, {"statusCode": 422, "message": messages, "error": "Unprocessable Entity"})

    def total(self, invoice: Json) -> int:
        """Each line with its exclusive taxes, rounded; less the discount of the whole."""
        subtotal = tax = 0
        for item in invoice["items"]:
            line = cents(float(item["amount"]) * float(item["qty"]))
            subtotal += line
            rates = [row["rate"] for row in item.get("taxes", []) if not item.get("taxInclusive")]
            tax += sum(cents(line / 100 * float(rate) / 100) for rate in rates)
        return subtotal + tax - self._discount(invoice, subtotal)

    def _discount(self, invoice: Json, subtotal: int) -> int:
        discount = invoice.get("discount") or {}
        value = discount.get("value") or 0
        if discount.get("type") == "percentage":
            return cents(subtotal / 100 * float(value) / 100)
        return cents(value)

    def _shown(self, key: str) -> Json:
        invoice = self.invoices[key]
        total, paid = self.total(invoice), invoice["paid"]
        rest = {name: value for name, value in invoice.items() if name not in ("items", "paid")}
        return {
            "title": "INVOICE",
            "dueDate": invoice["issueDate"],
            **rest,
            "invoiceItems": invoice["items"],
            "total": major(total),
            "amountPaid": major(paid),
            "amountDue": major(max(total - paid, 0)),
            "totalSummary": {"subTotal": major(total), "discount": 0, "tax": 0},
            "updatedAt": now(),
        }

    def pay(self, invoice_id: str, cents: int | None = None) -> Webhook:
        invoice = self.invoices[invoice_id]
        self._take(
            invoice, self.total(invoice) - invoice["paid"] if cents is None else cents, {"mode": "card"}
        )
        kind = "InvoicePaid" if invoice["status"] == "paid" else "InvoicePartiallyPaid"
        envelope = {
            "type": kind,
            "locationId": self.location,
            "timestamp": now(),
            "webhookId": secrets.token_hex(16),
        }
        body = json.dumps({**self._shown(invoice_id), **envelope}).encode()
        signature = base64.b64encode(self._private.sign(body)).decode()
        return Webhook(body, {"Content-Type": "application/json", "X-GHL-Signature": signature})


def _searched(row: Json) -> str:
    contact: dict[str, Any] = row["contactDetails"]
    found = (row["_id"], row["name"], contact.get("name"), contact.get("email"), contact.get("phoneNo"))
    return " ".join(str(value or "") for value in found).casefold()
