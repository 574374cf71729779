"""From the subtotal down to what remains, as labelled rows; every amount is one of the invoice's columns."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from invoices.models import Invoice, LineTax
from invoices.pdf import tax_label
from invoices.status import Status
from portal import words


@dataclass(frozen=True)
class Sum:
    label: str
    amount: str
    weight: str = ""  # "" adds up, "strong" is a result, "aside" is told but already counted


def sums(invoice: Invoice) -> list[Sum]:
    """In the order in which they add up; a result that only repeats the one before is left out."""
    taxes = _taxes(invoice)
    steps = [*_discounts(invoice), *_added(invoice, taxes), *_charges(invoice)]
    included = [_tax(invoice, tax, amount) for tax, amount in taxes if tax.inclusive and not tax.withheld]
    start = [Sum(_("Subtotal"), words.money(invoice.subtotal, invoice.currency))] if steps else []
    total = Sum(_("Total"), words.money(invoice.total, invoice.currency), "strong")
    return [*start, *steps, total, *included, *_after(invoice, taxes)]


def _taxes(invoice: Invoice) -> list[tuple[LineTax, int]]:
    """Each tax once, with its amount over all lines."""
    amounts: dict[object, tuple[LineTax, int]] = {}
    for line in invoice.lines.all():
        for tax in line.taxes.all():
            key = (tax.name, tax.percent, tax.fixed, tax.inclusive, tax.withheld)
            first, amount = amounts.get(key, (tax, 0))
            amounts[key] = (first, amount + tax.amount)
    return list(amounts.values())


def _tax(invoice: Invoice, tax: LineTax, amount: int) -> Sum:
    name = tax_label(tax, words.language())
    if tax.withheld:
        return Sum(_("%(tax)s (withheld)") % {"tax": name}, words.money(-amount, invoice.currency))
    if tax.inclusive:
        return Sum(_("%(tax)s (included)") % {"tax": name}, words.money(amount, invoice.currency), "aside")
    return Sum(name, words.money(amount, invoice.currency))


def _discounts(invoice: Invoice) -> Iterator[Sum]:
    if invoice.discount_total:
        yield Sum(_("Discounts"), words.money(-invoice.discount_total, invoice.currency))


def _added(invoice: Invoice, taxes: list[tuple[LineTax, int]]) -> Iterator[Sum]:
    for tax, amount in taxes:
        if not tax.inclusive and not tax.withheld:
            yield _tax(invoice, tax, amount)
    if invoice.document_tax:
        yield Sum(_("Taxes"), words.money(invoice.document_tax, invoice.currency))


def _charges(invoice: Invoice) -> Iterator[Sum]:
    for charge in invoice.charges.all():
        yield Sum(charge.name, words.money(charge.amount, invoice.currency))


def _after(invoice: Invoice, taxes: list[tuple[LineTax, int]]) -> Iterator[Sum]:
    """What is taken from the total: withheld at source, paid; and what then remains."""
    withheld = [_tax(invoice, tax, amount) for tax, amount in taxes if tax.withheld and amount]
    yield from withheld
    if invoice.amount_paid:
        yield Sum(pgettext("amount", "Paid"), words.money(-invoice.amount_paid, invoice.currency))
    if (withheld or invoice.amount_paid) and invoice.status != Status.VOID:
        yield Sum(_("Amount due"), words.money(invoice.amount_remaining, invoice.currency), "strong")
