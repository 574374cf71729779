"""The ways to pay an issued invoice: which it offers, its Pix code for an amount, its boleto for a part.

All follow from what was frozen at issue; amounts are minor units. Nothing here asks a provider.
"""

import string
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any

from core import boleto, pix
from core.boleto_banks import BANKS, SAMPLE_BANK, BankAccount, as_typed, free_field, label, sample_free_field
from core.problems import Problem
from invoices.models import Invoice
from invoices.schedule import Part, parts_of

PART_LETTERS = string.digits + string.ascii_uppercase + string.ascii_lowercase
KEY_LENGTH = 24
PIX = {"pix", "bolepix"}
BOLETO = {"boleto", "bolepix"}
CARD = {"credit_card"}
TRANSFER = {"bank_transfer"}


@dataclass(frozen=True)
class Slip:
    """A boleto. A sample cannot be paid: no bank has its code."""

    part: int
    bank_name: str  # "" for a sample
    bank_code: str  # with its check digit, as printed
    place: str  # branch and beneficiary, as slips print them
    wallet: str
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
    if not key or amount <= 0 or not _takes_reais(invoice) or not offers(invoice, PIX):
        return ""
    with suppress(Problem):
        return pix.brcode(
            key,
            name=invoice.issuer["legal_name"] or invoice.issuer["name"],
            city=invoice.issuer.get("address", {}).get("city") or "BRASIL",
            amount=amount,
            txid=txid(invoice, part),
        )
    return ""


def txid(invoice: Invoice, part: int | None = None) -> str:
    """24 hexadecimal digits, and one more letter for a part of a schedule: 25 is the most that a static code holds."""
    return str(invoice.public_id) + (PART_LETTERS[part] if part is not None and invoice.schedule else "")


def part_of_txid(text: str) -> tuple[str, int | None]:
    """The invoice's public id and the part that a Pix reference names; None when it names no part."""
    key, letter = text[:KEY_LENGTH].lower(), text[KEY_LENGTH:]
    return key, PART_LETTERS.index(letter) if len(letter) == 1 and letter in PART_LETTERS else None


def slips(invoice: Invoice) -> list[Slip]:
    """A boleto for each part; none when it cannot be paid so. Only who asks for boletos by name gets samples."""
    if not _takes_reais(invoice) or not offers(invoice, BOLETO):
        return []
    makers: list[Callable[[Invoice, int, Part], Slip]] = []
    if invoice.our_number is not None:
        makers.append(_of_bank)
    if invoice.payable_with:
        makers.append(_sample)
    for make in makers:
        with suppress(Problem):
            return [make(invoice, i, part) for i, part in enumerate(_parts(invoice))]
    return []


def _takes_reais(invoice: Invoice) -> bool:
    """A draft has no frozen issuer yet, and nobody is to pay a test."""
    return bool(invoice.issuer) and invoice.live_mode and invoice.currency == "BRL"


def _account(invoice: Invoice) -> dict[str, Any]:
    return invoice.issuer.get("account") or {}


def _parts(invoice: Invoice) -> list[Part]:
    return parts_of(invoice.schedule) or [Part(invoice.due_on, invoice.amount_invoiced)]


def _of_bank(invoice: Invoice, index: int, part: Part) -> Slip:
    """Raises Problem when the account lacks what its bank needs, or the bank has no such number, date or amount."""
    holder = bank_account(_account(invoice))
    number = (invoice.our_number or 0) + index
    barcode = boleto.barcode(holder.bank, free_field(holder, number), due_on=part.due_on, amount=part.amount)
    bank = BANKS[holder.bank]
    return Slip(
        part=index,
        bank_name=bank.name,
        bank_code=bank.printed,
        place=f"{holder.branch} / {holder.agreement or holder.account}",
        wallet=holder.wallet,
        our_number=label(holder, number),
        line=boleto.formatted(boleto.line(barcode)),
        barcode=barcode,
        due_on=part.due_on,
        amount=part.amount,
        is_sample=False,
    )


def bank_account(account: dict[str, Any]) -> BankAccount:
    """A frozen receiving account for the bank's rules: `1234-5` without the check digit behind its hyphen."""
    names = ("bank_code", "branch", "number", "wallet", "agreement")
    return as_typed(*(account.get(name, "") for name in names))


def _sample(invoice: Invoice, index: int, part: Part) -> Slip:
    number = (invoice.our_number or invoice.pk) + index
    barcode = boleto.barcode(SAMPLE_BANK, sample_free_field(number), due_on=part.due_on, amount=part.amount)
    return Slip(
        part=index,
        bank_name="",
        bank_code=f"{SAMPLE_BANK}-0",
        place="0000 / 0000000",
        wallet="00",
        our_number=str(number),
        line=boleto.formatted(boleto.line(barcode)),
        barcode=barcode,
        due_on=part.due_on,
        amount=part.amount,
        is_sample=True,
    )
