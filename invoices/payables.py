"""What is printed to be paid: a Pix code with its picture, a boleto's slip, and the rules behind the amount.

Everything is read from what was frozen at issue; the words are in the active language.
"""

from dataclasses import replace
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from businesses.terms import Terms
from core import taxids
from core.addresses import Address
from core.barcodes import itf_svg, qr_svg, svg_uri
from core.dates import short_date
from core.money import format_money
from invoices import quote_words, ways
from invoices.models import Invoice
from invoices.paper import PaperPix, PaperSlip
from invoices.ways import Slip

CROSS = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 103 13" preserveAspectRatio="none">'
    '<path d="M0 0L103 13M0 13L103 0M0 6.5H103" stroke="#b91c1c" stroke-width="2"/></svg>'
)
CROSSED_OUT = svg_uri(CROSS)
"""Any straight way through all the bars meets it: whoever scans a sample reads nothing."""


def pix(invoice: Invoice, amount: int, part: int | None = None) -> PaperPix | None:
    """The code for an amount in minor units; None when the invoice cannot be paid by Pix."""
    code = ways.pix_code(invoice, amount, part)
    if not code:
        return None
    return PaperPix(code, svg_uri(qr_svg(code, label=_("Pix QR code"))), _money(invoice, amount))


def slip(invoice: Invoice, row: Slip, document: str = "") -> PaperSlip:
    """A boleto as its slip shows it; `document` is its number when it is not the invoice's own."""
    issuer, payer = invoice.issuer, invoice.payer
    return PaperSlip(
        bank=row.bank_name,
        bank_code=row.bank_code,
        line=row.line,
        barcode=svg_uri(itf_svg(row.barcode, label=_("Bar code of the boleto"))),
        crossed_out=CROSSED_OUT if row.is_sample else "",
        beneficiary=party_line(issuer),
        beneficiary_address=address_line(issuer, invoice.language),
        payer=party_line(payer),
        payer_address=address_line(payer, invoice.language),
        place=row.place,
        wallet=row.wallet,
        our_number=row.our_number,
        document=document or str(invoice.number),
        issued=short_date(invoice.issue_on, invoice.language),
        due=short_date(row.due_on, invoice.language),
        amount=_money(invoice, row.amount),
        rules=tuple(rules(invoice, row.due_on, row.amount)),
    )


def rules(invoice: Invoice, due_on: date, amount: int) -> list[str]:
    """What paying early saves and paying late costs of `amount` minor units."""
    terms = Terms.of(invoice.payment_terms)
    found = quote_words.rules(terms, invoice.currency, due_on, invoice.language, amount=amount)
    return [_unbroken(rule) for rule in found]


def late_rules(invoice: Invoice) -> list[str]:
    """Only what paying late costs: the part that is the same for every part of a schedule."""
    terms = replace(Terms.of(invoice.payment_terms), tiers=(), per_day="")
    found = quote_words.rules(terms, invoice.currency, invoice.due_on, invoice.language)
    return [_unbroken(rule) for rule in found]


def _unbroken(rule: str) -> str:
    """No line begins with a percent sign."""
    return rule.replace(" %", "\u00a0%")


def _money(invoice: Invoice, amount: int) -> str:
    return format_money(amount, invoice.currency, invoice.language)


def party_line(party: dict[str, str]) -> str:
    """The legal name; the slip cuts what is too long."""
    return party["legal_name"] or party["name"]


def address_line(party: dict[str, Any], language: str) -> str:
    """Tax id first, since the end of a long address is cut, and the address without its country."""
    address = Address(**party["address"])
    tax_id = taxids.label_tax_id(party["tax_id"], party["tax_id_kind"])
    lines = ", ".join(address.lines(home=address.country, language=language))
    return " · ".join(filter(None, [tax_id, lines]))
