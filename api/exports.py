"""Whole lists as CSV files, streamed: one line of column names in the API's own words, amounts in major units.

Cells are parted by commas; for those who ask in Portuguese, by semicolons, with decimal commas, as their spreadsheets
expect.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from operator import attrgetter
from typing import Any

from django.http import HttpResponseBase
from ninja import Query, Router
from pydantic import BaseModel, Field

from api import ranges
from api.invoice_filters import InvoiceQuery, matching
from api.ranges import Day
from api.selection import require_known
from core.csv_out import csv_response
from core.languages import language
from core.money import major_units
from customers.models import Customer
from gateway.dialect import ApiRequest
from payments.models import Payment

router = Router(tags=["Exports"])
CHUNK = 500
FILE: dict[str, Any] = {
    "responses": {200: {"description": "OK", "content": {"text/csv": {"schema": {"type": "string"}}}}}
}
HEAVY = ("terms", "description", "search_text", "metadata", "extras", "recipients", "issuer")
Columns = dict[str, Callable[[Any], object]]


class ExportQuery(BaseModel):
    created_from: Day = None
    created_to: Day = None


class InvoiceExport(ExportQuery):
    status: str = Field("", max_length=100, description="By commas.", examples=["open,paid"])
    issue_from: Day = None
    issue_to: Day = None
    due_from: Day = None
    due_to: Day = None


class PaymentExport(ExportQuery):
    paid_from: Day = None
    paid_to: Day = None


def _money(name: str) -> Callable[[Any], Decimal]:
    return lambda row: major_units(getattr(row, name), row.currency)


def _columns(*names: str) -> Columns:
    return {name: attrgetter(name) for name in names}


def _amounts(*names: str) -> Columns:
    return {name: _money(name) for name in names}


INVOICE: Columns = {
    "id": attrgetter("public_id"),
    **_columns("number", "status", "external_id"),
    "customer": attrgetter("customer.public_id"),
    "customer_name": lambda row: row.payer.get("name") or row.customer.name,
    "customer_tax_id": lambda row: row.payer.get("tax_id") or row.customer.tax_id,
    **_columns("issue_on", "due_on", "currency"),
    **_amounts(
        "subtotal", "discount_total", "tax_total", "charge_total", "total", "withheld_total", "credit_total",
        "allowance_total", "surcharge_total", "amount_due", "amount_paid", "amount_remaining",
    ),
    **_columns("finalized_at", "paid_at", "created_at"),
}  # fmt: skip
PAYMENT: Columns = {
    "id": attrgetter("public_id"),
    **_columns("paid_on", "paid_at"),
    "customer": lambda row: row.customer.public_id if row.customer else "",
    "customer_name": lambda row: row.customer.name if row.customer else "",
    **_columns("payer_name", "payer_tax_id", "method", "currency"),
    **_amounts("amount", "fee", "net", "tip", "applied", "refunded", "unapplied"),
    **_columns("source", "external_id", "note", "disputed_at", "created_at"),
}
CUSTOMER: Columns = {
    "id": attrgetter("public_id"),
    **_columns("name", "legal_name", "kind", "tax_id_kind", "tax_id", "email"),
    "more_emails": lambda row: " ".join(row.more_emails),
    **_columns("phone", "language", "code", "external_id", "created_at"),
}


@router.get("/exports/invoices.csv", openapi_extra=FILE, summary="Invoices as a CSV file")
def invoices(request: ApiRequest, query: Query[InvoiceExport]) -> HttpResponseBase:
    require_known(request, InvoiceExport)
    rows = matching(request.caller.business, InvoiceQuery(**query.model_dump()))
    return _file("invoices.csv", INVOICE, rows.select_related("customer").defer(*HEAVY))


@router.get("/exports/payments.csv", openapi_extra=FILE, summary="Payments as a CSV file")
def payments(request: ApiRequest, query: Query[PaymentExport]) -> HttpResponseBase:
    require_known(request, PaymentExport)
    business = request.caller.business
    rows = Payment.objects.for_business(business).filter(
        **ranges.days("paid_on", query.paid_from, query.paid_to),
        **ranges.instants("created_at", query.created_from, query.created_to, business),
    )
    return _file("payments.csv", PAYMENT, rows.select_related("customer"))


@router.get("/exports/customers.csv", openapi_extra=FILE, summary="Customers as a CSV file")
def customers(request: ApiRequest, query: Query[ExportQuery]) -> HttpResponseBase:
    require_known(request, ExportQuery)
    business = request.caller.business
    made = ranges.instants("created_at", query.created_from, query.created_to, business)
    return _file("customers.csv", CUSTOMER, Customer.objects.for_business(business).filter(**made))


def _file(name: str, columns: Columns, rows: Any) -> HttpResponseBase:
    found = rows.order_by("pk").iterator(chunk_size=CHUNK)
    return csv_response(name, _table(columns, found), language())


def _table(columns: Columns, rows: Iterable[Any]) -> Iterable[Sequence[object]]:
    yield list(columns)
    for row in rows:
        yield [_cell(read(row)) for read in columns.values()]


def _cell(value: object) -> object:
    return value.isoformat() if isinstance(value, date | datetime) else value
