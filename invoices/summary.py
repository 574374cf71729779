"""From the subtotal down to what is due: the same rows in the editor, on the invoice's page, on paper and in public."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.models import prefetch_related_objects
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from core.numbers import number_text
from invoices.draft import InvoiceDraft, TaxDraft
from invoices.models import Invoice, LineTax, Mark
from invoices.status import Status
from invoices.totals import Totals

Taxes = list[tuple[TaxDraft | LineTax, int]]


@dataclass(frozen=True)
class Row:
    label: str
    amount: int  # minor units
    weight: str = ""  # "" adds up, "strong" is a result, "aside" is told but already counted


def of_invoice(invoice: Invoice, language: str, mark: Mark | None = None) -> list[Row]:
    """From the columns, which stay whatever `compute` learns later; `mark` is a frozen copy's, blind to payments."""
    prefetch_related_objects([invoice], "lines__taxes", "charges")
    taxes = _grouped((tax, tax.amount) for line in invoice.lines.all() for tax in line.taxes.all())
    steps = [*_steps(invoice.discount_total, taxes, invoice.document_tax, language)]
    steps += [Row(charge.name, charge.amount) for charge in invoice.charges.all()]
    taken = [*_withheld(taxes, language)]
    if mark in (None, Mark.PAID):
        taken += _since_issue(invoice)
    if invoice.amount_paid and mark is None:
        taken.append(Row(pgettext("amount", "Paid"), -invoice.amount_paid))
    is_owed = mark != Mark.VOID if mark else invoice.status != Status.VOID
    rows = [*_down_to(invoice.subtotal, steps, invoice.total), *_included(taxes, language), *taken]
    return [*rows, *_due(invoice.total, taken)] if is_owed else rows


def of_draft(draft: InvoiceDraft, sums: Totals, language: str) -> list[Row]:
    """The same before anything is stored."""
    taxes: Taxes = [(row.tax, row.amount) for row in sums.taxes]
    steps = [*_steps(sums.discount, taxes, draft.document_tax, language)]
    steps += [Row(charge.name, charge.amount) for charge in draft.charges]
    taken = [*_withheld(taxes, language)]
    rows = [*_down_to(sums.subtotal, steps, sums.total), *_included(taxes, language), *taken]
    return [*rows, *_due(sums.total, taken)]


def tax_label(tax: TaxDraft | LineTax, language: str) -> str:
    return f"{tax.name} {number_text(tax.percent, language)} %" if tax.percent else tax.name


def _grouped(pairs: Iterable[tuple[LineTax, int]]) -> Taxes:
    """Each tax once, with its amount over all lines."""
    found: dict[object, tuple[TaxDraft | LineTax, int]] = {}
    for tax, amount in pairs:
        key = (tax.name, tax.percent, tax.fixed, tax.inclusive, tax.compound, tax.withheld)
        first, before = found.get(key, (tax, 0))
        found[key] = (first, before + amount)
    return [*found.values()]


def _steps(discount: int, taxes: Taxes, document_tax: int, language: str) -> Iterator[Row]:
    if discount:
        yield Row(_("Discounts"), -discount)
    for tax, amount in taxes:
        if not (tax.inclusive or tax.withheld):
            yield Row(tax_label(tax, language), amount)
    if document_tax:
        yield Row(_("Taxes"), document_tax)


def _down_to(subtotal: int, steps: list[Row], total: int) -> list[Row]:
    """A subtotal that the total would only repeat is left out."""
    start = [Row(_("Subtotal"), subtotal)] if steps else []
    return [*start, *steps, Row(_("Total"), total, "strong")]


def _included(taxes: Taxes, language: str) -> Iterator[Row]:
    for tax, amount in taxes:
        if tax.inclusive and not tax.withheld:
            yield Row(_("%(tax)s (included)") % {"tax": tax_label(tax, language)}, amount, "aside")


def _withheld(taxes: Taxes, language: str) -> Iterator[Row]:
    for tax, amount in taxes:
        if tax.withheld and amount:
            yield Row(_("%(tax)s (withheld)") % {"tax": tax_label(tax, language)}, -amount)


def _since_issue(invoice: Invoice) -> Iterator[Row]:
    """What has changed the amount since it was asked for."""
    rows = [
        Row(_("Credit notes"), -invoice.credit_total),
        Row(_("Allowances"), -invoice.allowance_total),
        Row(_("Fines and interest"), invoice.surcharge_total),
    ]
    yield from (row for row in rows if row.amount)


def _due(total: int, taken: list[Row]) -> list[Row]:
    return [Row(_("Amount due"), total + sum(row.amount for row in taken), "strong")] if taken else []
