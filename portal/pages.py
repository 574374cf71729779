"""An issued invoice as its public page shows it: words and formatted amounts in the active language."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Prefetch, prefetch_related_objects
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
from invoices.pdf import AMOUNT_LABELS
from invoices.status import Situation, Status
from invoices.summary import of_invoice, tax_label
from payments.models import Allocation
from portal import dues, history, pay, words
from portal.asked import Day
from portal.dues import Due, Row, Why
from portal.history import Entry
from portal.pay import Fact, Ways

MARKS = {Situation.PAID: Mark.PAID, Situation.VOID: Mark.VOID}
SIZES = ((12, ""), (19, "long"), (sys.maxsize, "longer"))
"""Characters of the amount → how large it can be on a phone."""
MOST_FIGURES = 38
"""Characters of quantity, price and amount that leave a description room beside them; more go below it."""


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
class Payment:
    """The part of the page that asks for money; `ways` says nothing when there is none to ask for."""

    why: Why | None
    day: Day | None
    parts: list[Row]
    everything: Row | None
    ways: Ways
    here: str  # the page again, as it is
    today: str  # the page again, for today
    kept: list[tuple[str, str]]  # what the date's form repeats
    problems: list[str]
    carne: str


@dataclass(frozen=True)
class Page:
    title: str
    number: str
    state: Situation
    headline: Headline
    issuer: Party
    payer: Party
    facts: list[Fact]
    pay: Payment
    history: list[Entry]
    description: str
    items: list[Item]
    in_columns: bool
    sums: list[Sum]
    terms: SafeString
    files: list[File]
    palette: Palette
    logo: str
    pdf: str
    status: str
    version: str  # "" when nothing is awaited
    is_test: bool
    has_mailbox: bool
    mine: str
    is_thanked: bool
    language_link: str


def build(invoice: Invoice, now: datetime, query: Mapping[str, str]) -> Page:
    """Everything the template prints. Eight queries: lines, their taxes, charges, attachments, allocations with
    their payments, waivers, credit notes, who takes cards.
    """
    money = Prefetch("allocations", Allocation.objects.select_related("payment"))
    paper = ("lines__taxes", "charges", "attachments")
    prefetch_related_objects([invoice], *paper, money, "waivers", "credit_notes")
    today = today_of(invoice, now)
    state = invoice.situation(today)
    due = dues.of(invoice, query, today)
    home = _country(invoice.payer) or _country(invoice.issuer)
    items = [_item(line, invoice) for line in invoice.lines.all()]
    is_awaited = state in pay.PAYABLE or state == Situation.PROCESSING
    return Page(
        title=invoice.title or _("Invoice"),
        number=str(invoice),
        state=state,
        headline=_headline(invoice, state, due, now),
        issuer=_party(invoice.issuer, home),
        payer=_party(invoice.payer | {"address": {}}, home),
        facts=list(_facts(invoice)),
        pay=_payment(invoice, state, due),
        history=history.of(invoice),
        description=invoice.description,
        items=items,
        in_columns=_fit_in_columns(items),
        sums=_sums(invoice, due if state in pay.PAYABLE else None),
        terms=_terms(invoice.terms),
        files=[_file(row, invoice) for row in invoice.attachments.all()],
        palette=palette(invoice.issuer.get("accent", "")),
        logo=reverse("portal:logo", args=[invoice.token]) if invoice.issuer.get("logo") else "",
        pdf=reverse("portal:pdf", args=[invoice.token]),
        status=reverse("portal:status", args=[invoice.token]),
        version=version(invoice, today, len(invoice.waivers.all())) if is_awaited else "",
        is_test=not invoice.live_mode,
        has_mailbox=bool(invoice.payer.get("emails")),
        mine=reverse("portal:ask_mine", args=[invoice.token]),
        is_thanked="thanks" in query and is_awaited,
        language_link=due.address(invoice, lang="pt-br" if language() == "en" else "en"),
    )


def today_of(invoice: Invoice, now: datetime) -> date:
    """The day in the business's time zone, as it was at issue."""
    return words.day_in(_zone(invoice), now)


def _zone(invoice: Invoice) -> ZoneInfo:
    return ZoneInfo(invoice.issuer.get("time_zone") or invoice.business.time_zone)


def version(invoice: Invoice, today: date, waivers: int) -> str:
    """Another one whenever the page would say something else: after a change, a waiver, at midnight."""
    return f"{invoice.version}.{waivers}.{today.isoformat()}"


def _headline(invoice: Invoice, state: Situation, due: Due, now: datetime) -> Headline:
    """The amount that matters now, and what there is to know about it."""
    is_settled = state in (Situation.PAID, Situation.VOID)
    amount = {Situation.PAID: invoice.amount_due, Situation.VOID: invoice.total}.get(state, due.amount)
    shown = words.money(amount, invoice.currency)
    partly = bool(invoice.amount_paid) and not is_settled
    due_on = due.due_on
    return Headline(
        label=str(AMOUNT_LABELS[MARKS[state]]) if is_settled else dues.label(due),
        amount=shown,
        size=next(name for most, name in SIZES if len(shown) <= most),
        note=_note(invoice, state, due_on, due.day.today, now),
        day="" if is_settled or state == Situation.PROCESSING else words.day(due_on),
        iso=due_on.isoformat(),
        paid=_paid_so_far(invoice) if partly else "",
        paid_share=str(100 * invoice.amount_paid // invoice.amount_due) if partly else "",
    )


def _note(invoice: Invoice, state: Situation, due_on: date, today: date, now: datetime) -> str:
    if state == Situation.VOID:
        return _("This invoice was cancelled. There is nothing to pay.")
    if state == Situation.PAID:
        day = words.day(words.day_in(_zone(invoice), invoice.paid_at or now))
        is_free = not invoice.amount_paid
        return _("There is nothing to pay.") if is_free else _("Paid on %(day)s. Thank you!") % {"day": day}
    if state == Situation.PROCESSING:
        return _("A payment is on its way.")
    return words.due(due_on, today)


def _payment(invoice: Invoice, state: Situation, due: Due) -> Payment:
    is_asked = state in pay.PAYABLE
    ways = pay.ways_of(invoice, due) if pay.can_pay(invoice, state) else pay.NONE
    return Payment(
        why=dues.why(due, invoice.currency) if is_asked else None,
        day=due.day if is_asked and due.moves else None,
        parts=list(dues.rows(due, invoice, choosable=is_asked)),
        everything=dues.everything(due, invoice) if is_asked and due.is_scheduled else None,
        ways=ways,
        here=due.address(invoice),
        today=due.address(invoice, on=""),
        kept=due.repeated("lang", "part", "tip"),
        problems=[text for text in (due.day.problem if due.moves else "", due.chosen.problem) if text],
        carne=_carne(invoice, ways) if due.is_scheduled else "",
    )


def _carne(invoice: Invoice, ways: Ways) -> str:
    has_slips = ways.pix or ways.boleto
    return reverse("portal:carne", args=[invoice.token]) if has_slips else ""


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


def _sums(invoice: Invoice, due: Due | None) -> list[Sum]:
    """They end in what is left of the invoice itself; when today's amount is another, the words say so."""
    rows = of_invoice(invoice, language())
    if due and due.quote.total != due.quote.principal and rows[-1].label == _("Amount due"):
        rows[-1] = replace(rows[-1], label=_("Left, without discount, fine and interest"))
    return [Sum(row.label, words.money(row.amount, invoice.currency), row.weight) for row in rows]


def _terms(html: str) -> SafeString:
    """Cleaned when it was saved and again here, where a page believes it."""
    return mark_safe(clean_html(html))  # noqa: S308


def _file(row: Attachment, invoice: Invoice) -> File:
    href = reverse("portal:file", args=[invoice.token, row.public_id]) if row.key else row.url
    return File(row.name, href, filesizeformat(row.size) if row.size else "", elsewhere=not row.key)
