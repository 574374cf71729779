"""From an invoice's rows to the strings on its paper: the frozen parties of an issued one, today's of a draft."""

import base64
from datetime import date
from typing import Any

from django.conf import settings
from django.core.files.storage import default_storage
from django.db.models import prefetch_related_objects
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core import files, taxids
from core.addresses import Address
from core.dates import short_date
from core.money import format_money
from core.numbers import number_text, unit_price_text
from core.validators import format_phone
from invoices import frozen, payables, ways
from invoices.models import Invoice, Line, Mark
from invoices.paper import Paper, PaperLine, PaperPart, PaperParty, PaperRow
from invoices.status import Situation, Status
from invoices.summary import Row, of_invoice, tax_label

AMOUNT_LABELS = {
    Mark.ISSUED: gettext_lazy("Amount due"),
    Mark.PAID: gettext_lazy("Amount paid"),
    Mark.VOID: gettext_lazy("Total"),
}
ACCOUNT_LABELS = {
    "pix_key": gettext_lazy("Pix key"),
    "bank": gettext_lazy("Bank"),
    "branch": gettext_lazy("Branch"),
    "number": gettext_lazy("Account"),
    "iban": "IBAN",
}
"""In the order in which a banking app asks."""
MARK_SITUATION = {Mark.PAID: Situation.PAID, Mark.VOID: Situation.VOID, Mark.ISSUED: Situation.OPEN}


def paper(invoice: Invoice, mark: str = Mark.ISSUED) -> Paper:
    """The invoice's page; `mark` says which copy of an issued invoice it is, a draft is always marked so."""
    with translation.override(invoice.language):
        return _paper(invoice, mark)


def _paper(invoice: Invoice, mark: str) -> Paper:
    prefetch_related_objects([invoice], "lines__taxes", "charges")
    issuer, payer = parties(invoice)
    is_draft = invoice.status == Status.DRAFT
    is_payable = mark == Mark.ISSUED and invoice.live_mode
    is_asked = is_payable and not is_draft and not invoice.token_revoked_at
    situation = Situation.DRAFT if is_draft else MARK_SITUATION[Mark(mark)]
    due = short_date(invoice.due_on, invoice.language)
    return Paper(
        language=invoice.language,
        title=invoice.title or _("Invoice"),
        number=invoice.number or "",
        mark="draft" if is_draft else ("" if mark == Mark.ISSUED else str(mark)),
        status=str(situation.label),
        status_tone=situation.tone,
        **letterhead(issuer, payer, invoice.language),
        dates=tuple(_dates(invoice, due)),
        amount_label=str(AMOUNT_LABELS[Mark(mark)]),
        amount=_money(invoice, _amount(invoice, mark)),
        amount_note="" if mark != Mark.ISSUED else _("by %(date)s") % {"date": due},
        lines=tuple(_line(invoice, line) for line in invoice.lines.all()),
        totals=tuple(_total(invoice, row) for row in _summary(invoice, mark)),
        schedule=tuple(_schedule(invoice)),
        description=invoice.description,
        terms_html=invoice.terms,
        account=tuple(_account(invoice, issuer["account"])) if is_payable else (),
        link=public_url(invoice.token) if is_asked else "",
        attachments=tuple(invoice.attachments.values_list("name", "url")),
        is_test=not invoice.live_mode,
        rules=tuple(_rules(invoice)) if mark == Mark.ISSUED and not is_draft else (),
        **(_payable(invoice) if is_asked else {}),
    )


def letterhead(issuer: dict[str, Any], payer: dict[str, Any], language: str) -> dict[str, Any]:
    """Both parties and the issuer's look, as `Paper` takes them."""
    return {
        "issuer": _issuer(issuer, language),
        "payer": _payer(payer, issuer["address"].get("country", ""), language),
        "accent": issuer["accent"],
        "logo": _logo(issuer["logo"]),
        "footer": " · ".join(filter(None, [issuer["legal_name"], _tax_id(issuer)])),
    }


def _amount(invoice: Invoice, mark: str) -> int:
    """A copy as issued says what was asked for then, whatever has been paid, credited or let go since."""
    if mark == Mark.VOID:
        return invoice.total
    return invoice.amount_due if mark == Mark.PAID else invoice.amount_invoiced


def _rules(invoice: Invoice) -> list[str]:
    if invoice.schedule.get("parts"):
        return payables.late_rules(invoice)
    return payables.rules(invoice, invoice.due_on, invoice.amount_invoiced)


def _payable(invoice: Invoice) -> dict[str, Any]:
    """The codes to pay all of it at once; a schedule's parts have theirs in the booklet."""
    slips = ways.slips(invoice)
    pix = payables.pix(invoice, invoice.amount_invoiced)
    if invoice.schedule.get("parts"):
        return {"has_booklet": bool(slips or pix)}
    return {"pix": pix, "slip": payables.slip(invoice, slips[0]) if slips else None}


def public_url(token: str) -> str:
    """The page on which the payer sees and pays it."""
    return f"{settings.SITE_URL}/i/{token}/"


def parties(invoice: Invoice) -> tuple[dict[str, Any], dict[str, Any]]:
    """Issuer and payer: the copies frozen at issue, or the rows as they are while it is a draft."""
    if invoice.issuer:
        return invoice.issuer, invoice.payer
    return frozen.issuer(invoice.business, invoice.account), frozen.payer(invoice.customer)


def _money(invoice: Invoice, amount: int) -> str:
    return format_money(amount, invoice.currency, invoice.language)


def _tax_id(party: dict[str, Any]) -> str:
    return taxids.label_tax_id(party["tax_id"], party["tax_id_kind"])


def _other_name(party: dict[str, Any]) -> str:
    return party["legal_name"] if party["legal_name"] != party["name"] else ""


def _issuer(party: dict[str, Any], language: str) -> PaperParty:
    address = Address(**party["address"])
    contact = " · ".join(filter(None, [party["email"], format_phone(party["phone"])]))
    lines = [*address.lines(home=address.country, language=language), contact, party["website"]]
    return PaperParty(party["name"], _other_name(party), _tax_id(party), tuple(filter(None, lines)))


def _payer(party: dict[str, Any], home: str, language: str) -> PaperParty:
    lines = [*Address(**party["address"]).lines(home=home, language=language), *party["emails"][:1]]
    return PaperParty(party["name"], _other_name(party), _tax_id(party), tuple(lines))


def _dates(invoice: Invoice, due: str) -> list[tuple[str, str]]:
    rows = [(_("Issued"), short_date(invoice.issue_on, invoice.language)), (_("Due"), due)]
    if invoice.period_start and invoice.period_end:
        period = [short_date(day, invoice.language) for day in (invoice.period_start, invoice.period_end)]
        rows.append((_("Service period"), " – ".join(period)))
    return rows


def _line(invoice: Invoice, line: Line) -> PaperLine:
    taxes = [tax for tax in line.taxes.all() if not tax.withheld]
    return PaperLine(
        name=line.name,
        detail=line.detail,
        quantity=number_text(line.quantity, invoice.language),
        unit=line.unit,
        unit_price=unit_price_text(line.unit_price, invoice.currency, invoice.language),
        discount=_own_discount(invoice, line),
        taxes=", ".join(dict.fromkeys(tax_label(tax, invoice.language) for tax in taxes)),
        total=_money(invoice, line.gross),
    )


def _own_discount(invoice: Invoice, line: Line) -> str:
    """What was taken off this line alone; the amounts of the column add up to the subtotal before discounts."""
    percent = f"{number_text(line.discount_percent, invoice.language)} %" if line.discount_percent else ""
    amount = _money(invoice, line.discount_amount) if line.discount_amount else ""
    return " + ".join(filter(None, [percent, amount]))


def _summary(invoice: Invoice, mark: str) -> list[Row]:
    is_draft = invoice.status == Status.DRAFT
    return of_invoice(invoice, invoice.language, None if is_draft else Mark(mark))


def _total(invoice: Invoice, row: Row) -> PaperRow:
    return PaperRow(row.label, _money(invoice, row.amount), row.weight)


def _schedule(invoice: Invoice) -> list[PaperPart]:
    parts = invoice.schedule.get("parts", [])
    return [
        PaperPart(
            f"{i}/{len(parts)}",
            short_date(date.fromisoformat(part["due_on"]), invoice.language),
            _money(invoice, part["amount"]),
        )
        for i, part in enumerate(parts, 1)
    ]


def _account(invoice: Invoice, account: dict[str, str]) -> list[tuple[str, str]]:
    """Where to pay by hand: of what the account has, what the invoice may be paid by."""
    offered = {
        name: str(label)
        for name, label in ACCOUNT_LABELS.items()
        if ways.offers(invoice, ways.PIX if name == "pix_key" else ways.TRANSFER)
    }
    return [(label, account[name]) for name, label in offered.items() if account.get(name)]


def _logo(key: str) -> str:
    """The logo as a data: address; a missing file shows the initial instead."""
    if not key or not default_storage.exists(key):
        return ""
    return "data:image/png;base64," + base64.b64encode(files.read(key)).decode()
