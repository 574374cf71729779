"""The e-mails of one invoice, for its own page, and what stands in the way of sending it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _

from businesses.models import User
from customers.models import Customer
from invoices.models import Invoice
from notifications.mail import actions, addresses, rules
from notifications.mail.models import Message, MessageState, Suppression
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
    found = addresses.of_invoice(invoice)
    if not found:
        return _("No e-mail address: enter one on the customer’s page.")
    dead = actions.dead(invoice.business_id, found)
    return _dead_said(dead) if dead else ""


def _dead_said(dead: Iterable[str]) -> str:
    message = _("%(addresses)s does not exist, its mail server says. Correct it on the customer’s page.")
    return message % {"addresses": ", ".join(dead)}


def send(invoice: Invoice, by: User) -> Invoice:
    actions.request_send(invoice, by=by)
    return invoice


def told(invoice: Invoice) -> list[str]:
    """To whom it would go, for the question before."""
    found = addresses.of_invoice(invoice)
    dead = actions.dead(invoice.business_id, found)
    alive = [address for address in found if address not in dead]
    said = [_("To: %(addresses)s") % {"addresses": ", ".join(alive)}] if alive else []
    return [*said, _dead_said(dead)] if dead and alive else said


def told_at_issue(invoice: Invoice) -> list[str]:
    """Whom issuing it mails at once."""
    settings = actions.settings_of(invoice.business_id)
    if not (settings.sends_issued and rules.is_mailed_at_issue(invoice)):
        return []
    found = addresses.of_invoice(invoice)
    dead = actions.dead(invoice.business_id, found)
    alive = ", ".join(address for address in found if address not in dead)
    return [_("It is e-mailed at once to: %(addresses)s") % {"addresses": alive}] if alive else []


def obstacle(invoice: Invoice) -> str:
    """Only what keeps it from everybody."""
    return "" if told(invoice) else _hint(invoice)


def blocked(customer: Customer) -> list[Suppression]:
    """Their addresses that get no e-mails, or no reminders."""
    mine = {address.lower() for address in customer.emails}
    return list(Suppression.objects.for_business(customer.business_id).filter(address__in=mine))
