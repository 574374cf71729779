"""What Base39 says of an invoice, in our words. Pure."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from core.money import MAX_MINOR, exponent
from payments.models import Method
from providers.base39.codec import Unit
from providers.connector import Learned, Seen, SeenPayment, Standing
from providers.objects import dict_of, instant_of, list_of, text_of

STANDING: dict[str, Standing] = {
    "draft": Standing.DRAFT,
    "open": Standing.OPEN,
    "paid": Standing.PAID,
    "void": Standing.VOID,
    "uncollectible": Standing.UNCOLLECTIBLE,
    "refunded": Standing.REFUNDED,
}
METHOD: dict[str, str] = {
    "pix": Method.PIX,
    "boleto": Method.BOLETO,
    "payment_method": Method.CREDIT_CARD,
}
OUR_ID, OUR_NUMBER, OUR_KEY = "faturo_id", "faturo_number", "faturo_key"
"""In the metadata of what we make there."""


def seen(body: Mapping[str, Any], unit: Unit) -> Seen:
    """Raises CallFailed for what is no invoice."""
    word, metadata = text_of(body, "status"), dict_of(body.get("metadata"))
    paid = amount_of(body.get("amountPaid"), unit)
    return Seen(
        text_of(body, "id"),
        _standing(body, word, paid),
        word,
        number=str(metadata.get(OUR_NUMBER, "")),
        ref=str(metadata.get(OUR_ID, "")),
        total=amount_of(body.get("amountDue"), unit),
        paid=paid,
        payments=tuple(_payments(body, unit)),
    )


def _standing(body: Mapping[str, Any], word: str, paid: int | None) -> Standing:
    if body.get("deleted") is True:
        return Standing.GONE
    if word == "open" and paid:
        return Standing.PARTIALLY_PAID
    return STANDING.get(word, Standing.UNKNOWN)


def learned(found: Seen) -> Learned:
    return Learned(found.id, standing=found.standing, word=found.word, total=found.total, paid=found.paid)


def amount_of(value: Any, unit: Unit) -> int | None:
    """In minor units; None for what is no amount. Numbers arrive as binary fractions, so they are rounded."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < MAX_MINOR:
        return None
    return round(Decimal(str(value)).scaleb(0 if unit.minor else exponent(unit.currency)))


def intents_of(body: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The payment intents that the invoice shows."""
    return [dict_of(row) for row in list_of(dict_of(body.get("paymentIntents")).get("data"))]


def _payments(body: Mapping[str, Any], unit: Unit) -> Iterator[SeenPayment]:
    """Intents that were paid, without those by which we told of money that came here."""
    for intent in intents_of(body):
        if intent.get("status") != "paid" or OUR_KEY in dict_of(intent.get("metadata")):
            continue
        details = dict_of(intent.get("paymentDetails"))
        said = details.get("amountPaid")
        got = amount_of(intent.get("amount") if said is None else said, unit)
        if got:
            method = METHOD.get(str(intent.get("method")), Method.OTHER)
            paid_at = instant_of(details.get("paidAt") or body.get("paidAt"))
            yield SeenPayment(text_of(intent, "id"), got, method, paid_at)
