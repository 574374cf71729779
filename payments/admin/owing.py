"""The invoices of a customer that take money, with what each asks for on a day."""

from collections.abc import Iterable
from datetime import date

from customers.models import Customer
from invoices.models import Invoice
from payments import ledger
from payments.actions import TAKES_MONEY
from payments.admin.forms import Open

MOST = 100
"""Rows on one form."""


def open_invoices(customer: Customer, currency: str) -> list[Open]:
    """The first to fall due first."""
    rows = Invoice.objects.for_business(customer.business_id).current().filter(customer=customer)
    found = rows.filter(status__in=TAKES_MONEY, currency=currency).select_related("business", "customer")
    ordered = found.prefetch_related("allocations", "waivers").order_by("due_on", "pk")[:MOST]
    return asking(ordered, customer.business.today())


def asking(invoices: Iterable[Invoice], day: date) -> list[Open]:
    return [Open(invoice, ledger.owed(invoice, day).total) for invoice in invoices]


def currencies(customer: Customer) -> list[str]:
    """In which the customer owes; the business's own when there is none."""
    rows = Invoice.objects.for_business(customer.business_id).current().filter(customer=customer)
    found = rows.filter(status__in=TAKES_MONEY).order_by().values_list("currency", flat=True).distinct()
    return sorted(found) or [customer.business.currency]
