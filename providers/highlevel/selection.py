"""Which invoices a list call means."""

from datetime import date
from typing import Any

from django.db.models import Q

from businesses.models import Business
from customers.models import Customer
from invoices.models import Invoice
from invoices.status import Status
from providers.highlevel import lookup, wire

OWED = Q(status__in=[Status.OPEN, Status.UNCOLLECTIBLE])
STATUS: dict[str, Q] = {
    "draft": Q(status=Status.DRAFT),
    "sent": OWED & Q(amount_processing=0, amount_paid=0),
    "payment_processing": OWED & Q(amount_processing__gt=0),
    "partially_paid": OWED & Q(amount_processing=0, amount_paid__gt=0),
    "paid": Q(status=Status.PAID),
    "void": Q(status=Status.VOID),
    "open": Q(status=Status.OPEN),
    "uncollectible": Q(status=Status.UNCOLLECTIBLE),
}
"""Each word finds what is called so: `answering` says the same."""
LIVE = {"live": Q(live_mode=True), "test": Q(live_mode=False), "default": Q()}


def page(business: Business, query: wire.ListQuery, rows: Any) -> tuple[list[Invoice], int]:
    """The invoices of a page, out of `rows`, and how many there are in all. What is skipped over is only an index."""
    wanted = chosen(business, query)
    order = ("issue_on", "pk") if query.sortOrder.startswith("asc") else ("-issue_on", "-pk")
    ids = wanted.order_by(*order).values_list("pk", flat=True)[query.offset : query.offset + query.limit]
    found = {invoice.pk: invoice for invoice in rows.filter(pk__in=list(ids))}
    for invoice in found.values():
        invoice.business = business
    return [found[pk] for pk in ids if pk in found], wanted.count()


def chosen(business: Business, query: wire.ListQuery) -> Any:
    rows = Invoice.objects.for_business(business).current().filter(LIVE[query.paymentMode])
    if query.status:
        rows = rows.filter(STATUS[query.status])
    if query.contactId:
        rows = rows.filter(customer__in=lookup.customers(business, query.contactId))
    rows = _dated(rows, query.startAt, query.endAt)
    return _found(business, rows, query.search.strip()) if query.search else rows


def _dated(rows: Any, first: date | None, last: date | None) -> Any:
    rows = rows.filter(issue_on__gte=first) if first else rows
    return rows.filter(issue_on__lte=last) if last else rows


def _found(business: Business, rows: Any, text: str) -> Any:
    """By id, number, name or title, and by the contact's name, e-mail or phone."""
    contacts = Customer.objects.for_business(business).search(text)
    digits = "".join(char for char in text if char.isdigit())
    if len(digits) >= 6 and not any(char.isalpha() for char in text):
        contacts = contacts | Customer.objects.for_business(business).filter(phone__contains=digits)
    return rows.filter(
        Q(public_id=text) | Q(customer__in=contacts) | Q(pk__in=rows.search(text).values("pk"))
    )
