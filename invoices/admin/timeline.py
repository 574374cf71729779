"""An invoice's history as sentences."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from businesses.admin.sentences import sentence, who
from businesses.models import Event
from core.money import format_money
from invoices.models import Invoice

ICONS = {
    "invoice.created": "edit_note",
    "invoice.updated": "edit",
    "invoice.downloaded": "download",
    "invoice.finalized": "task_alt",
    "invoice.voided": "block",
    "invoice.marked_uncollectible": "money_off",
    "invoice.partially_paid": "payments",
    "invoice.paid": "paid",
    "invoice.processing": "hourglass_top",
    "invoice.deleted": "delete",
    "invoice.link_renewed": "link",
    "invoice.link_revoked": "link_off",
    "invoice.file_attached": "attach_file",
    "invoice.file_removed": "attach_file_off",
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
    icon, text = ICONS.get(event.kind, "circle"), sentence(event.kind)
    return Entry(icon, text, _detail(event, invoice, language), who(event.actor), event.at)


def _detail(event: Event, invoice: Invoice, language: str) -> str:
    """The number, the file, the amount, or what changed and how the total did."""
    data = event.data
    if "amount" in data:
        return format_money(data["amount"], invoice.currency, language)
    before, after = data.get("total_before"), data.get("total")
    said = [_changed(data.get("changes", {}))]
    if before is not None and before != after:
        said.append(
            " → ".join(format_money(amount, invoice.currency, language) for amount in (before, after))
        )
    return " · ".join(filter(None, said)) or str(data.get("number") or data.get("name") or "")


def _changed(changes: dict[str, Any]) -> str:
    """The names of the fields that an edit changed; those without a label on screen go unsaid."""
    labels = {field.attname: field.verbose_name for field in Invoice._meta.concrete_fields}
    labels |= {"lines": _("lines"), "charges": _("charges"), "discount": _("discount")}
    return ", ".join(str(labels[name]) for name in changes if name in labels)
