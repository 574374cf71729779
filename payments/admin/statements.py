"""A customer's statement on screen, on paper and as a file."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from businesses.admin.keys import key_of
from businesses.admin.owned import staff
from core.csv_out import Row as Cells
from core.csv_out import csv_response
from core.money import major_units
from customers.models import Customer
from invoices.admin.frame import framed
from payments.admin.periods import Period, presets
from payments.admin.reports import address, bucket_names
from payments.aging import Aged, aging
from payments.statement import Row, Statement, currencies, statement

MOST_SHOWN = 1000
PAGES = {"invoice": "admin:invoices_invoice_change", "payment": "admin:payments_payment_change"}


@require_safe
def statement_page(request: HttpRequest, object_id: str) -> HttpResponseBase:
    """Of a customer of the person's own businesses; any other is as if they did not exist."""
    customer = _find(request, object_id)
    today = customer.business.today()
    form = Period(request.GET, today=today)
    start, end = form.days()
    theirs = currencies(customer)
    asked = request.GET.get("currency", "")
    found = statement(customer, start, end, currency=asked if asked in theirs else theirs[0])
    if request.GET.get("format") == "csv":
        name = f"statement-{customer.pk}-{start}-{end}.csv"
        return csv_response(name, _table(found), staff(request).language)
    context = {
        "customer": customer,
        "business": customer.business,
        "form": form,
        "statement": found,
        "rows": [(row, reverse(PAGES[row.subject], args=[row.key])) for row in found.rows[:MOST_SHOWN]],
        "hidden": max(0, len(found.rows) - MOST_SHOWN),
        "raised": sum(row.amount for row in found.rows if row.amount > 0),
        "lowered": sum(row.amount for row in found.rows if row.amount < 0),
        "presets": _presets(request, today, (start, end)),
        "currencies": [(code, address(request, currency=code)) for code in theirs],
        "aged": _aged(customer, min(end, today), found),
        "csv_url": address(request, format="csv"),
    }
    title = _("Statement of %(name)s") % {"name": customer.name}
    return framed(request, "admin/reports/statement.html", context, title)


def _find(request: HttpRequest, object_id: str) -> Customer:
    rows = Customer.objects.for_staff(staff(request)).select_related("business")
    customer = rows.prefetch_related("addresses").filter(pk=key_of(object_id) or 0).first()
    if customer is None:
        raise Http404
    return customer  # type: ignore[no-any-return]


def _presets(request: HttpRequest, today: date, chosen: tuple[date, date]) -> list[tuple[str, str, bool]]:
    return [
        (
            preset.label,
            address(request, start=preset.start, end=preset.end),
            chosen == (preset.start, preset.end),
        )
        for preset in presets(today)
    ]


def _aged(customer: Customer, as_of: date, found: Statement) -> dict[str, Any] | None:
    """How old what is owed was when the period ended."""
    rows = aging(customer.business, as_of, customer=customer)
    row: Aged | None = next((row for row in rows if row.currency == found.currency), None)
    if row is None:
        return None
    return {"row": row, "as_of": as_of, "buckets": list(zip(bucket_names(), row.buckets, strict=True))}


def _table(found: Statement) -> Iterator[Cells]:
    """As a file: amounts in major units, the opening balance first and the closing one last."""

    def money(amount: int) -> Any:
        return major_units(amount, found.currency)

    yield [_("Date"), _("Movement"), _("Document"), _("Currency"), _("Amount"), _("Balance")]
    yield [found.start.isoformat(), _("Opening balance"), "", found.currency, "", money(found.opening)]
    for row in found.rows:
        yield _cells(row, found.currency)
    yield [found.end.isoformat(), _("Closing balance"), "", found.currency, "", money(found.closing)]


def _cells(row: Row, currency: str) -> Cells:
    amounts = (major_units(amount, currency) for amount in (row.amount, row.balance))
    return [row.on.isoformat(), row.text, row.document, currency, *amounts]
