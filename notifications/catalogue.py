"""Which of our events others may be told of, and how they choose among them."""

from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

CATALOGUE: dict[str, Any] = {
    "invoice.created": _("Draft written"),
    "invoice.updated": _("Draft changed"),
    "invoice.deleted": _("Draft deleted"),
    "invoice.finalized": _("Invoice issued"),
    "invoice.voided": _("Invoice voided"),
    "invoice.revised": _("New version of a sent invoice"),
    "invoice.marked_uncollectible": _("Invoice marked uncollectible"),
    "invoice.processing": _("Payment on its way"),
    "invoice.partially_paid": _("Invoice paid in part"),
    "invoice.paid": _("Invoice paid"),
    "invoice.payment_reversed": _("Payment taken back"),
    "invoice.credited": _("Credit note counted"),
    "invoice.waived": _("Fine or interest waived"),
    "invoice.downloaded": _("PDF downloaded"),
    "invoice.link_renewed": _("Public link renewed"),
    "invoice.link_revoked": _("Public link revoked"),
    "invoice.file_attached": _("File attached"),
    "invoice.file_removed": _("File removed"),
    "invoice.noted": _("Note from a client"),
    "invoice.sent": _("E-mail sent"),
    "invoice.send_failed": _("E-mail not sent"),
    "invoice.reminder_due": _("Reminder due"),
    "invoice.pushed": _("Done at the provider"),
    "invoice.push_failed": _("Not done at the provider"),
    "payment.received": _("Payment received"),
    "payment.unapplied": _("Money to sort out"),
    "payment.assigned": _("Payment given to a customer"),
    "payment.refunded": _("Money given back"),
    "payment.charged_back": _("Money taken back by the payer’s bank"),
    "payment.disputed": _("Payment disputed"),
    "payment.dispute_won": _("Dispute won"),
    "payment.differs": _("Paid another amount than was asked for"),
    "payment.refund_asked": _("Refund asked for at the provider"),
    "credit_note.issued": _("Credit note issued"),
    "customer.created": _("Customer added"),
    "customer.updated": _("Customer changed"),
    "product.created": _("Product added"),
    "product.updated": _("Product changed"),
    "tax.created": _("Tax added"),
    "tax.updated": _("Tax changed"),
}
"""What concerns the business's trade, in a few words each."""
KINDS = frozenset(CATALOGUE)
TESTED, TRIAL = "webhook.tested", _("A test")
"""Sent when somebody asks for it, to that webhook alone."""
HOUSE = frozenset({
    "business", "account", "series", "cards", "bank_file", "bank_entry", "staff", "api_key", "webhook", "connection",
    "delivery", "mail", "reminders",
})  # fmt: skip
"""Subjects of which nobody outside hears."""
INTERNAL = frozenset({
    "invoice.push_requested", "invoice.send_requested", "invoice.drift_repaired", "invoice.reminders_paused",
    "invoice.reminders_resumed",
})  # fmt: skip
"""What is asked of us or mended by us: what comes of it is told."""

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
