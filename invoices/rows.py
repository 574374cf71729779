"""Drafts to rows and back. Nobody but `actions` writes with it; clone, form and audit read with it."""

from collections.abc import Iterable, Sequence
from dataclasses import fields
from decimal import Decimal
from typing import Any

from core.ids import new_public_id
from core.text import ascii_fold
from customers.models import Customer
from invoices.draft import (
    AttachmentDraft,
    ChargeDraft,
    DiscountDraft,
    InvoiceDraft,
    LineDraft,
    TaxDraft,
)
from invoices.models import Attachment, Charge, DiscountKind, Invoice, Line, LineTax
from invoices.totals import LineTotals, Totals

SAME_NAME = sorted(
    {field.name for field in fields(InvoiceDraft)}
    & {field.attname for field in Invoice._meta.concrete_fields} - {"tip_percents"}
)
LINE_SAME_NAME = sorted(
    {field.name for field in fields(LineDraft)} & {field.attname for field in Line._meta.concrete_fields}
)
TAX_SAME_NAME = ["name", "percent", "fixed", "inclusive", "compound", "withheld", "tax_id", "extras"]
LISTS = {"recipients", "payable_with"}


def columns(draft: InvoiceDraft, totals: Totals) -> dict[str, Any]:
    """The invoice row's own columns."""
    values = {name: getattr(draft, name) for name in SAME_NAME}
    values |= {name: list(values[name]) for name in LISTS}
    return values | {
        "tip_percents": [str(percent) for percent in draft.tip_percents],
        "discount_kind": _discount_kind(draft.discount),
        "discount_percent": draft.discount.percent,
        "discount_amount": draft.discount.amount,
        "discount_products": list(draft.discount.product_refs),
        "subtotal": totals.subtotal,
        "discount_total": totals.discount,
        "tax_total": totals.tax,
        "tax_included": totals.tax_included,
        "charge_total": totals.charges,
        "total": totals.total,
        "withheld_total": totals.withheld,
    }


def _discount_kind(discount: DiscountDraft) -> str:
    if discount.percent:
        return DiscountKind.PERCENT
    return DiscountKind.AMOUNT if discount.amount else DiscountKind.NONE


def write_lines(invoice: Invoice, draft: InvoiceDraft, totals: Totals) -> None:
    """Put the lines, taxes, charges and links of a draft in place of those that the invoice had."""
    lines = [
        _line(invoice, *parts)
        for parts in zip(range(len(draft.lines)), draft.lines, totals.lines, strict=True)
    ]
    Line.objects.bulk_create(lines)
    taxes = [
        LineTax(line=row, position=i, amount=amount, **{name: getattr(tax, name) for name in TAX_SAME_NAME})
        for row, line, sums in zip(lines, draft.lines, totals.lines, strict=True)
        for i, (tax, amount) in enumerate(zip(line.taxes, sums.taxes, strict=True))
    ]
    LineTax.objects.bulk_create(taxes)
    charges = [
        Charge(invoice=invoice, position=i, name=charge.name, amount=charge.amount, extras=charge.extras)
        for i, charge in enumerate(draft.charges)
    ]
    Charge.objects.bulk_create(charges)
    links = [
        Attachment(invoice=invoice, **{field.name: getattr(link, field.name) for field in fields(link)})
        for link in draft.attachments
    ]
    Attachment.objects.bulk_create(links)


def clear_lines(invoice: Invoice) -> None:
    invoice.lines.all().delete()
    invoice.charges.all().delete()
    invoice.attachments.filter(key="").delete()


def _line(invoice: Invoice, position: int, line: LineDraft, sums: LineTotals) -> Line:
    values = {name: getattr(line, name) for name in LINE_SAME_NAME}
    values["public_id"] = line.public_id or new_public_id()
    return Line(
        invoice=invoice,
        position=position,
        gross=sums.gross,
        discount=sums.discount,
        tax=sums.tax,
        tax_included=sums.tax_included,
        total=sums.total,
        **values,
    )


def read(invoice: Invoice) -> InvoiceDraft:
    """The draft that an invoice was written from, as its rows stand now."""
    lines = invoice.lines.prefetch_related("taxes").all()
    return assemble(
        invoice, lines, invoice.charges.order_by("position", "pk"), invoice.attachments.filter(key="")
    )


def assemble(
    invoice: Invoice, lines: Iterable[Line], charges: Iterable[Charge], links: Iterable[Attachment]
) -> InvoiceDraft:
    """The same from rows that are read already."""
    values = {name: getattr(invoice, name) for name in SAME_NAME}
    values |= {name: tuple(values[name]) for name in LISTS}
    return InvoiceDraft(
        **values,
        tip_percents=tuple(Decimal(percent) for percent in invoice.tip_percents),
        discount=DiscountDraft(
            invoice.discount_percent, invoice.discount_amount, tuple(invoice.discount_products)
        ),
        lines=tuple(_line_draft(line) for line in lines),
        charges=tuple(ChargeDraft(row.name, row.amount, row.extras) for row in charges),
        attachments=tuple(_links(links)),
    )


def _line_draft(line: Line) -> LineDraft:
    values = {name: getattr(line, name) for name in LINE_SAME_NAME}
    taxes = tuple(
        TaxDraft(**{name: getattr(tax, name) for name in TAX_SAME_NAME}) for tax in line.taxes.all()
    )
    return LineDraft(**values, taxes=taxes)


def _links(rows: Iterable[Attachment]) -> Iterable[AttachmentDraft]:
    return (
        AttachmentDraft(**{field.name: getattr(row, field.name) for field in fields(AttachmentDraft)})
        for row in rows
    )


def searchable(customer: Customer, texts: Sequence[str | None]) -> str:
    """What the search box finds an invoice by."""
    return ascii_fold(" ".join(filter(None, [*texts, customer.name, customer.legal_name, customer.tax_id])))
