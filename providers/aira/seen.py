"""What Aira says of an invoice, in our words: today's shape, and payments where it shows them. Pure."""

from collections.abc import Iterator, Mapping
from typing import Any

from core.money import MAX_MINOR
from payments.models import Method
from providers.connector import Learned, Seen, SeenPayment, Standing
from providers.objects import dict_of, instant_of, list_of, text_of

STANDING: dict[str, Standing] = {
    "open": Standing.DRAFT,
    "in_review": Standing.DRAFT,
    "issued": Standing.OPEN,
    "synced": Standing.OPEN,
    "pending": Standing.OPEN,
    "overdue": Standing.OVERDUE,
    "paid": Standing.PAID,
    "canceled": Standing.VOID,
}
"""`failed` is none of ours: its word is shown."""
OWED = (Standing.OPEN, Standing.OVERDUE)


def invoice_in(body: Mapping[str, Any]) -> dict[str, Any]:
    """The invoice of an answer that wraps it, with the payments that may stand beside it."""
    inner = body.get("invoice")
    if not isinstance(inner, dict):
        return dict(body)
    return {"payments": body.get("payments"), **inner}


def seen(body: Mapping[str, Any]) -> Seen:
    """Raises CallFailed for what is no invoice."""
    row = invoice_in(body)
    word, number = text_of(row, "status"), row.get("invoiceNumber")
    payments = tuple(_payments(row))
    paid = sum(payment.amount for payment in payments)
    standing = STANDING.get(word, Standing.UNKNOWN)
    return Seen(
        text_of(row, "id"),
        Standing.PARTIALLY_PAID if paid and standing in OWED else standing,
        word,
        number=number if isinstance(number, str) else "",
        total=amount_of(row.get("totalAmount")),
        paid=paid if isinstance(row.get("payments"), list) else None,
        payments=payments,
    )


def learned(found: Seen) -> Learned:
    return Learned(
        found.id,
        found.number or None,
        standing=found.standing,
        word=found.word,
        total=found.total,
        paid=found.paid,
    )


def amount_of(value: Any) -> int | None:
    """Centavos; None for what is no amount."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MAX_MINOR:
        return None
    return round(value)


def _payments(row: Mapping[str, Any]) -> Iterator[SeenPayment]:
    for payment in map(dict_of, list_of(row.get("payments"))):
        got = amount_of(payment.get("amount"))
        if payment.get("status") != "paid" or not got:
            continue
        said = str(payment.get("paymentMethod"))
        method = said if said in Method else Method.OTHER
        yield SeenPayment(text_of(payment, "id"), got, method, instant_of(payment.get("processedAt")))


def lines_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The line items, those of all groups and those of none."""
    invoice = invoice_in(body)
    places = [invoice, *map(dict_of, list_of(invoice.get("lineItemGroups")))]
    return [dict_of(line) for place in places for line in list_of(place.get("lineItems"))]
