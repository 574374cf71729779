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


def who(actor: str) -> str:
    """`user:ana` is Ana's sign-in name, `command:demo` the command as it is typed; nobody is Faturo itself."""
    kind, _colon, name = actor.partition(":")
    shown = {"user": name, "command": f"manage.py {name}"}
    return shown.get(kind, actor) or "Faturo"
