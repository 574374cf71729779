"""What the list of invoices is narrowed by."""

from datetime import date
from typing import Annotated, Any

from django.db.models import Q
from pydantic import Field

from api import ranges
from api.filters import choices
from api.ranges import CreatedQuery, Day
from api.wire import PUBLIC_ID
from businesses.models import Business
from invoices.models import Invoice
from invoices.querysets import REMAINING
from invoices.status import Situation, Status

Words = Annotated[str, Field(max_length=100)]
PROCESSING = Q(status=Status.OPEN, amount_processing__gte=REMAINING)
WAITING = Q(status=Status.OPEN, amount_processing__lt=REMAINING)


class InvoiceQuery(CreatedQuery):
    status: Words = Field("", description="By commas.", examples=["open,paid"])
    situation: Words = Field("", description="By commas, as of today.", examples=["overdue"])
    customer: str = Field("", pattern=f"{PUBLIC_ID}|^$", description="A customer's id.")
    currency: str = Field("", pattern="^([A-Z]{3})?$")
    number: str = Field("", max_length=60)
    external_id: Words = ""
    issue_from: Day = None
    issue_to: Day = None
    due_from: Day = None
    due_to: Day = None
    q: Words = Field(
        "", description="Part of a number, title, external id, or the customer's name or tax id."
    )


def matching(business: Business, query: InvoiceQuery) -> Any:
    """The business's invoices that the query asks for."""
    rows = Invoice.objects.for_business(business).current()
    exact = {
        "status__in": choices(query.status, Status.values, field="status"),
        "customer__public_id": query.customer,
        "currency": query.currency,
        "number": query.number,
        "external_id": query.external_id,
    }
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    rows = rows.filter(
        **ranges.days("issue_on", query.issue_from, query.issue_to),
        **ranges.days("due_on", query.due_from, query.due_to),
        **query.created(business),
    )
    words = choices(query.situation, Situation.values, field="situation")
    rows = rows.filter(_any(words, business.today())) if words else rows
    return rows.search(query.q) if query.q else rows


def _any(words: list[str], today: date) -> Q:
    found = Q()
    for word in words:
        found |= situated(word, today)
    return found


def situated(word: str, today: date) -> Q:
    """`invoices.status.situation`, asked of the database: the first that fits of processing, overdue, partly paid."""
    on_time = WAITING & Q(due_on__gte=today)
    table = {
        Situation.PROCESSING: PROCESSING,
        Situation.OVERDUE: WAITING & Q(due_on__lt=today),
        Situation.PARTIALLY_PAID: on_time & Q(amount_paid__gt=0),
        Situation.SCHEDULED: on_time & Q(amount_paid=0, issue_on__gt=today),
        Situation.OPEN: on_time & Q(amount_paid=0, issue_on__lte=today),
    }
    return table.get(Situation(word), Q(status=word))
