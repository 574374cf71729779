"""What a provider said, made fit to be stored: one place where sizes, letters and sums are looked at.

What names an invoice or counts its money must be sound, or nothing of it is believed; what only decorates is mended.
"""

from dataclasses import replace
from datetime import datetime

from django.utils import timezone

from core.money import MAX_MINOR
from providers.connector import Seen, SeenPayment, Standing

LONGEST_ID = 100
LONGEST_PAYMENT_ID = 150
LONGEST_LINK = 500
KNOWN = frozenset(map(str, Standing))


def checked(seen: Seen) -> Seen:
    """Raises ValueError."""
    if not _is_id(seen.id, LONGEST_ID):
        raise ValueError("id")
    if not (isinstance(seen.currency, str) and len(seen.currency) == 3 and seen.currency.isascii()):
        raise ValueError("currency")
    if not seen.currency.isalpha():
        raise ValueError("currency")
    return replace(
        seen,
        standing=seen.standing if seen.standing in KNOWN else Standing.UNKNOWN,
        word=_plain(seen.word, 40),
        number=_plain(seen.number, 100),
        ref=seen.ref if _is_id(seen.ref, LONGEST_ID) else "",
        link=_link(seen.link),
        currency=seen.currency.upper(),
        total=_bounded(seen.total),
        paid=_bounded(seen.paid),
        payments=tuple(_payment(payment) for payment in seen.payments),
    )


def _payment(payment: SeenPayment) -> SeenPayment:
    if not _is_id(payment.external_id, LONGEST_PAYMENT_ID):
        raise ValueError("payment")
    at = payment.paid_at
    is_instant = isinstance(at, datetime) and timezone.is_aware(at) and at.year >= 1990
    fee = _bounded(payment.fee) or 0
    return replace(payment, amount=_bounded(payment.amount) or 0, fee=fee, paid_at=at if is_instant else None)


def _bounded(amount: int | None) -> int | None:
    if amount is None:
        return None
    if not isinstance(amount, int) or abs(amount) > MAX_MINOR:
        raise ValueError("amount")
    return amount


def _is_id(text: object, longest: int) -> bool:
    """Ids are compared letter by letter: nothing in them is mended."""
    return isinstance(text, str) and 0 < len(text) <= longest and text.isprintable()


def _plain(text: object, longest: int) -> str:
    return "".join(char for char in str(text or "") if char.isprintable())[:longest]


def _link(text: object) -> str:
    """Cut short it would lead elsewhere."""
    is_link = _is_id(text, LONGEST_LINK) and str(text).startswith(("https://", "http://"))
    return str(text) if is_link else ""
