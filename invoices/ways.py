"""The ways to pay an issued invoice: which it offers, its Pix code for an amount, its boleto for a part.

All follow from what was frozen at issue; amounts are minor units. Nothing here asks a provider.
"""

import string
from dataclasses import dataclass
from datetime import date
from typing import Any

from core import boleto, pix
from core.boleto_banks import BANKS, BankAccount, free_field, label, sample_free_field
from invoices.models import Invoice
from invoices.schedule import Part, parts_of

PART_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
SAMPLE_BANK = "000"
PIX_METHODS = {"pix", "bolepix"}
BOLETO_METHODS = {"boleto", "bolepix"}


@dataclass(frozen=True)
class Slip:
    """A boleto. A sample cannot be paid: no bank knows it."""

    part: int
    bank_name: str
    bank_code: str  # with its check digit, as printed
    our_number: str
    line: str  # the 47 digits, grouped
    barcode: str
    due_on: date
    amount: int
    is_sample: bool


def offers(invoice: Invoice, methods: set[str]) -> bool:
    """Whether the invoice may be paid by one of these; one that names no method takes them all."""
    return not invoice.payable_with or bool(methods & set(invoice.payable_with))


def pix_code(invoice: Invoice, amount: int, part: int | None = None) -> str:
    """The Pix code for an amount, with a reference that names the invoice and part; "" when it cannot be paid so."""
    key = _account(invoice).get("pix_key", "")
    if not key or invoice.currency != "BRL" or not offers(invoice, PIX_METHODS):
        return ""
    return pix.brcode(
        key,
        name=invoice.issuer["legal_name"] or invoice.issuer["name"],
        city=invoice.issuer.get("address", {}).get("city") or "BRASIL",
        amount=amount,
        txid=txid(invoice, part),
    )


def txid(invoice: Invoice, part: int | None = None) -> str:
    """24 hex digits, and one more letter for a part of a schedule."""
    return invoice.public_id + (PART_LETTERS[part] if part is not None and parts_of(invoice.schedule) else "")


def part_of_txid(text: str) -> tuple[str, int | None]:
    """The invoice's public id and the part that a Pix reference names."""
    key, letter = text[:24], text[24:]
    return key, PART_LETTERS.index(letter) if letter else None


def slips(invoice: Invoice) -> list[Slip]:
    """A boleto for each part; none when it cannot be paid so. Only who asks for boletos by name gets samples."""
    if invoice.currency != "BRL" or not offers(invoice, BOLETO_METHODS):
        return []
    account = _account(invoice)
    if not (account.get("bank_code") and invoice.our_number) and not invoice.payable_with:
        return []
    parts = parts_of(invoice.schedule) or [Part(invoice.due_on, invoice.amount_invoiced)]
    return [_slip(invoice, account, i, part) for i, part in enumerate(parts)]


def _account(invoice: Invoice) -> dict[str, Any]:
    return invoice.issuer.get("account") or {}


def _slip(invoice: Invoice, account: dict[str, Any], index: int, part: Part) -> Slip:
    bank = BANKS.get(account.get("bank_code", ""))
    number = (invoice.our_number or invoice.pk) + index
    if bank is None or invoice.our_number is None:
        field, code, name, printed = sample_free_field(number), SAMPLE_BANK, "", f"{SAMPLE_BANK}-0"
        our_number = str(number)
    else:
        holder = BankAccount(
            *(account[key] for key in ("bank_code", "branch", "number", "wallet", "agreement"))
        )
        field, code, name, printed = free_field(holder, number), holder.bank, bank.name, bank.printed
        our_number = label(holder, number)
    barcode = boleto.barcode(code, field, due_on=part.due_on, amount=part.amount)
    line = boleto.formatted(boleto.line(barcode))
    sample = bank is None or invoice.our_number is None
    return Slip(index, name, printed, our_number, line, barcode, part.due_on, part.amount, sample)
