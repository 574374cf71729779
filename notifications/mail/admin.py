"""The e-mails of one invoice, for its own page, and what stands in the way of sending it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from businesses.models import User
from invoices.models import Invoice
from notifications.mail import actions, addresses
from notifications.mail.models import Message, MessageState
from notifications.mail.tones import TONES
from outbox.words import words

MOST = 20


@dataclass(frozen=True)
class Mail:
    row: Message
    tone: str
    at: datetime
    why: str


def context(invoice: Invoice) -> dict[str, Any]:
    rows = Message.objects.for_business(invoice.business_id).filter(invoice=invoice)
    return {
        "mails": [_mail(row) for row in rows.defer("text", "html")[:MOST]],
        "mail_hint": _hint(invoice) if invoice.status in actions.SENDABLE else "",
    }


def _mail(row: Message) -> Mail:
    is_well = row.state in (MessageState.SENT, MessageState.OPENED)
    at = row.opened_at or row.sent_at or row.created_at
    return Mail(row, TONES[MessageState(row.state)], at, "" if is_well else words(row.code))


def _hint(invoice: Invoice) -> str:
    if addresses.of_invoice(invoice):
        return ""
    return _("No e-mail address: enter one on the customer’s page.")


def send(invoice: Invoice, by: User) -> Invoice:
    actions.request_send(invoice, by=by)
    return invoice


def told(invoice: Invoice) -> list[str]:
    """To whom it would go, for the question before."""
    found = addresses.of_invoice(invoice)
    return [_("To: %(addresses)s") % {"addresses": ", ".join(found)}] if found else []


def obstacle(invoice: Invoice) -> str:
    return _hint(invoice)
