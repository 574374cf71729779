"""What staff are told when something needs their hand: a push that failed, a connection or webhook that is paused."""

from dataclasses import dataclass
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.models import Event
from businesses.roles import Can
from businesses.words import words
from notifications.mail.letters import Letter, admin_url, one_line, sender_of
from notifications.mail.models import Kind, Message
from notifications.models import Pause


@dataclass(frozen=True)
class Trouble:
    subject: Any
    intro: Any
    page: str
    """The screen where it is mended; of the subject's own row."""
    can: Can
    """Who may open it."""


TROUBLES = {
    "invoice.push_failed": Trouble(
        gettext_lazy("Invoice {number} did not reach {name}"),
        gettext_lazy("The invoice could not be pushed. Its page says what is wrong and offers to try again."),
        "invoices_invoice_change",
        Can.VIEW,
    ),
    "connection.paused": Trouble(
        gettext_lazy("The connection to {name} is paused"),
        gettext_lazy("Its credentials are refused. Enter them again: what waits is sent at once then."),
        "providers_connection_change",
        Can.MANAGE,
    ),
    "webhook.paused": Trouble(
        gettext_lazy("The webhook {name} is paused"),
        gettext_lazy("It has refused or missed its calls for days. Mend it, then switch it on again."),
        "notifications_webhookendpoint_change",
        Can.MANAGE,
    ),
}


def letter(message: Message) -> Letter:
    with translation.override(message.language):
        return _letter(message)


def _letter(message: Message) -> Letter:
    event = message.event
    trouble = TROUBLES[event.kind]
    values = {"number": str(message.invoice or ""), "name": _name(event)}
    return Letter(
        kind=Kind.TROUBLE,
        language=message.language,
        sender=sender_of(message.business),
        subject=one_line(f"{message.business.name}: {str(trouble.subject).format_map(values)}"),
        greeting=_("Something needs you"),
        intro=(str(trouble.subject).format_map(values) + ".", str(trouble.intro)),
        rows=tuple(_rows(event)),
        button=_("Open it in Faturo"),
        url=admin_url(trouble.page, event.subject.partition(":")[2]),
    )


def _name(event: Event) -> str:
    data = event.data
    return str(data.get("name") or data.get("provider") or data.get("connection") or "")[:80]


def _rows(event: Event) -> list[tuple[str, str]]:
    data = event.data
    reason = Pause(data["reason"]).label if data.get("reason") in Pause.values else ""
    why = str(reason or words(str(data.get("code", ""))))
    answer = str(data.get("detail") or "")[:300]
    return [pair for pair in ((_("Why"), why), (_("What was answered"), answer)) if pair[1]]
