"""What our own API and its webhooks say of a row: one form for both, so that whoever reads one reads the other."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal
from typing import Any

from customers.models import AddressKind, Customer
from invoices.models import Invoice
from invoices.pdf import public_url
from invoices.status import Status
from notifications.models import WebhookEndpoint
from payments.models import CreditNote, Payment
from products.models import Price, Product, Tax

ADDRESSES = {"address": AddressKind.BILLING, "delivery_address": AddressKind.DELIVERY}
INVOICE = (
    "status", "number", "version", "revision", "external_id", "kind", "name", "currency", "live_mode", "issue_on",
    "due_on", "total", "amount_due", "amount_paid", "amount_remaining", "amount_processing", "finalized_at", "paid_at",
    "voided_at", "uncollectible_at", "created_at", "updated_at", "metadata",
)  # fmt: skip
"""The columns of an invoice that a webhook tells; lines and texts are left for who asks."""
CUSTOMER = (
    "name", "kind", "legal_name", "tax_id", "tax_id_kind", "email", "more_emails", "phone", "language", "code",
    "external_id", "notes", "metadata", "created_at", "updated_at",
)  # fmt: skip
PAYMENT = (
    "source", "external_id", "method", "currency", "amount", "fee", "net", "tip", "applied", "refunded", "unapplied",
    "refundable", "paid_at", "paid_on", "disputed_at", "payer_name", "payer_tax_id", "note", "created_at", "updated_at",
)  # fmt: skip
SHARE = ("part", "on", "amount", "principal", "fine", "interest", "discount", "write_off")
BACK = ("kind", "amount", "on", "method", "reason", "external_id")
NOTE = ("number", "on", "reason", "currency", "total", "reduces", "gives_back", "created_at")
PRODUCT = ("name", "description", "sku", "unit", "active", "external_id", "metadata")
PRICE = ("name", "currency", "kind", "interval", "interval_count", "external_id")
TAX = (
    "name", "fixed", "inclusive", "compound", "withheld", "order", "active", "external_id", "created_at", "updated_at",
)  # fmt: skip
OURS = {"customer_id", "account_id", "business_id", "product_id", "price_id", "cloned_from_id"}
"""Changes of columns that hold our own keys, which nobody else can look up."""
Told = dict[str, Any]


def number(value: Decimal) -> str:
    """A decimal without needless zeros: 1, 0.5, 1200."""
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _same(row: Any, names: Collection[str]) -> Told:
    return {"id": row.public_id, **{name: getattr(row, name) for name in names}}


def invoice(row: Invoice) -> Told:
    """What it is and what is due; the row comes with its business and its customer."""
    is_public = row.status != Status.DRAFT and row.token_revoked_at is None
    return {
        **_same(row, INVOICE),
        "situation": row.situation(row.business.today()),
        "customer": row.customer.public_id,
        "url": public_url(row.token) if is_public else None,
    }


def customer(row: Customer) -> Told:
    """The row comes with its addresses."""
    addresses = {address.kind: address.address().as_dict() for address in row.addresses.all()}
    return {**_same(row, CUSTOMER), **{name: addresses.get(kind) for name, kind in ADDRESSES.items()}}


def payment(row: Payment) -> Told:
    """The row comes with customer, account, allocations and refunds."""
    return {
        **_same(row, PAYMENT),
        "customer": row.customer.public_id if row.customer else None,
        "account": row.account.public_id if row.account else None,
        "allocations": [
            {"invoice": share.invoice.public_id, **{name: getattr(share, name) for name in SHARE}}
            for share in row.allocations.all()
        ],
        "refunds": [_same(back, BACK) for back in row.refunds.all()],
    }


def credit_note(row: CreditNote) -> Told:
    """The row comes with its invoice and lines."""
    lines = [
        {"line": item.line.public_id if item.line else None, "name": item.name, "amount": item.amount}
        for item in row.lines.all()
    ]
    return {**_same(row, NOTE), "invoice": row.invoice.public_id, "lines": lines}


def product(row: Product, *, whole_taxes: bool = False) -> Told:
    """The row comes with its taxes and prices."""
    return {
        **_same(row, PRODUCT),
        "taxes": [tax(each) if whole_taxes else each.public_id for each in row.taxes.all()],
        "prices": [price(each) for each in row.prices.all()],
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def price(row: Price) -> Told:
    return {**_same(row, PRICE), "unit_price": number(row.unit_price)}


def tax(row: Tax) -> Told:
    return {**_same(row, TAX), "percent": number(row.percent)}


def webhook(row: WebhookEndpoint) -> Told:
    return {"id": row.public_id, "name": row.name}


def details(data: Mapping[str, Any]) -> Told:
    """What an event carries, without our own keys."""
    changes = data.get("changes")
    if not isinstance(changes, dict):
        return dict(data)
    return {**data, "changes": {name: pair for name, pair in changes.items() if name not in OURS}}


Keys = Collection[int]
Read = Callable[[Keys], Mapping[int, Told]]


def _invoices(keys: Keys) -> Mapping[int, Told]:
    rows = Invoice.objects.filter(pk__in=keys).select_related("business", "customer")
    return {row.pk: invoice(row) for row in rows}


def _customers(keys: Keys) -> Mapping[int, Told]:
    rows = Customer.objects.filter(pk__in=keys).prefetch_related("addresses")
    return {row.pk: customer(row) for row in rows}


def _payments(keys: Keys) -> Mapping[int, Told]:
    rows = Payment.objects.filter(pk__in=keys).select_related("customer", "account")
    return {row.pk: payment(row) for row in rows.prefetch_related("allocations__invoice", "refunds")}


def _credit_notes(keys: Keys) -> Mapping[int, Told]:
    rows = CreditNote.objects.filter(pk__in=keys).select_related("invoice").prefetch_related("lines__line")
    return {row.pk: credit_note(row) for row in rows}


def _products(keys: Keys) -> Mapping[int, Told]:
    rows = Product.objects.filter(pk__in=keys).prefetch_related("taxes", "prices")
    return {row.pk: product(row) for row in rows}


def _taxes(keys: Keys) -> Mapping[int, Told]:
    return {row.pk: tax(row) for row in Tax.objects.filter(pk__in=keys)}


def _webhooks(keys: Keys) -> Mapping[int, Told]:
    rows = WebhookEndpoint.objects.filter(pk__in=keys).only("public_id", "name")
    return {row.pk: webhook(row) for row in rows}


SUBJECTS: Mapping[str, tuple[str, Read]] = {
    "invoice": ("invoice", _invoices),
    "payment": ("payment", _payments),
    "creditnote": ("credit_note", _credit_notes),
    "customer": ("customer", _customers),
    "product": ("product", _products),
    "tax": ("tax", _taxes),
    "webhookendpoint": ("webhook", _webhooks),
}
"""The word before the colon of an event's subject → its type for others, and how many of it are read at once."""
