"""FatoriPay, pretending: no key, and `ref` is not unique, so each create is another invoice."""

import secrets
import string
import uuid
from typing import Any
from urllib.parse import urlencode

from tests.simulator.provider import Call, Json, Provider, Reply, Webhook, cents, now

LETTERS = string.ascii_letters + string.digits
UNKNOWN = Reply(404, {"message": "Not found."})
UNAUTHORIZED = Reply(401, {"message": "Unauthenticated."})


class FatoriPay(Provider):
    name = "fatoripay"
    creating = "POST /invoices/create"
    credentials = {
        "client_id": "a-client-of-fatoripay",
        "client_secret": "a secret of fatoripay",
        "username": "contas@padaria.example",
    }

    def answer(self, call: Call) -> Reply:
        secret = self.credentials["client_secret"]
        if call.path in ("/auth/login", "/auth/refresh"):
            if call.headers.get("client-secret") != secret:
                return UNAUTHORIZED
            return Reply(200, {"access_token": self.new_token(), "token_type": "bearer", "expires_in": 3600})
        if not self.is_let_in(call):
            return UNAUTHORIZED
        if call.parts[:1] != ["invoices"]:
            return UNKNOWN
        return self._read(call) if call.method == "GET" else self._write(call)

    def _read(self, call: Call) -> Reply:
        """All of them in one bare array: no paging was seen."""
        rest = call.parts[1:]
        if rest:
            return Reply(200, self._shown(rest[-1])) if rest[-1] in self.invoices else UNKNOWN
        return Reply(200, [self._shown(key) for key in reversed(self.invoices)])

    def _write(self, call: Call) -> Reply:
        body = call.json()
        match call.parts[1:]:
            case ["create"]:
                return self._create(body)
            case ["capture", key] if key in self.invoices:
                return self._capture(key, body)
            case ["cancel", key] | [key, "cancel"] if key in self.invoices:
                self.invoices[key]["status"] = "canceled"
                return Reply(200, self._shown(key))
        return UNKNOWN

    def _create(self, body: Json) -> Reply:
        missing = [name for name in ("ref", "customer", "items", "due_date") if not body.get(name)]
        if missing:
            errors = {name: ["This field is required."] for name in missing}
            return Reply(422, {"message": "The given data was invalid.", "errors": errors})
        key = str(uuid.uuid4())
        token = "".join(secrets.choice(LETTERS) for _ in range(30))
        self.invoices[key] = {**body, "id": key, "token": token, "status": "unpaid", "created_at": now()}
        return Reply(200, self._shown(key))

    def _capture(self, key: str, body: Json) -> Reply:
        method = body.get("method")
        transaction = {"id": str(uuid.uuid4()), "qrcode": "00020126", "line": "23793.38128"}
        payment = {"id": str(uuid.uuid4()), "status": "pending", "method": method, "transaction": transaction}
        self.invoices[key]["payment"] = {
            **payment,
            "interest_amount": "0",
            "fee_amount": "0",
            "paid_at": None,
        }
        if method == "boleto":
            self.invoices[key]["status"] = "processing"
        return Reply(200, self._shown(key))

    def total(self, invoice: Json) -> int:
        """The three ways of writing money: all prices whole numbers are cents, else they are reais."""
        items = invoice["items"]
        is_cents = all(isinstance(item["price"], int) for item in items)
        lines = sum(_cents(item["price"], is_cents) * int(item.get("quantity") or 1) for item in items)
        extra = _cents(invoice.get("tax_amount"), is_cents) - _cents(invoice.get("discount_amount"), is_cents)
        shipping = invoice.get("shipping") or {}
        price = shipping.get("price") or shipping.get("amount") if isinstance(shipping, dict) else 0
        return lines + extra + _cents(price, is_cents)

    def _shown(self, key: str) -> Json:
        invoice = self.invoices[key]
        total = self.total(invoice)
        hidden = ("token", "installments_min", "installments_max")
        payment = invoice.get("payment")
        if payment:
            payment = {**payment, "total_amount": _text(total)}
        return {
            "shipping": None,
            "paid_at": None,
            "notification_url": None,
            **{name: value for name, value in invoice.items() if name not in hidden},
            "subtotal_amount": _text(total),
            "total_amount": _text(total),
            "link_token": invoice["token"],
            "link": f"https://pay.fatoripay.example/{invoice['token']}",
            "payment": payment,
            "notifications": [],
        }

    def pay(self, invoice_id: str, cents: int | None = None) -> Webhook:
        """One payment, of all of it; the notification is a form and says nothing that could be believed."""
        invoice = self.invoices[invoice_id]
        payment = invoice.get("payment") or {"id": str(uuid.uuid4()), "method": "pix", "fee_amount": "0"}
        invoice |= {
            "status": "paid",
            "paid_at": now(),
            "payment": {**payment, "status": "paid", "paid_at": now()},
        }
        told = {"invoice_id": invoice_id, "ref": invoice["ref"], "new_status": "paid"}
        return Webhook(urlencode(told).encode(), {"Content-Type": "application/x-www-form-urlencoded"})


def _cents(value: Any, is_cents: bool) -> int:
    return int(value or 0) if is_cents else cents(value)


def _text(value: int) -> str:
    return f"{value // 100}.{value % 100:02}"
