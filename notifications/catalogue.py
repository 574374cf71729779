"""Which of our events others may be told of, and how they choose among them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

KINDS = frozenset({
    "invoice.created", "invoice.updated", "invoice.deleted", "invoice.finalized", "invoice.voided", "invoice.revised",
    "invoice.marked_uncollectible", "invoice.processing", "invoice.partially_paid", "invoice.paid",
    "invoice.payment_reversed", "invoice.credited", "invoice.waived", "invoice.downloaded", "invoice.link_renewed",
    "invoice.link_revoked", "invoice.file_attached", "invoice.file_removed", "invoice.noted",
    "payment.received", "payment.unapplied", "payment.assigned", "payment.refunded", "payment.charged_back",
    "payment.disputed", "payment.dispute_won", "payment.differs", "payment.refund_asked",
    "credit_note.issued",
    "customer.created", "customer.updated",
    "product.created", "product.updated",
    "tax.created", "tax.updated",
})  # fmt: skip
"""What concerns the business's trade; staff, sign-ins, keys and bank files stay in the house."""

EVERYTHING = "*"
PATTERNS = KINDS | {f"{kind.partition('.')[0]}.*" for kind in KINDS} | {EVERYTHING}
"""Each kind alone, all of one subject (`invoice.*`), or everything."""


def validate_patterns(value: Any) -> None:
    if not isinstance(value, list) or not value:
        raise ValidationError(_("Choose at least one event."), code="required")
    for pattern in value:
        if not isinstance(pattern, str) or pattern not in PATTERNS:
            message = _("“%(event)s” is not an event.")
            raise ValidationError(message, code="event", params={"event": str(pattern)[:60]})


def is_wanted(kind: str, patterns: list[str]) -> bool:
    """Whether somebody who chose these patterns hears of an event of this kind."""
    about = f"{kind.partition('.')[0]}.*"
    return kind in KINDS and not {kind, about, EVERYTHING}.isdisjoint(patterns)
