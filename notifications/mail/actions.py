"""The writers of messages, their wording and the addresses that get none."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from businesses.events import record, save_recorded
from businesses.models import Business
from core.problems import Conflict, Problem
from invoices.models import Invoice
from invoices.status import Status
from notifications.mail import addresses, wording
from notifications.mail.models import (
    MailSettings,
    Message,
    MessageState,
    Reason,
    Suppression,
    Wording,
)

SENDABLE = frozenset({Status.OPEN, Status.PAID, Status.UNCOLLECTIBLE})


def request_send(invoice: Invoice, *, by: object = None, to: Sequence[str] | None = None) -> list[str]:
    """Ask for the invoice to be e-mailed, to these addresses or to its own; returns them.

    Raises Problem when there is nobody to send it to. Whether it was sent, its messages say.
    """
    if invoice.status not in SENDABLE or invoice.deleted_at is not None:
        raise Conflict(_("Only an issued invoice that is not void can be sent."))
    found = addresses.checked(to) if to else addresses.of_invoice(invoice)
    if not found:
        message = _("There is no e-mail address. Enter one on the customer’s page.")
        raise Problem(message, field="to", code="no_address")
    if len(dead(invoice.business_id, found)) == len(found):
        message = _("%(addresses)s does not exist, its mail server says. Correct it on the customer’s page.")
        raise Problem(message % {"addresses": ", ".join(found)}, field="to", code="bounced")
    with transaction.atomic():
        record("invoice.send_requested", invoice, business=invoice.business_id, by=by, data={"to": found})
    return found


def dead(business: int, found: Iterable[str]) -> list[str]:
    """Those of them that do not exist, as their mail servers said."""
    known = addresses.blocked([business], found)
    return [address for address in found if Reason.BOUNCED in known.get((business, address.lower()), ())]


def queue(messages: Iterable[Message]) -> None:
    """Written with the deliveries that will carry them; asked twice, they are written once."""
    Message.objects.bulk_create(messages, ignore_conflicts=True)


def compose(message: Message, **words: str) -> None:
    """Keep what goes to the mail server, to the letter."""
    Message.objects.filter(pk=message.pk).update(**words, updated_at=timezone.now())


def settle(keys: Iterable[int], state: str | None, **values: Any) -> None:
    """How tries ended; without a state they are still to be sent. Who has opened one has got it."""
    rows = Message.objects.filter(pk__in=list(keys)).exclude(state=MessageState.OPENED)
    rows.update(**({"state": state} if state else {}), **values, updated_at=timezone.now())


def opened(invoice: Invoice, public_id: str, at: datetime) -> None:
    """Somebody came to the invoice's page by this message's link."""
    rows = Message.objects.for_business(invoice.business_id).filter(invoice=invoice, public_id=public_id)
    rows.filter(state=MessageState.SENT).update(state=MessageState.OPENED, opened_at=at)


def suppress(business: int, address: str, reason: str, detail: str = "", *, by: object = None) -> None:
    """Once is enough."""
    row = Suppression(business_id=business, address=address.lower(), reason=reason, detail=detail[:300])
    with transaction.atomic():
        Suppression.objects.bulk_create([row], ignore_conflicts=True)
        found = Suppression.objects.filter(business=business, address=row.address, reason=reason).get()
        if found.public_id == row.public_id:
            data = {"address": row.address, "reason": reason}
            record("mail.suppressed", found, business=business, by=by, data=data)


def lift(row: Suppression, *, by: object = None) -> None:
    """Write to the address again."""
    data = {"address": row.address, "reason": row.reason}
    with transaction.atomic():
        record("mail.lifted", row, business=row.business_id, by=by, data=data)
        row.delete()


def save_wording(row: Wording, *, by: object = None) -> Wording:
    wording.check(row.subject, "subject")
    wording.check(row.intro, "intro")
    row.full_clean()
    save_recorded(row, ("mail.worded", "mail.worded"), by=by)
    return row


def forget_wording(row: Wording, *, by: object = None) -> None:
    """Back to our own words."""
    with transaction.atomic():
        record("mail.unworded", row, business=row.business_id, by=by, data={"name": str(row)})
        row.delete()


def settings_of(business: Business | int) -> MailSettings:
    """As stored, or the usual ones, not stored."""
    key = business.pk if isinstance(business, Business) else business
    return MailSettings.objects.for_business(key).first() or MailSettings(business_id=key)


def save_settings(row: MailSettings, *, by: object = None) -> MailSettings:
    row.full_clean()
    save_recorded(row, ("mail.settings_changed", "mail.settings_changed"), by=by)
    return row
