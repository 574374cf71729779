"""The booklet of a payment schedule (carnê): a slip for each part, three to a page, with its Pix code and boleto."""

from dataclasses import dataclass

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from core.dates import short_date
from core.languages import tag
from core.money import format_money
from core.paper import render
from core.problems import Conflict
from invoices import payables, ways
from invoices.documents import PATIENCE
from invoices.models import Invoice
from invoices.paper import PaperPix, PaperSlip, printable
from invoices.status import Status
from payments import ledger

SECONDS = 40
"""Sixty parts take about six; the rest is room for a busy machine."""

ASKING = {Status.OPEN, Status.UNCOLLECTIBLE}


@dataclass(frozen=True)
class PaperSlipOfPart:
    label: str
    due: str
    amount: str
    rules: tuple[str, ...]
    pix: PaperPix | None
    slip: PaperSlip | None
    is_paid: bool


@dataclass(frozen=True)
class Booklet:
    number: str
    issuer: str
    beneficiary: str
    beneficiary_address: str
    payer: str
    payer_address: str
    issued: str
    parts: tuple[PaperSlipOfPart, ...]


def carne(invoice: Invoice) -> bytes:
    """The booklet as a PDF, made anew each time; a part that is settled is marked paid and has no codes.

    Raises Conflict when the invoice has no schedule or asks for no money, PaperError when no PDF can be made now.
    """
    if not invoice.schedule.get("parts") or invoice.status not in ASKING or not invoice.live_mode:
        raise Conflict(_("Only an open invoice with a payment schedule has a booklet."))
    with translation.override(invoice.language):
        page = render_to_string(
            "paper/booklet.html", {"booklet": _booklet(invoice), "lang": tag(invoice.language)}
        )
    return render(printable(page), timeout=SECONDS, patience=PATIENCE)


def _booklet(invoice: Invoice) -> Booklet:
    issuer, payer = invoice.issuer, invoice.payer
    return Booklet(
        number=str(invoice.number),
        issuer=issuer["name"],
        beneficiary=payables.party_line(issuer),
        beneficiary_address=payables.address_line(issuer, invoice.language),
        payer=payables.party_line(payer),
        payer_address=payables.address_line(payer, invoice.language),
        issued=short_date(invoice.issue_on, invoice.language),
        parts=tuple(_parts(invoice)),
    )


def _parts(invoice: Invoice) -> list[PaperSlipOfPart]:
    quoted = ledger.owed(invoice, invoice.business.today()).parts
    slips = {slip.part: slip for slip in ways.slips(invoice)}
    found = []
    for part in quoted:
        label = f"{part.index + 1}/{len(quoted)}"
        is_paid, slip = not part.remaining, slips.get(part.index)
        found.append(
            PaperSlipOfPart(
                label=label,
                due=short_date(part.due_on, invoice.language),
                amount=format_money(part.remaining or part.amount, invoice.currency, invoice.language),
                rules=tuple(payables.rules(invoice, part.due_on, part.remaining or part.amount)),
                pix=None if is_paid else payables.pix(invoice, part.remaining, part.index),
                slip=payables.slip(invoice, slip) if slip and part.remaining == part.amount else None,
                is_paid=is_paid,
            )
        )
    return found
