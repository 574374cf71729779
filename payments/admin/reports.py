"""The aging report: who owes how much and for how long, on screen and as a file."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.paginator import Page, Paginator
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe

from businesses.admin.keys import key_of
from businesses.admin.owned import may, staff
from businesses.models import Business
from businesses.roles import Can
from core.csv_out import Row, csv_response
from core.money import major_units
from customers.models import Customer
from invoices.admin.frame import framed
from payments.admin.periods import AsOf
from payments.aging import Aged, aging, totals

PER_PAGE = 50
CHUNK = 500
YEAR = timedelta(days=364)


@dataclass(frozen=True)
class Owing:
    """A line of the report with its customer, and where their statement of that year is."""

    customer: Customer
    aged: Aged
    url: str


@require_safe
def aging_page(request: HttpRequest) -> HttpResponseBase:
    """All customers of the person's businesses, or of the one asked for."""
    if not may(request, Can.VIEW):
        raise PermissionDenied
    mine = list(Business.objects.for_staff(staff(request)))
    asked = key_of(request.GET.get("business", ""))
    chosen = [business for business in mine if business.pk == asked] or mine
    form = AsOf(request.GET, last=max((business.today() for business in mine), default=date.today()))
    as_of = form.day()
    rows = aging(chosen, as_of)
    if request.GET.get("format") == "csv":
        return csv_response(f"aging-{as_of}.csv", _table(request, rows, as_of), staff(request).language)
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page", "")[:6])
    context = {
        "form": form,
        "as_of": as_of,
        "businesses": mine if len(mine) > 1 else [],
        "chosen": asked if len(chosen) < len(mine) else None,
        "groups": _groups(_named(request, page, as_of), totals(rows)),
        "heads": bucket_names(),
        "page": page,
        "newer": address(request, page=page.previous_page_number()) if page.has_previous() else "",
        "older": address(request, page=page.next_page_number()) if page.has_next() else "",
        "csv_url": address(request, format="csv"),
    }
    return framed(request, "admin/reports/aging.html", context, _("Aging"))


def address(request: HttpRequest, **changed: Any) -> str:
    """This page with other parameters."""
    query = request.GET.copy()
    for name, value in changed.items():
        query[name] = str(value)
    return f"?{query.urlencode()}"


def bucket_names() -> list[str]:
    return [_("Not due"), _("1–30 days"), _("31–60 days"), _("61–90 days"), _("Over 90 days")]


def _groups(rows: list[Owing], sums: dict[str, Aged]) -> list[tuple[str, list[Owing], Aged]]:
    """The page's lines by currency, each with the sums of all its pages."""
    by_currency: dict[str, list[Owing]] = {}
    for row in rows:
        by_currency.setdefault(row.aged.currency, []).append(row)
    return [(currency, mine, sums[currency]) for currency, mine in by_currency.items()]


def _named(request: HttpRequest, rows: Iterable[Aged] | Page[Aged], as_of: date) -> list[Owing]:
    rows = list(rows)
    customers = Customer.objects.for_staff(staff(request)).select_related("business")
    found = customers.in_bulk([row.customer_id for row in rows])
    return [Owing(found[row.customer_id], row, _statement(row, as_of)) for row in rows]


def _statement(row: Aged, as_of: date) -> str:
    asked = {"currency": row.currency, "start": str(as_of - YEAR), "end": str(as_of)}
    return f"{reverse('admin_statement', args=[row.customer_id])}?{urlencode(asked)}"


def _table(request: HttpRequest, rows: list[Aged], as_of: date) -> Iterator[Row]:
    """As a file: amounts in major units, a line for each customer and currency."""
    yield [
        _("Customer"), _("Tax id"), _("Business"), _("Currency"), *bucket_names(), _("Total"),
        _("Uncollectible"), pgettext("of the customer", "Credit"), _("Balance"),
    ]  # fmt: skip
    for start in range(0, len(rows), CHUNK):
        for row in _named(request, rows[start : start + CHUNK], as_of):
            yield _cells(row.customer, row.aged)


def _cells(customer: Customer, aged: Aged) -> Row:
    amounts = (*aged.buckets, aged.total, aged.given_up, aged.credit, aged.balance)
    money = [major_units(amount, aged.currency) for amount in amounts]
    return [customer.name, customer.tax_id, customer.business.name, aged.currency, *money]
