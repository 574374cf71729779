"""Issued invoices as connectors see them: read for many at once."""

from collections.abc import Iterable

from django.db.models import F, Prefetch

from invoices import rows
from invoices.models import Invoice, Line
from invoices.pdf import public_url
from payments.models import Allocation
from providers.connector import Bill, Remote
from providers.models import RemoteInvoice

CUSTOMER = {f"customer_{name}": F(f"customer__{name}") for name in ("public_id", "external_id")}
"""What the frozen payer does not say of the customer."""


def read_bills(keys: Iterable[int]) -> dict[int, Bill]:
    """By the invoices' ids; what was deleted is left out."""
    with_lines = Prefetch("lines", Line.objects.prefetch_related("taxes"))
    related = Invoice.objects.filter(pk__in=set(keys)).prefetch_related(with_lines, "charges", "attachments")
    invoices = list(related.annotate(**CUSTOMER))
    paid = {invoice.pk for invoice in invoices if invoice.amount_paid}
    last = {
        row.invoice_id: row for row in Allocation.objects.filter(invoice__in=paid).select_related("payment")
    }
    return {invoice.pk: _bill(invoice, last.get(invoice.pk)) for invoice in invoices}


def _bill(invoice: Invoice, last: Allocation | None) -> Bill:
    links = [link for link in invoice.attachments.all() if not link.key]
    charges = sorted(invoice.charges.all(), key=lambda charge: (charge.position, charge.pk))
    return Bill(
        invoice.public_id,
        invoice.number or "",
        rows.assemble(invoice, invoice.lines.all(), charges, links),
        invoice.total,
        invoice.amount_due,
        invoice.amount_paid,
        invoice.issuer,
        {**invoice.payer, **{name.removeprefix("customer_"): getattr(invoice, name) for name in CUSTOMER}},
        public_url(invoice.token),
        last.on if last else None,
        last.payment.method if last else "",
        invoice.status,
        invoice.withheld_total,
    )


def remote_of(row: RemoteInvoice) -> Remote:
    return Remote(row.remote_id, row.number, row.link, row.standing, row.total, row.paid, row.notes)
