"""What tests of cards do at a till: send a payer to the hosted page, pay there, post what Stripe says about it."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.test import Client
from django.urls import reverse

from businesses.models import Account
from customers.models import Customer
from invoices.models import Invoice
from payments import cards
from payments.card_connections import save_connection
from payments.models import CardConnection, PaymentIntent
from tests.payments.money import issued
from tests.stripe_server import SECRET_KEY, WEBHOOK_SECRET, Json, StripeServer, event, paid_event, signed

BACK = "https://billing.example/i/abc/"


def connect(account: Account, **fields: Any) -> CardConnection:
    """An account that takes cards through Stripe."""
    secrets = {"secret_key": SECRET_KEY, "webhook_secret": WEBHOOK_SECRET}
    return save_connection(
        CardConnection(business=account.business, account=account, **{**secrets, **fields})
    )


@dataclass
class Till:
    customer: Customer
    server: StripeServer
    account: Account = field(init=False)
    connection: CardConnection = field(init=False)

    def __post_init__(self) -> None:
        self.account = Account.objects.create(business=self.customer.business, name="Till")
        self.connection = connect(self.account)

    @property
    def address(self) -> str:
        return reverse("payments:stripe", args=[self.connection.public_id])

    def invoice(self, price: str = "100.00", **fields: Any) -> Invoice:
        return issued(self.customer, price, **{"account_id": self.account.pk, **fields})

    def start(self, invoice: Invoice, amount: int = 10000, **fields: Any) -> str:
        given = {"success_url": f"{BACK}?paid=1", "cancel_url": BACK, "language": "en", **fields}
        return cards.start(invoice, amount=amount, **given)

    def intent(self) -> PaymentIntent:
        """The newest."""
        return PaymentIntent.objects.latest("pk")

    def session(self, invoice: Invoice, amount: int = 10000, **fields: Any) -> Json:
        """A page for the invoice, as Stripe sees it."""
        page = self.start(invoice, amount, **fields)
        return self.server.sessions[page.rpartition("/")[2]]

    def paid(self, invoice: Invoice, amount: int = 10000, **fields: Any) -> Json:
        """What Stripe tells after the payer has paid there."""
        return paid_event(self.server.pay(self.session(invoice, amount, **fields)["id"]))

    def tell(self, told: Json | bytes, *, secret: str = WEBHOOK_SECRET, **headers: str) -> Any:
        """Post a webhook, signed unless `HTTP_STRIPE_SIGNATURE` says otherwise."""
        body = told if isinstance(told, bytes) else json.dumps(told).encode()
        given = {"HTTP_STRIPE_SIGNATURE": signed(body, secret), **headers}
        return Client().post(self.address, body, content_type="application/json", **given)  # type: ignore[arg-type]


def refunded(session: Json, total: int, event_id: str, *ids: str) -> Json:
    """What Stripe tells when `total` of the charge has gone back, as new API versions do unless `ids` are listed."""
    charge = {
        "payment_intent": session["payment_intent"],
        "amount_refunded": total,
        "currency": "brl",
        "metadata": session["metadata"],
        "refunds": {"data": [{"id": name} for name in ids]},
    }
    return event("charge.refunded", charge, event_id)


def dispute(session: Json, kind: str, event_id: str, status: str = "", amount: int = 10000) -> Json:
    """`kind` is created or closed."""
    thing = {
        "payment_intent": session["payment_intent"],
        "amount": amount,
        "currency": "brl",
        "status": status,
    }
    return event(f"charge.dispute.{kind}", {**thing, "reason": "fraudulent"}, event_id)
