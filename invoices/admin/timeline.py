"""An invoice's or a payment's history as sentences."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from businesses.admin.sentences import REASONS, sentence, who
from businesses.models import Event
from core.money import format_money
from invoices.models import Invoice
from outbox.admin.state import OPERATIONS
from outbox.words import words
from payments.models import Payment
from providers.models import ProviderName

ICONS = {
    "invoice.created": "edit_note",
    "invoice.updated": "edit",
    "invoice.downloaded": "download",
    "invoice.revised": "edit_document",
    "invoice.finalized": "task_alt",
    "invoice.voided": "block",
    "invoice.marked_uncollectible": "money_off",
    "invoice.partially_paid": "payments",
    "invoice.paid": "paid",
    "invoice.processing": "hourglass_top",
    "invoice.deleted": "delete",
    "invoice.link_renewed": "link",
    "invoice.link_revoked": "link_off",
    "invoice.payment_reversed": "undo",
    "invoice.credited": "receipt",
    "invoice.waived": "volunteer_activism",
    "payment.received": "payments",
    "payment.unapplied": "help",
    "payment.assigned": "person_check",
    "payment.refunded": "undo",
    "payment.charged_back": "credit_card_off",
    "payment.disputed": "gavel",
    "payment.dispute_won": "verified",
    "invoice.file_attached": "attach_file",
    "invoice.file_removed": "attach_file_off",
    "invoice.noted": "comment",
    "invoice.reminder_due": "notifications",
    "invoice.reminders_paused": "notifications_paused",
    "invoice.reminders_resumed": "notifications_active",
    "invoice.push_requested": "cloud_upload",
    "invoice.pushed": "cloud_done",
    "invoice.push_failed": "cloud_off",
    "invoice.send_requested": "outgoing_mail",
    "invoice.sent": "mark_email_read",
    "invoice.send_failed": "unsubscribe",
    "invoice.drift_repaired": "difference",
}


@dataclass(frozen=True)
class Entry:
    icon: str
    text: str
    detail: str
    who: str
    at: datetime


def timeline(row: Invoice | Payment, language: str) -> list[Entry]:
    """Newest first."""
    return [_entry(event, row, language) for event in Event.objects.about(row).order_by("-id")[:200]]


def _entry(event: Event, row: Invoice | Payment, language: str) -> Entry:
    icon, text = ICONS.get(event.kind, "circle"), sentence(event.kind)
    return Entry(icon, text, _detail(event, row, language), who(event.actor), event.at)


def _detail(event: Event, row: Invoice | Payment, language: str) -> str:
    """The amount, the number, the file, the reason, or what changed and how the total did."""
    data = event.data
    said = [_changed(data.get("changes", {})), _amount(data, row.currency, language)]
    before, after = data.get("total_before"), data.get("total")
    if before is not None and before != after:
        said.append(" → ".join(format_money(amount, row.currency, language) for amount in (before, after)))
    said += [str(data.get(name) or "") for name in ("number", "name", "credit_note", "customer", "address")]
    said += _elsewhere(data) if "connection" in data else []
    said.append(str(REASONS.get(data.get("reason", ""), data.get("reason", ""))))
    said.append(_to(data.get("to")))
    return " · ".join(filter(None, said))


def _to(addresses: object) -> str:
    """One that was written to, or all that are to be."""
    return ", ".join(map(str, addresses)) if isinstance(addresses, list) else str(addresses or "")


def _elsewhere(data: dict[str, Any]) -> list[str]:
    """At which provider, what was done there, and why not."""
    provider = dict(ProviderName.choices).get(data.get("provider", ""), "")
    operation = str(OPERATIONS.get(data.get("operation", ""), ""))
    return [str(provider), operation, words(data.get("code", "")), data.get("detail", "")]


def _amount(data: dict[str, Any], currency: str, language: str) -> str:
    """What a credit note credits says more than what it frees of it."""
    amount = data.get("credited") or data.get("amount")
    return format_money(amount, currency, language) if isinstance(amount, int) else ""


def _changed(changes: dict[str, Any]) -> str:
    """The names of the fields that an edit changed; those without a label on screen go unsaid."""
    labels = {field.attname: field.verbose_name for field in Invoice._meta.concrete_fields}
    labels |= {"lines": _("lines"), "charges": _("charges"), "discount": _("discount")}
    return ", ".join(str(labels[name]) for name in changes if name in labels)
