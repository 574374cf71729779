"""Steps, holds and pauses in plain words, and the part of an invoice's page that is about reminders."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.models import User
from businesses.roles import Can
from invoices.models import Invoice
from invoices.status import Status
from notifications import whatsapp
from notifications.mail.models import Message, MessageState
from notifications.mail.tones import TONES
from notifications.models import Reminder
from notifications.reminder_bills import Hold, standing

BLOCKED = {"bounced_before", "unsubscribed"}
HOLDS: dict[str, str | Promise] = {
    Hold.OFF: gettext_lazy("Reminders are switched off."),
    Hold.CUSTOMER: gettext_lazy("This customer gets no reminders."),
    Hold.PAUSED: gettext_lazy("Paused for this invoice."),
    Hold.CLOSED: gettext_lazy("There is nothing to pay any more."),
    Hold.TEST: gettext_lazy("Nobody is reminded of a test invoice."),
    Hold.PROCESSING: gettext_lazy("A payment is on its way."),
    Hold.DISPUTED: gettext_lazy("A payment is disputed."),
}


def step_words(step: int) -> str:
    """`3 days before`, `on the due date`, `1 day after`."""
    count = abs(step)
    if step < 0:
        return ngettext("%(count)d day before", "%(count)d days before", count) % {"count": count}
    if step > 0:
        return ngettext("%(count)d day after", "%(count)d days after", count) % {"count": count}
    return _("on the due date")


@dataclass(frozen=True)
class Told:
    """`part` counts from one, None without a payment schedule; `states` are tone, words and the address each."""

    day: date
    words: str
    part: int | None
    states: list[tuple[str, str, str]]


def _told(row: Reminder, sent: Sequence[Message], has_parts: bool) -> Told:
    states = [(TONES[MessageState(one.state)], _state(one), one.address) for one in sent]
    return Told(row.day, step_words(row.step), row.part + 1 if has_parts else None, states)


def _state(message: Message) -> str:
    if message.state == MessageState.SKIPPED and message.code in BLOCKED:
        return _("Blocked")
    return str(message.get_state_display())


def of_invoice(invoice: Invoice, user: User) -> dict[str, Any]:
    """Nothing about drafts; once it is closed only what was told."""
    if invoice.status == Status.DRAFT:
        return {}
    now = timezone.now()
    found = standing(invoice, now)
    is_open = invoice.status == Status.OPEN
    return {
        "whatsapp": whatsapp.chat(invoice, invoice.business.today(now)),
        "reminders": {
            "hold": HOLDS[found.hold] if found.hold else "",
            "is_paused": found.hold == Hold.PAUSED,
            "is_open": is_open,
            "can_pause": is_open and user.can(Can.WRITE, invoice.business_id),
            "next": found.next,
            "next_words": step_words(found.next.step) if found.next else "",
            "has_address": found.has_address,
            "told": [_told(row, found.messages[row.pk], bool(invoice.schedule)) for row in found.told],
        }
        if is_open or found.told
        else None,
    }
