"""An invoice as Base39 shows it. Pure: whatever it tells was read before."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.utils import timezone

from businesses.models import Account, Business, Event
from core.ids import prefixed
from customers.models import Customer
from invoices import ways
from invoices.models import Invoice, Line
from invoices.pdf import public_url
from invoices.status import Status
from payments.models import IntentStatus, Method, PaymentIntent
from providers.base39.access import payer_id
from providers.base39.codec import KEPT, TYPES, Unit, own
from providers.base39.history import history
from providers.base39.options import Options
from providers.base39.selection import Selection

METHODS: dict[str, str] = {
    Method.PIX: "pix",
    Method.BOLEPIX: "boleto",
    Method.BOLETO: "boleto",
    Method.CREDIT_CARD: "payment_method",
}
"""For charges that somebody else asked for; the others are `offline`."""

INTENT_STATUS: dict[str, str] = {
    IntentStatus.OPEN: "open",
    IntentStatus.PROCESSING: "open",
    IntentStatus.SUCCEEDED: "paid",
    IntentStatus.CANCELLED: "void",
    IntentStatus.EXPIRED: "void",
}


@dataclass(frozen=True)
class Told:
    """What an answer needs beside the invoice: its events, oldest first, and the client ids of those who acted."""

    business: Business
    options: Options
    events: Mapping[str, Sequence[Event]] = field(default_factory=dict)
    clients: Mapping[str, str] = field(default_factory=dict)


def instant(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z") if at else None


def day(at: datetime | None, business: Business) -> str | None:
    """Where the business is."""
    return business.today(at).isoformat() if at else None


def invoice(row: Invoice, told: Told, selection: Selection) -> dict[str, Any]:
    unit = Unit(row.currency, told.options.minor)
    mine = own(row.extras)
    entries = history(told.events.get(f"invoice:{row.pk}", ()), told.clients)
    return selection.pick(
        {
            "id": prefixed("inv", row.public_id),
            "status": status(row, told.options),
            "payer": _payer(row, mine, selection),
            "beneficiary": _beneficiary(row, mine, told.business, selection),
            "dueDate": row.due_on.isoformat(),
            "amountDue": unit.write(row.amount_due),
            "amountPaid": unit.write(row.amount_paid),
            "amountRemaining": unit.write(row.amount_remaining),
            "type": TYPES[row.kind],
            "purpose": mine.get("purpose", "regular"),
            "invoiceItems": items(row, unit),
            "paymentIntents": {
                "hasMore": False,
                "data": [intent(each, row, unit) for each in row.intents.all()],
            },
            "description": row.description,
            "history": [entry.told(instant(entry.at)) for entry in entries],
            "paidAt": day(row.paid_at, told.business),
            "metadata": row.metadata,
            "createdAt": instant(row.created_at),
            "updatedAt": instant(row.updated_at),
            "deleted": row.deleted_at is not None,
            "createdBy": entries[0].author if entries else None,
            "updatedBy": entries[-1].author if entries else None,
        }
    )


def is_refunded(row: Invoice) -> bool:
    """All that was paid went back and nothing is asked for any more."""
    return row.status == Status.PAID and not row.amount_paid and row.allowance_total > 0


def status(row: Invoice, options: Options) -> str:
    """Ours are Base39's own words."""
    return "refunded" if options.tells_refunds and is_refunded(row) else row.status


def _payer(row: Invoice, mine: Mapping[str, str], selection: Selection) -> str | dict[str, str]:
    """By the id that the client used, while it still means the same customer."""
    customer = row.customer
    said = mine.get("payer")
    key = said if said and said == customer.external_id else payer_id(customer)
    return _person(key, customer) if "payer" in selection.expand else key


def _person(key: str, customer: Customer) -> dict[str, str]:
    return {
        "id": key,
        "name": customer.name,
        "legalName": customer.legal_name,
        "document": customer.tax_id,
        "email": customer.email,
        "phone": customer.phone,
        "externalId": customer.external_id,
    }


def _beneficiary(
    row: Invoice, mine: Mapping[str, str], business: Business, selection: Selection
) -> str | dict[str, str]:
    """The business, or the account when it is not the usual one; by the id that the client used."""
    account: Account | None = row.account
    fund = prefixed("fund", business.public_id)
    ids = {account.external_id, prefixed("fund", account.public_id)} if account else set()
    usual = account is None or account.is_default
    said = mine.get("beneficiary")
    key = said if said and said in ids | ({fund} if usual else set()) else ""
    if not key:
        key = fund if account is None or usual else prefixed("fund", account.public_id)
    if "beneficiary" not in selection.expand:
        return key
    return {
        "id": key,
        "name": account.name if account and key != fund else business.name,
        "legalName": business.legal_name,
        "document": business.tax_id,
        "email": business.email,
        "phone": business.phone,
        "externalId": account.external_id if account else "",
    }


def items(row: Invoice, unit: Unit) -> dict[str, Any]:
    return {
        "url": f"/v1/invoices/{prefixed('inv', row.public_id)}/invoice-items",
        "hasMore": False,
        "data": [item(line, row, unit) for line in row.lines.all()],
    }


def item(line: Line, row: Invoice, unit: Unit, *, deleted: bool = False) -> dict[str, Any]:
    """A line of another origin is an item with its taxes in the amount. Lines have no dates of their own."""
    mine = own(line.extras)
    kept: dict[str, Any] = {"installment": None, "purposeKey": None, "description": line.name, "metadata": {}}
    kept |= {name: mine[name] for name in KEPT if name in mine}
    return {
        "id": prefixed("item", line.public_id),
        "invoice": prefixed("inv", row.public_id),
        "amount": unit.write(line.total + line.discount),
        "discount": unit.write(line.discount),
        "fine": unit.write(mine.get("fine", 0)),
        "interest": unit.write(mine.get("interest", 0)),
        **kept,
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
        "deleted": deleted,
    }


def intent(row: PaymentIntent, invoice: Invoice, unit: Unit) -> dict[str, Any]:
    mine = own(row.extras)
    attempts = list(row.attempts.all())
    method = mine.get("method") or METHODS.get(row.method, "offline")
    data = {**mine.get("methodData", {}), **_method_data(row, invoice), "type": method}
    return {
        "id": prefixed("pi", row.public_id),
        "invoice": prefixed("inv", invoice.public_id),
        "status": "void" if _is_late(row) else INTENT_STATUS[row.status],
        "amount": unit.write(row.amount),
        "paymentDetails": _payment_details(row, mine, attempts, unit, invoice.business),
        "method": method,
        "methodData": {**data, "events": _events(attempts)},
        "metadata": mine.get("metadata", {}),
        "expireAt": day(row.expires_at, invoice.business),
        "createdAt": instant(row.created_at),
        "updatedAt": instant(row.updated_at),
    }


def _is_late(row: PaymentIntent) -> bool:
    """Nobody has begun to pay in time, whether or not that has been noted yet."""
    return row.status == IntentStatus.OPEN and bool(row.expires_at and row.expires_at <= timezone.now())


def _payment_details(
    row: PaymentIntent, mine: Mapping[str, Any], attempts: Sequence[Any], unit: Unit, business: Business
) -> dict[str, Any] | None:
    paid_at = next((attempt.at for attempt in attempts if attempt.succeeded), row.updated_at)
    if row.status != IntentStatus.SUCCEEDED:
        return None
    return {
        "paidAt": day(paid_at, business),
        "amountPaid": unit.write(mine.get("paid", row.amount)),
        "metadata": mine.get("paymentMetadata", {}),
    }


def _events(attempts: Sequence[Any]) -> list[dict[str, Any]]:
    return [
        {
            "type": "payment.succeeded" if attempt.succeeded else "payment.failed",
            "createdAt": instant(attempt.at),
            "externalId": attempt.external_id or None,
            "error": attempt.error or None,
        }
        for attempt in attempts
    ]


def _method_data(row: PaymentIntent, invoice: Invoice) -> dict[str, Any]:
    """What pays, as long as it is to be paid."""
    data: dict[str, Any] = {"externalId": row.external_id or row.public_id}
    if row.status != IntentStatus.OPEN or _is_late(row):
        return data
    page = public_url(invoice.token)
    if row.method == Method.PIX and (code := ways.pix_code(invoice, row.amount, row.part)):
        return {**data, "qrCode": code, "url": page}
    if row.method == Method.BOLETO:
        return {**data, **_slip(row, invoice, page)}
    return data


def _slip(row: PaymentIntent, invoice: Invoice, page: str) -> dict[str, Any]:
    """Our boletos are for an invoice or one part of its schedule, so only a charge of such an amount has one."""
    slip = next((slip for slip in ways.slips(invoice) if slip.amount == row.amount), None)
    if slip is None:
        return {}
    return {
        "provider": "test_only" if slip.is_sample else "default",
        "typeableLine": slip.line,
        "barcode": slip.barcode,
        "ourNumber": slip.our_number,
        "ourNumberRaw": "".join(filter(str.isdigit, slip.our_number)),
        "customer": payer_id(invoice.customer),
        "url": page,
    }
