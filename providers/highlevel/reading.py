"""What HighLevel says of an invoice, in our words, and whether it is HighLevel who says it. Pure."""

import base64
import binascii
import re
from decimal import Decimal
from fractions import Fraction
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from core.http import CallFailed
from core.money import exponent, round_half_up
from core.problems import Problem
from providers.connector import Access, Forged, Learned, News, Secured, Seen, Standing
from providers.hearing import body_of

STANDING = {
    "draft": Standing.DRAFT,
    "sent": Standing.OPEN,
    "payment_processing": Standing.PROCESSING,
    "partially_paid": Standing.PARTIALLY_PAID,
    "paid": Standing.PAID,
    "void": Standing.VOID,
    "delete": Standing.GONE,
}
"""`delete` stands in the webhook of a deletion only."""
SIGNATURE = "x-ghl-signature"
PUBLISHED_KEY = "MCowBQYDK2VwAyEAi2HR1srL4o18O8BRa7gVJY7G7bupbN3H9AwJrHCDiOg="
"""HighLevel's public key for webhooks (its webhook guide); one for all its accounts."""
ARMOUR = re.compile(r"-----[A-Z ]+-----|\s")
OUR_ID = re.compile(r"(?:^|\s)([0-9a-f]{24})$")


def seen(row: Any) -> Seen:
    """Raises CallFailed for what is no invoice. Of payments only their sum is told."""
    if not isinstance(row, dict) or not row.get("_id") or not isinstance(row.get("status"), str):
        raise CallFailed("garbage", is_unclear=True)
    currency = str(row.get("currency", "")).upper()
    return Seen(
        id=str(row["_id"]),
        standing=STANDING.get(row["status"], Standing.UNKNOWN),
        word=row["status"],
        number=_number(row),
        ref=ref_of(row),
        currency=currency,
        total=amount(row.get("total"), currency),
        paid=amount(row.get("amountPaid"), currency),
    )


def _number(row: dict[str, Any]) -> str:
    number, prefix = str(row.get("invoiceNumber") or ""), str(row.get("invoiceNumberPrefix") or "")
    return number if number.startswith(prefix) else f"{prefix}{number}"


def ref_of(row: dict[str, Any]) -> str:
    """Our own id, which ends the name of what we pushed."""
    found = OUR_ID.search(str(row.get("name") or "").strip())
    return found[1] if found else ""


def amount(said: Any, currency: str) -> int | None:
    """Minor units of a JSON number in major ones, which may have come through floating point there."""
    if isinstance(said, bool) or not isinstance(said, int | float):
        return None
    try:
        return round_half_up(Fraction(Decimal(str(said))) * 10 ** exponent(currency))
    except (Problem, ArithmeticError, ValueError) as error:
        raise CallFailed("garbage", is_unclear=True) from error


def learned(found: Seen) -> Learned:
    return Learned(
        id=found.id,
        number=found.number or None,
        standing=found.standing,
        word=found.word,
        total=found.total,
        paid=found.paid,
    )


def hear(access: Access, webhook: Secured) -> list[News]:
    """Nothing of what is not about an invoice. HighLevel signs for all its accounts: another one's is forged, too."""
    _check_signature(access.credentials.get("webhook_key") or PUBLISHED_KEY, webhook)
    said = body_of(webhook.body)
    if not isinstance(said, dict) or not said.get("_id"):
        return []
    places = {said.get("altId"), said.get("locationId")} - {None}
    if not str(said.get("type", "Invoice")).startswith("Invoice"):
        return []
    if places != {access.credentials.get("location_id")}:
        raise Forged("location")
    return [_news(said)]


def _news(said: dict[str, Any]) -> News:
    """What is told without a sum is read again."""
    try:
        found = seen(said)
    except CallFailed:
        return News(str(said["_id"])[:100])
    return News(found.id, found.ref, found if found.total is not None else None)


def _check_signature(key: str, webhook: Secured) -> None:
    """Ed25519 over the body as it came, in base64."""
    try:
        public = load_der_public_key(base64.b64decode(ARMOUR.sub("", key), validate=True))
        signature = base64.b64decode(webhook.headers.get(SIGNATURE, ""), validate=True)
    except (ValueError, binascii.Error) as error:
        raise Forged("unreadable") from error
    if not isinstance(public, Ed25519PublicKey):
        raise Forged("key")
    try:
        public.verify(signature, webhook.body)
    except InvalidSignature as error:
        raise Forged("signature") from error
