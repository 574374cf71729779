"""What a message says, worked out before it is laid out: the same facts for HTML, plain text and the preview."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from businesses.models import Business
from core.colours import Palette, palette
from core.dates import short_date
from core.languages import tag
from core.money import format_money
from core.taxids import label_tax_id
from core.text import initial
from core.validators import format_phone
from invoices.models import Invoice
from invoices.pdf import parties, public_url
from invoices.quote import PartQuote, Quote
from invoices.quote_words import explain
from invoices.status import Status
from invoices.ways import pix_code
from notifications.mail import links, wording
from notifications.mail.models import REMINDERS, Kind, Message
from notifications.mail.wording import Words
from payments import ledger
from payments.models import CreditNote, Payment

Row = tuple[str, str]
TONES = {Kind.OVERDUE: "bad", Kind.PAID: "good", Kind.TROUBLE: "bad"}


@dataclass(frozen=True)
class Sender:
    """Whose message it is. `logo` is the address of a picture, "" for the initial."""

    name: str
    email: str
    palette: Palette
    logo: str = ""
    lines: tuple[str, ...] = ()

    @property
    def initial(self) -> str:
        return initial(self.name)


@dataclass(frozen=True)
class Letter:
    """`preheader` is what a mailbox shows beside the subject; `unsubscribe` an address, "" where nobody may."""

    kind: str
    language: str
    sender: Sender
    subject: str
    greeting: str
    intro: tuple[str, ...]
    amount_label: str = ""
    amount: str = ""
    amount_note: str = ""
    rows: tuple[Row, ...] = ()
    button: str = ""
    url: str = ""
    pix: str = ""
    unsubscribe: str = ""
    is_test: bool = False

    @property
    def tag(self) -> str:
        return tag(self.language)

    @property
    def tone(self) -> str:
        return TONES.get(Kind(self.kind), "")

    @property
    def preheader(self) -> str:
        return " · ".join(filter(None, [self.amount, self.amount_note, *self.intro[:1]]))[:140]


@dataclass(frozen=True)
class Money:
    """What the amount in the message is; minor units of the invoice's currency."""

    label: str
    amount: int
    note: str = ""
    rows: tuple[Row, ...] = ()
    pix: str = ""
    due_on: date | None = None


def letter(message: Message, now: datetime, words: Words | None = None) -> Letter:
    """Of a message about an invoice, in its language and with today's amounts."""
    with translation.override(message.language):
        return _letter(message, message.invoice, now, words)


def _letter(message: Message, invoice: Any, now: datetime, words: Words | None) -> Letter:
    kind = Kind(message.kind)
    money = money_of(message, invoice, invoice.business.today(now))
    url = "" if invoice.token_revoked_at else f"{public_url(invoice.token)}?m={message.public_id}"
    values = _values(invoice, money, url, message.language)
    said = words or wording.of(invoice.business_id, kind, message.language)
    return Letter(
        kind=kind,
        language=message.language,
        sender=sender(invoice),
        subject=_subject(wording.filled(said.subject, values), invoice),
        greeting=_("Hello %(name)s,") % {"name": values["customer"]},
        intro=paragraphs(wording.filled(said.intro, values)),
        amount_label=money.label,
        amount=values["amount"],
        amount_note=money.note,
        rows=((_("Invoice"), values["number"]), *_about(invoice), *money.rows),
        button=_("See and pay the invoice") if money.pix or _is_owed(invoice) else _("See the invoice"),
        url=url,
        pix=money.pix,
        unsubscribe=links.unsubscribe(message) if kind in REMINDERS else "",
        is_test=not invoice.live_mode,
    )


def _subject(text: str, invoice: Invoice) -> str:
    return one_line(text if invoice.live_mode else f"[{_('Test')}] {text}")


def one_line(text: str) -> str:
    """A subject has no line breaks: what follows one would be read as another header."""
    return " ".join(text.split())[:250]


def paragraphs(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split("\n\n") if part.strip())


def _values(invoice: Invoice, money: Money, url: str, language: str) -> dict[str, str]:
    issuer, payer = parties(invoice)
    return {
        "customer": payer["name"],
        "business": issuer["name"],
        "number": str(invoice),
        "amount": format_money(money.amount, invoice.currency, language),
        "due": short_date(money.due_on or invoice.due_on, language),
        "link": url,
    }


def _about(invoice: Invoice) -> list[Row]:
    return [(_("Subject"), invoice.title)] if invoice.title else []


def sender(invoice: Invoice) -> Sender:
    """As frozen at issue; answers go to where the business reads today."""
    issuer, _payer = parties(invoice)
    has_logo = bool(issuer["logo"]) and not invoice.token_revoked_at
    return Sender(
        issuer["name"],
        invoice.business.email,
        palette(issuer["accent"]),
        f"{public_url(invoice.token)}logo.png" if has_logo else "",
        _imprint(issuer, invoice.business),
    )


def _imprint(issuer: Mapping[str, Any], business: Business) -> tuple[str, ...]:
    tax_id = label_tax_id(issuer["tax_id"], issuer["tax_id_kind"])
    contact = [business.email, format_phone(business.phone), business.website]
    return tuple(
        filter(
            None,
            [" · ".join(filter(None, [issuer["legal_name"], tax_id])), " · ".join(filter(None, contact))],
        )
    )


def sender_of(business: Business) -> Sender:
    """For messages about no invoice, and samples."""
    issuer = {name: getattr(business, name) for name in ("legal_name", "tax_id", "tax_id_kind")}
    return Sender(business.name, business.email, palette(business.accent), "", _imprint(issuer, business))


def _is_owed(invoice: Invoice) -> bool:
    return invoice.status in (Status.OPEN, Status.UNCOLLECTIBLE)


def money_of(message: Message, invoice: Invoice, today: date) -> Money:
    if message.kind == Kind.PAID:
        return _paid(invoice)
    if message.kind == Kind.CREDITED:
        return _credited(message, invoice)
    return (
        _owed(invoice, today) if _is_owed(invoice) else Money(pgettext("amount", "Paid"), invoice.amount_paid)
    )


def _owed(invoice: Invoice, today: date) -> Money:
    """The next part: on its due day, or today when that is over, with fine and interest line by line."""
    now = ledger.owed(invoice, today)
    part = min((part for part in now.parts if part.remaining), key=lambda part: part.due_on, default=None)
    if part is None:
        return Money(_("Amount due"), now.total)
    on = max(part.late_from, today)
    quote = ledger.owed(invoice, on)
    part = quote.parts[part.index]
    several = len(quote.parts) > 1
    name = _("Part %(number)d of %(count)d") % {"number": part.index + 1, "count": len(quote.parts)}
    is_late = today > part.late_from
    return Money(
        name if several else _("Amount due today") if is_late else _("Amount due"),
        part.total,
        _when(part, invoice.language, is_late=is_late),
        () if several else _why(quote, part, invoice),
        pix_code(invoice, part.total, part.index if several else None),
        part.due_on,
    )


def _when(part: PartQuote, language: str, *, is_late: bool) -> str:
    """A day on which banks are closed counts as the next on which they are open."""
    days = {"day": short_date(part.due_on, language), "until": short_date(part.late_from, language)}
    if is_late:
        return _("was due on %(day)s") % days
    is_moved = part.late_from > part.due_on
    return (_("due on %(day)s, payable until %(until)s") if is_moved else _("due on %(day)s")) % days


def _why(quote: Quote, part: PartQuote, invoice: Invoice) -> tuple[Row, ...]:
    """Nothing when the amount is what the invoice says."""
    lines = explain(quote, invoice.currency, invoice.language)
    return tuple(lines) if len(lines) > 1 and part.total != invoice.amount_invoiced else ()


def _paid(invoice: Invoice) -> Money:
    payment = last_payment(invoice)
    if payment is None:
        return Money(pgettext("amount", "Paid"), invoice.amount_paid)
    day = short_date(payment.paid_on, invoice.language)
    rows = ((_("Received on"), day), (_("Method"), str(payment.get_method_display())))
    return Money(pgettext("amount", "Paid"), invoice.amount_paid, "", rows)


def last_payment(invoice: Invoice) -> Payment | None:
    row = invoice.allocations.filter(amount__gt=0).order_by("-pk").select_related("payment").first()
    return row.payment if row else None


def _credited(message: Message, invoice: Invoice) -> Money:
    note = note_of(message)
    if note is None:
        return Money(_("Credit"), invoice.credit_total)
    rows = ((_("Credit note"), note.number), (_("Reason"), note.reason))
    return Money(_("Credit"), note.total, "", rows)


def note_of(message: Message) -> CreditNote | None:
    key = message.event.subject.partition(":")[2]
    rows = CreditNote.objects.for_business(message.business_id)
    return rows.filter(pk=int(key)).first() if message.kind == Kind.CREDITED else None


def admin_url(name: str, *args: object) -> str:
    return settings.SITE_URL + reverse(f"admin:{name}", args=args)
