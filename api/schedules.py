"""Payment schedules: the parts in which invoices are to be paid."""

from typing import Any

from django.db import connection
from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from api import paging, selection, wire
from api.invoices import one
from api.ranges import Day
from businesses.models import Business
from customers.models import Customer
from gateway import answers
from gateway.dialect import ApiRequest
from invoices.models import Invoice
from invoices.quote import PartQuote
from invoices.status import Status
from payments import ledger

router = Router(tags=["Schedules"])
ORDER = paging.Order("schedules", ("due_on", "invoice", "part"), descending=False)
PARTS = {
    "postgresql": (
        "jsonb_path_query(invoice.schedule, '$.parts[*]') WITH ORDINALITY AS part (value, place)",
        ("part.value ->> 'due_on'", "invoice.id", "part.place - 1"),
    ),
    "sqlite": (
        "json_each(invoice.schedule, '$.parts') AS part",
        ("json_extract(part.value, '$.due_on')", "invoice.id", "part.key"),
    ),
}
"""How each database unfolds the parts, and what names and orders one."""
SAME = ("due_on", "late_from", "days_late", "amount", "paid", "granted", "credited", "remaining", "total")


class SchedulePart(wire.Resource):
    """`remaining` is what is unpaid of `amount`; `total` adds what today costs or saves: discount, fine, interest."""

    invoice: wire.PublicId
    number: str | None
    customer: wire.PublicId
    currency: wire.Currency
    part: int = Field(description="Its place in the schedule, from 0.")
    due_on: wire.Day
    late_from: wire.Day
    days_late: int
    amount: int
    paid: int
    granted: int = Field(description="Discounts and small rests that were let go.")
    credited: int
    remaining: int
    total: int


class ScheduleAnswer(wire.Answer):
    data: list[SchedulePart]


class ScheduleQuery(paging.PageQuery):
    due_from: Day = None
    due_to: Day = None
    customer: str = Field("", pattern=f"{wire.PUBLIC_ID}|^$", description="A customer's id.")


@router.get("/schedules", response={200: wire.Page[SchedulePart]}, summary="List the parts of open invoices")
def index(request: ApiRequest, query: Query[ScheduleQuery]) -> HttpResponse:
    """In the order of their due dates, of every open invoice that is to be paid in parts. Recurring invoices do not
    exist here: a schedule splits what one invoice asks for.
    """
    chosen = selection.read(request, query, SchedulePart.model_fields)
    business = request.caller.business
    page, cursor = paging.cut(_window(business, query), ORDER, query, position=tuple)
    invoices = _invoices(business, {key for _due_on, key, _part in page})
    quotes = {key: ledger.owed(invoice, business.today()) for key, invoice in invoices.items()}
    data = [write(invoices[key], quotes[key].parts[part]) for _due_on, key, part in page]
    return paging.answer(request, list(map(chosen.pick, data)), cursor)


@router.get("/invoices/{id}/schedule", response={200: ScheduleAnswer}, summary="List the parts of an invoice")
def of_invoice(request: ApiRequest, id: str, query: Query[selection.SelectionQuery]) -> HttpResponse:
    """One part, the whole, when it has no schedule."""
    chosen = selection.read(request, query, SchedulePart.model_fields)
    invoice = one(request, id)
    owed = ledger.owed(invoice, invoice.business.today())
    return answers.json({"data": [chosen.pick(write(invoice, part)) for part in owed.parts]})


def write(invoice: Invoice, part: PartQuote) -> dict[str, Any]:
    owes = {} if invoice.status != Status.VOID else {"remaining": 0, "total": 0, "days_late": 0}
    return {
        "invoice": invoice.public_id,
        "number": invoice.number,
        "customer": invoice.customer.public_id,
        "currency": invoice.currency,
        "part": part.index,
        **{name: getattr(part, name) for name in SAME},
        **owes,
    }


def _window(business: Business, query: ScheduleQuery) -> list[tuple[str, int, int]]:
    """Due day, invoice and place of the parts on this page and of one more."""
    unfolded, names = PARTS[connection.vendor]
    place, due_on = ", ".join(names), names[0]
    conditions: dict[str, list[Any]] = {
        "invoice.business_id = %s": [business.pk],
        "invoice.status = %s": [Status.OPEN.value],
        f"{due_on} >= %s": [query.due_from and query.due_from.isoformat()],
        f"{due_on} <= %s": [query.due_to and query.due_to.isoformat()],
        "invoice.customer_id = %s": [_customer(business, query.customer)],
        f"({place}) > (%s, %s, %s)": paging.place(ORDER, query.cursor) if query.cursor else [None],
    }
    asked = {condition: values for condition, values in conditions.items() if values != [None]}
    params = [value for values in asked.values() for value in values]
    sql = f"SELECT {place} FROM invoices_invoice AS invoice, {unfolded} WHERE {' AND '.join(asked)} "
    with connection.cursor() as cursor:
        cursor.execute(f"{sql} ORDER BY {place} LIMIT %s", [*params, query.limit + 1])
        return list(cursor.fetchall())


def _customer(business: Business, public_id: str) -> int | None:
    """Their key; 0, which nobody has, when there is no such customer."""
    if not public_id:
        return None
    rows = Customer.objects.for_business(business).filter(public_id=public_id)
    return rows.values_list("pk", flat=True).first() or 0


def _invoices(business: Business, keys: set[int]) -> dict[int, Invoice]:
    rows = Invoice.objects.for_business(business).filter(pk__in=keys).select_related("customer")
    found: dict[int, Invoice] = {row.pk: row for row in rows.prefetch_related("allocations", "waivers")}
    for row in found.values():
        row.business = business
    return found
