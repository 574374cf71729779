"""A WhatsApp message that a person sends: a wa.me link with the text written, no account or API needed.

Source: WhatsApp, "How to use click to chat": https://wa.me/<digits of the full international number>?text=<encoded>.
"""

from dataclasses import dataclass
from datetime import date
from urllib.parse import quote as encoded

from django.core.exceptions import ValidationError
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.dates import short_date
from core.money import format_money
from core.validators import e164
from invoices import pdf, ways
from invoices.models import Invoice
from invoices.status import Status
from payments import ledger

ADDRESS = "https://wa.me/"
ASKED = frozenset({Status.OPEN, Status.UNCOLLECTIBLE})
HARD_SPACES = {ord("\u00a0"): " ", ord("\u202f"): " "}
NO_PHONE = gettext_lazy("The customer has no phone number that WhatsApp takes.")
NOT_OPEN = gettext_lazy("There is nothing to pay.")
NOT_LIVE = gettext_lazy("This is a test invoice.")


@dataclass(frozen=True)
class Chat:
    """`url` is empty when there is none; then `reason` says why."""

    url: str = ""
    reason: str | Promise = ""


def chat(invoice: Invoice, on: date) -> Chat:
    """With the amount that is due on that day."""
    amount = ledger.owed(invoice, on).total if invoice.status in ASKED else 0
    if amount <= 0:
        return Chat(reason=NOT_OPEN)
    if not invoice.live_mode:
        return Chat(reason=NOT_LIVE)
    digits = phone(invoice)
    if not digits:
        return Chat(reason=NO_PHONE)
    return Chat(f"{ADDRESS}{digits}?text={encoded(text(invoice, on, amount), safe='')}")


def phone(invoice: Invoice) -> str:
    """Digits with the country's code: of the customer as they are now, else as they were at issue."""
    for number in (invoice.customer.phone, invoice.payer.get("phone", "")):
        try:
            digits = e164(number, invoice.business.country).removeprefix("+")
        except ValidationError:
            continue
        if digits:
            return digits
    return ""


def text(invoice: Invoice, on: date, amount: int) -> str:
    """In the invoice's language; the Pix code comes last, on a line of its own, so that it can be copied."""
    with translation.override(invoice.language):
        link = "" if invoice.token_revoked_at else pdf.public_url(invoice.token)
        code = ways.pix_code(invoice, amount)
        parts = [
            _greeting(invoice, on, amount),
            _("To see and pay it: %(link)s") % {"link": link} if link else "",
            _("If you have paid already, please disregard this message. Thank you!"),
            _("Pix code to copy and paste:") + f"\n{code}" if code else "",
        ]
    return "\n\n".join(filter(None, parts)).translate(HARD_SPACES)


def _greeting(invoice: Invoice, on: date, amount: int) -> str:
    issuer, payer = pdf.parties(invoice)
    values = {
        "name": payer["name"],
        "business": issuer["name"],
        "number": invoice.number,
        "amount": format_money(amount, invoice.currency, invoice.language),
        "day": short_date(invoice.due_on, invoice.language),
    }
    if invoice.due_on < on:
        message = _(
            "Hello %(name)s, this is %(business)s. Invoice %(number)s was due on %(day)s; "
            "today the amount is %(amount)s."
        )
    else:
        message = _(
            "Hello %(name)s, this is %(business)s. Your invoice %(number)s of %(amount)s is due on %(day)s."
        )
    return message % values
