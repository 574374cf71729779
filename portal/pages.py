"""An issued invoice as its public page shows it: words and formatted amounts in the active language."""

import sys
from collections.abc import Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import prefetch_related_objects
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from phonenumbers import NumberParseException

from core.addresses import Address
from core.colours import Palette, palette
from core.languages import language
from core.taxids import mask_cpf
from core.text import clean_html, initial
from core.validators import format_phone
from invoices.models import Attachment, Invoice, Line, Mark
from invoices.pdf import ACCOUNT_LABELS, AMOUNT_LABELS
from invoices.schedule import parts_of
from invoices.status import Situation, Status
from invoices.summary import of_invoice, tax_label
from portal import words

PAYABLE = {
    Situation.SCHEDULED,
    Situation.OPEN,
    Situation.PARTIALLY_PAID,
    Situation.OVERDUE,
    Situation.UNCOLLECTIBLE,
}

MARKS = {Situation.PAID: Mark.PAID, Situation.VOID: Mark.VOID}
COPIED = {"pix_key", "number", "iban"}
SIZES = ((12, ""), (19, "long"), (sys.maxsize, "longer"))
"""Characters of the amount → how large it can be on a phone."""
MOST_FIGURES = 38
"""Characters of quantity, price and amount that leave a description room beside them; more go below it."""


@dataclass(frozen=True)
class Fact:
    label: str
    value: str
    copied: bool = False  # worth a copy button
    wide: bool = False


@dataclass(frozen=True)
class Item:
    name: str
    detail: str
    note: str
    quantity: str
    unit_price: str
    amount: str


@dataclass(frozen=True)
class Sum:
    label: str
    amount: str
    weight: str  # as in invoices.summary


@dataclass(frozen=True)
class File:
    name: str
    href: str
    size: str
    elsewhere: bool


@dataclass(frozen=True)
class Party:
    name: str
    legal_name: str
    tax_id: str
    lines: list[str]
    email: str
    phone: str
    website: str

    @property
    def initial(self) -> str:
        return initial(self.name)


@dataclass(frozen=True)
class Headline:
    label: str
    amount: str
    size: str  # "" | "long" | "longer"
    note: str
    day: str
    iso: str
    paid: str
    paid_share: str  # percent


@dataclass(frozen=True)
class Page:
    title: str
    number: str
    state: Situation
    headline: Headline
    issuer: Party
    payer: Party
    facts: list[Fact]
    account: list[Fact]
    description: str
    items: list[Item]
    in_columns: bool
    sums: list[Sum]
    parts: list[Fact]
    terms: SafeString
    files: list[File]
    palette: Palette
    logo: str
    pdf: str
    is_test: bool


def build(invoice: Invoice, now: datetime) -> Page:
    """Everything the template prints. Four queries: lines, their taxes, charges, attachments."""
    prefetch_related_objects([invoice], "lines__taxes", "charges", "attachments")
    zone = ZoneInfo(invoice.issuer.get("time_zone") or invoice.business.time_zone)
    today = words.day_in(zone, now)
    state = invoice.situation(today)
    home = _country(invoice.payer) or _country(invoice.issuer)
    items = [_item(line, invoice) for line in invoice.lines.all()]
    return Page(
        title=invoice.title or _("Invoice"),
        number=str(invoice),
        state=state,
        headline=_headline(invoice, state, today, zone),
        issuer=_party(invoice.issuer, home),
        payer=_party(invoice.payer | {"address": {}}, home),
        facts=list(_facts(invoice)),
        account=list(_account(invoice)) if state in PAYABLE and invoice.live_mode else [],
        description=invoice.description,
        items=items,
        in_columns=_fit_in_columns(items),
        sums=_sums(invoice),
        parts=_parts(invoice),
        terms=_terms(invoice.terms),
        files=[_file(row, invoice) for row in invoice.attachments.all()],
        palette=palette(invoice.issuer.get("accent", "")),
        logo=reverse("portal:logo", args=[invoice.token]) if invoice.issuer.get("logo") else "",
        pdf=reverse("portal:pdf", args=[invoice.token]),
        is_test=not invoice.live_mode,
    )


def _headline(invoice: Invoice, state: Situation, today: date, zone: ZoneInfo) -> Headline:
    """The amount that matters now, and what there is to know about it."""
    settled = state in (Situation.PAID, Situation.VOID)
    amount = {Situation.PAID: invoice.amount_due, Situation.VOID: invoice.total}.get(
        state, invoice.amount_remaining
    )
    shown = words.money(amount, invoice.currency)
    partly = bool(invoice.amount_paid) and not settled
    return Headline(
        label=str(AMOUNT_LABELS[MARKS.get(state, Mark.ISSUED)]),
        amount=shown,
        size=next(name for most, name in SIZES if len(shown) <= most),
        note=_note(invoice, state, today, zone),
        day="" if settled else words.day(invoice.due_on),
        iso=invoice.due_on.isoformat(),
        paid=_paid_so_far(invoice) if partly else "",
        paid_share=str(100 * invoice.amount_paid // invoice.amount_due) if partly else "",
    )


def _note(invoice: Invoice, state: Situation, today: date, zone: ZoneInfo) -> str:
    if state == Situation.VOID:
        return _("This invoice was cancelled. There is nothing to pay.")
    if state == Situation.PAID:
        day = words.day(words.day_in(zone, invoice.paid_at))
        return (
            _("Paid on %(day)s. Thank you!") % {"day": day}
            if invoice.total
            else _("There is nothing to pay.")
        )
    if state == Situation.PROCESSING:
        return _("A payment is on its way.")
    return words.due(invoice.due_on, today)


def _paid_so_far(invoice: Invoice) -> str:
    paid, whole = (
        words.money(amount, invoice.currency) for amount in (invoice.amount_paid, invoice.amount_due)
    )
    return _("%(paid)s of %(total)s paid") % {"paid": paid, "total": whole}


def _facts(invoice: Invoice) -> Iterator[Fact]:
    yield Fact(_("Issued"), words.day(invoice.issue_on))
    if invoice.status != Status.VOID:
        yield Fact(_("Due"), words.day(invoice.due_on))
    if invoice.period_start and invoice.period_end:
        yield Fact(
            _("Service period"),
            f"{words.day(invoice.period_start)} – {words.day(invoice.period_end)}",
            wide=True,
        )


def _account(invoice: Invoice) -> Iterator[Fact]:
    """Where to pay; nothing when the account has only a name."""
    account = invoice.issuer.get("account") or {}
    rows = [(key, label) for key, label in ACCOUNT_LABELS.items() if account.get(key)]
    if rows:
        yield from (Fact(str(label), account[key], copied=key in COPIED) for key, label in rows)
        yield Fact(_("Payee"), invoice.issuer.get("legal_name") or invoice.issuer.get("name", ""))
        yield Fact(_("Reference"), str(invoice), copied=True)


def _party(snapshot: dict[str, Any], home: str) -> Party:
    """A frozen party, with no more than the page needs: a CPF is masked."""
    known = {field.name for field in fields(Address)}
    address = Address(**{key: text for key, text in snapshot.get("address", {}).items() if key in known})
    name, legal_name = snapshot.get("name", ""), snapshot.get("legal_name", "")
    return Party(
        name=name,
        legal_name=legal_name if legal_name != name else "",
        tax_id=mask_cpf(snapshot.get("tax_id", ""), snapshot.get("tax_id_kind", "")),
        lines=address.lines(home=home, language=language()),
        email=snapshot.get("email", ""),
        phone=_phone(snapshot.get("phone", "")),
        website=snapshot.get("website", ""),
    )


def _country(snapshot: dict[str, Any]) -> str:
    return str(snapshot.get("address", {}).get("country", ""))


def _phone(number: str) -> str:
    try:
        return format_phone(number)
    except NumberParseException:
        return number


def _item(line: Line, invoice: Invoice) -> Item:
    """The amount is quantity times price, so that the column adds up to the subtotal."""
    return Item(
        name=line.name,
        detail=line.detail,
        note=" · ".join(_line_notes(line, invoice)),
        quantity=words.quantity(line.quantity, line.unit),
        unit_price=words.unit_price(line.unit_price, invoice.currency),
        amount=words.money(line.gross, invoice.currency),
    )


def _fit_in_columns(items: list[Item]) -> bool:
    columns = zip(*((item.quantity, item.unit_price, item.amount) for item in items), strict=True)
    return sum(max(map(len, column)) for column in columns) <= MOST_FIGURES


def _line_notes(line: Line, invoice: Invoice) -> Iterator[str]:
    if line.discount_percent:
        yield _("%(percent)s%% discount") % {"percent": words.number(line.discount_percent)}
    if line.discount_amount:
        yield _("%(amount)s discount") % {"amount": words.money(line.discount_amount, invoice.currency)}
    for tax in line.taxes.all():
        yield tax_label(tax, language())


def _parts(invoice: Invoice) -> list[Fact]:
    parts = parts_of(invoice.schedule)
    return [Fact(words.day(part.due_on), words.money(part.amount, invoice.currency)) for part in parts]


def _sums(invoice: Invoice) -> list[Sum]:
    rows = of_invoice(invoice, language())
    return [Sum(row.label, words.money(row.amount, invoice.currency), row.weight) for row in rows]


def _terms(html: str) -> SafeString:
    """Cleaned when it was saved and again here, where a page believes it."""
    return mark_safe(clean_html(html))  # noqa: S308


def _file(row: Attachment, invoice: Invoice) -> File:
    href = reverse("portal:file", args=[invoice.token, row.public_id]) if row.key else row.url
    return File(row.name, href, filesizeformat(row.size) if row.size else "", elsewhere=not row.key)
