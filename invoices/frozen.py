"""What an issued invoice may never change, as one value with a digest; and the copies of both parties in it."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from businesses.models import Account, Business
from customers.models import Customer
from invoices.models import Charge, Invoice, Line, LineTax

MUTABLE = {
    "version",
    "status",
    "amount_paid",
    "credit_total",
    "allowance_total",
    "surcharge_total",
    "amount_processing",
    "content_digest",
    "paid_at",
    "voided_at",
    "uncollectible_at",
    "updated_at",
    "token",
    "token_revoked_at",
    "name",
    "metadata",
    "extras",
}
FIXED = [field.attname for field in Invoice._meta.concrete_fields if field.attname not in MUTABLE]
LINE = [field.attname for field in Line._meta.concrete_fields if field.attname not in {"price_id", "extras"}]
TAX = [field.attname for field in LineTax._meta.concrete_fields if field.attname not in {"tax_id", "extras"}]
CHARGE = [field.attname for field in Charge._meta.concrete_fields if field.attname != "extras"]
LATER: dict[str, Any] = {"payment_terms": {}, "our_number": None, "card_instalments": 1, "revision": 1}
"""Columns younger than the first digests: one that says nothing is left out, so that those still hold."""
ACCOUNT = ["name", "bank", "branch", "number", "pix_key", "iban", "bank_code", "wallet", "agreement"]

Values = dict[str, Any]


def issuer(business: Business, account: Account | None) -> dict[str, Any]:
    """The business as it is now, for printing."""
    return {
        "name": business.name,
        "legal_name": business.legal_name,
        "tax_id": business.tax_id,
        "tax_id_kind": business.tax_id_kind,
        "address": business.address().as_dict(),
        "email": business.email,
        "phone": business.phone,
        "website": business.website,
        "logo": business.logo,
        "accent": business.accent,
        "time_zone": business.time_zone,
        "account": {name: getattr(account, name) for name in ACCOUNT} if account else {},
    }


def payer(customer: Customer) -> dict[str, Any]:
    """The customer as it is now, for printing."""
    return {
        "name": customer.name,
        "legal_name": customer.legal_name,
        "tax_id": customer.tax_id,
        "tax_id_kind": customer.tax_id_kind,
        "address": customer.address().as_dict(),
        "emails": customer.emails,
        "phone": customer.phone,
    }


def contents(invoice: Invoice) -> tuple[list[Values], list[Values], list[Values]]:
    """Lines, taxes and charges as they stand, in order, with the columns that never change again."""
    lines = invoice.lines.order_by("position", "pk").values(*LINE)
    taxes = (
        LineTax.objects.filter(line__invoice=invoice).order_by("line__position", "line", "pk").values(*TAX)
    )
    charges = invoice.charges.order_by("position", "pk").values(*CHARGE)
    return list(lines), list(taxes), list(charges)


def picked(row: models.Model, names: Iterable[str]) -> Values:
    """The same columns from a row that is read already."""
    return {name: getattr(row, name) for name in names}


def digest_of(row: Values, lines: list[Values], taxes: list[Values], charges: list[Values]) -> str:
    """The same from values in hand: the columns named above, as the database gives them back."""
    row = {name: value for name, value in row.items() if name not in LATER or value != LATER[name]}
    body = json.dumps([row, lines, taxes, charges], cls=DjangoJSONEncoder, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(body.encode()).hexdigest()
