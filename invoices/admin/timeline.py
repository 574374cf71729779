"""An invoice's history as sentences."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from businesses.models import Event
from core.money import format_money
from invoices.models import Invoice

SENTENCES: dict[str, tuple[str, Any]] = {
    "invoice.created": ("edit_note", gettext_lazy("Draft written")),
    "invoice.updated": ("edit", gettext_lazy("Draft changed")),
    "invoice.downloaded": ("download", gettext_lazy("PDF downloaded")),
    "invoice.finalized": ("task_alt", pgettext_lazy("event", "Issued")),
    "invoice.voided": ("block", gettext_lazy("Voided")),
    "invoice.marked_uncollectible": ("money_off", gettext_lazy("Marked uncollectible")),
    "invoice.partially_paid": ("payments", gettext_lazy("Paid in part")),
    "invoice.paid": ("paid", gettext_lazy("Paid")),
    "invoice.processing": ("hourglass_top", gettext_lazy("Payment on its way")),
    "invoice.deleted": ("delete", gettext_lazy("Draft deleted")),
    "invoice.link_renewed": ("link", gettext_lazy("Public link renewed")),
    "invoice.link_revoked": ("link_off", gettext_lazy("Public link revoked")),
    "invoice.file_attached": ("attach_file", gettext_lazy("File attached")),
    "invoice.file_removed": ("attach_file_off", gettext_lazy("File removed")),
}


@dataclass(frozen=True)
class Entry:
    icon: str
    text: str
    detail: str
    who: str
    at: datetime


def timeline(invoice: Invoice, language: str) -> list[Entry]:
    """Newest first."""
    return [_entry(event, invoice, language) for event in Event.objects.about(invoice).order_by("-id")[:200]]


def _entry(event: Event, invoice: Invoice, language: str) -> Entry:
    icon, text = SENTENCES.get(event.kind, ("circle", event.kind))
    return Entry(icon, str(text), _detail(event, invoice, language), who(event.actor), event.at)


def _detail(event: Event, invoice: Invoice, language: str) -> str:
    """The number, the file, the amount, or how the total changed."""
    data = event.data
    if "amount" in data:
        return format_money(data["amount"], invoice.currency, language)
    before, after = data.get("total_before"), data.get("total")
    if before is not None and before != after:
        return " → ".join(format_money(amount, invoice.currency, language) for amount in (before, after))
    return str(data.get("number") or data.get("name") or "")


def who(actor: str) -> str:
    kind, _colon, name = actor.partition(":")
    return name if kind == "user" else actor or _("Faturo")
