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
from invoices.quote import PartQuote
from invoices.status import Status
from payments import ledger

ADDRESS = "https://wa.me/"
ASKED = frozenset({Status.OPEN, Status.UNCOLLECTIBLE})
HARD_SPACES = {ord("\u00a0"): " ", ord("\u202f"): " "}
NO_PHONE = gettext_lazy("The customer has no phone number that WhatsApp takes.")
NOT_OPEN = gettext_lazy("There is nothing to pay.")
NOT_LIVE = gettext_lazy("This is a test invoice.")


@dataclass(frozen=True)
class Asked:
    """A part, of how many."""

    part: PartQuote
    count: int
    is_late: bool


@dataclass(frozen=True)
class Chat:
    """`url` is empty when there is none; then `reason` says why."""

    url: str = ""
    reason: str | Promise = ""


def chat(invoice: Invoice, on: date) -> Chat:
    """With what an e-mail of that day asks for: of a payment schedule, its first open part."""
    quoted, part = ledger.asked(invoice, on) if invoice.status in ASKED else (None, None)
    if quoted is None or part is None or part.total <= 0:
        return Chat(reason=NOT_OPEN)
    if not invoice.live_mode:
        return Chat(reason=NOT_LIVE)
    digits = phone(invoice)
    if not digits:
        return Chat(reason=NO_PHONE)
    asked = Asked(part, len(quoted.parts), on > part.late_from)
    return Chat(f"{ADDRESS}{digits}?text={encoded(text(invoice, asked), safe='')}")


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


def text(invoice: Invoice, asked: Asked) -> str:
    """In the invoice's language; the Pix code comes last, on a line of its own, so that it can be copied."""
    with translation.override(invoice.language):
        link = "" if invoice.token_revoked_at else pdf.public_url(invoice.token)
        part = asked.part.index if asked.count > 1 else None
        code = ways.pix_code(invoice, asked.part.total, part)
        parts = [
            _greeting(invoice, asked),
            _("To see and pay it: %(link)s") % {"link": link} if link else "",
            _("If you have paid already, please disregard this message. Thank you!"),
            _("Pix code to copy and paste:") + f"\n{code}" if code else "",
        ]
    return "\n\n".join(filter(None, parts)).translate(HARD_SPACES)


def _greeting(invoice: Invoice, asked: Asked) -> str:
    issuer, payer = pdf.parties(invoice)
    values = {
        "name": payer["name"],
        "business": issuer["name"],
        "number": invoice.number,
        "amount": format_money(asked.part.total, invoice.currency, invoice.language),
        "day": short_date(asked.part.due_on, invoice.language),
        "part": asked.part.index + 1,
        "count": asked.count,
    }
    return _sentence(asked) % values


def _sentence(asked: Asked) -> str:
    if asked.count > 1 and asked.is_late:
        return _(
            "Hello %(name)s, this is %(business)s. Part %(part)d of %(count)d of invoice %(number)s "
            "was due on %(day)s; today the amount is %(amount)s."
        )
    if asked.count > 1:
        return _(
            "Hello %(name)s, this is %(business)s. Part %(part)d of %(count)d of invoice %(number)s, "
            "of %(amount)s, is due on %(day)s."
        )
    if asked.is_late:
        return _(
            "Hello %(name)s, this is %(business)s. Invoice %(number)s was due on %(day)s; "
            "today the amount is %(amount)s."
        )
    return _("Hello %(name)s, this is %(business)s. Your invoice %(number)s of %(amount)s is due on %(day)s.")
