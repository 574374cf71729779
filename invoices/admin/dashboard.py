"""The first page: what was issued and received, what is late, what is due next; every number opens its list."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.core.cache import cache
from django.db.models import Count, F, Sum
from django.db.models.functions import TruncMonth
from django.http import HttpRequest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from businesses.admin.owned import staff
from businesses.models import Business, User
from businesses.roles import Can
from core.money import format_money
from invoices.admin.lists import issued
from invoices.models import Invoice
from invoices.querysets import REMAINING
from invoices.status import Status
from outbox.admin import attention as deliveries
from payments.admin.attention import attention
from payments.models import Payment

CHART_SECONDS = 300
WIDTH, HEIGHT, FLOOR = 720, 200, 170
RECEIVED = F("amount") - F("tip") - F("refunded")
"""Of payments: what came in to stay, without tips."""


@dataclass(frozen=True)
class Tile:
    label: str
    icon: str
    amounts: list[str]
    counted: str
    url: str
    is_late: bool = False


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """Fills the admin's index page."""
    user = staff(request)
    businesses = list(Business.objects.for_staff(user))
    if not businesses:
        return context | {"is_lonely": True}
    rows = Invoice.objects.for_staff(user)
    today = max(business.today() for business in businesses)
    return context | {
        "tiles": _tiles(user, rows, businesses, today),
        "attention": [*attention(user), *deliveries.attention(user)],
        "is_stuck": deliveries.is_stuck(),
        "charts": _charts(user, rows, businesses, today),
        "due_next": _due_next(rows, businesses, today),
        "is_empty": not rows.exists(),
        "may_write": user.can(Can.WRITE),
    }


def _tiles(user: User, rows: Any, businesses: list[Business], today: date) -> list[Tile]:
    """Each counts what the list behind it shows."""
    month, end = today.replace(day=1), today.replace(day=monthrange(today.year, today.month)[1])
    this_month = issued(rows.filter(issue_on__gte=month, issue_on__lte=end), businesses)
    dates = f"situation=issued&issue_on_from={month}&issue_on_to={end}"
    late = rows.overdue_now(businesses)
    return [
        _tile(user, _("Issued this month"), "send", this_month, F("total"), dates),
        _received(user, month, end),
        _tile(
            user,
            pgettext("invoices", "Overdue"),
            "schedule",
            late,
            REMAINING,
            "situation=overdue",
            is_late=True,
        ),
        _tile(user, _("Drafts"), "edit_note", rows.drafts(), F("total"), "situation=draft"),
    ]


def _tile(
    user: User, label: str, icon: str, rows: Any, amount: Any, query: str, *, is_late: bool = False
) -> Tile:
    count, amounts = _sums(user, rows, amount)
    counted = ngettext("%(count)d invoice", "%(count)d invoices", count) % {"count": count}
    url = f"{reverse('admin:invoices_invoice_changelist')}?{query}"
    return Tile(label, icon, amounts, counted, url, is_late and count > 0)


def _received(user: User, month: date, end: date) -> Tile:
    """Money that came in, whatever it was for; what went back again does not count."""
    rows = Payment.objects.for_staff(user).filter(paid_on__gte=month, paid_on__lte=end)
    count, amounts = _sums(user, rows, RECEIVED)
    counted = ngettext("%(count)d payment", "%(count)d payments", count) % {"count": count}
    url = f"{reverse('admin:payments_payment_changelist')}?paid_on_from={month}&paid_on_to={end}"
    return Tile(pgettext("money", "Received this month"), "payments", amounts, counted, url)


def _sums(user: User, rows: Any, amount: Any) -> tuple[int, list[str]]:
    """How many, and their sum in each currency."""
    sums = list(
        rows.order_by().values("currency").annotate(sum=Sum(amount), count=Count("pk")).order_by("currency")
    )
    amounts = [format_money(row["sum"], row["currency"], user.language) for row in sums]
    return sum(row["count"] for row in sums), amounts or ["—"]


def _due_next(rows: Any, businesses: list[Business], today: date) -> list[Invoice]:
    """The next eight to fall due; asked business by business, so that each is one walk along the index."""
    found: list[Invoice] = []
    for business in businesses[:20]:
        open_rows = rows.for_business(business).open().filter(due_on__gte=today - timedelta(days=1))
        found += open_rows.order_by("due_on").select_related("customer")[:8]
    return sorted(found, key=lambda invoice: (invoice.due_on, invoice.pk))[:8]


@dataclass(frozen=True)
class Bar:
    """One month's two bars in the chart's own units, and what a reader hears."""

    x: float
    issued_y: float
    issued_height: float
    received_y: float
    received_height: float
    label: str
    title: str


@dataclass(frozen=True)
class Chart:
    currency: str
    bars: list[Bar]


def _charts(user: User, rows: Any, businesses: list[Business], today: date) -> list[Chart]:
    """Issued and received over twelve months, one chart a currency; kept five minutes, it reads a year of rows."""
    key = f"dashboard-{user.pk}-{user.is_superuser}-{'.'.join(str(b.pk) for b in businesses)}-{today}"
    months = _months(today)
    data = cache.get(key)
    if data is None:
        data = _by_month(rows, Payment.objects.for_staff(user), months[0])
        cache.set(key, data, CHART_SECONDS)
    return [
        Chart(currency, _bars(sums, months, currency, user.language))
        for currency, sums in sorted(data.items())
    ]


def _months(today: date) -> list[date]:
    first = today.year * 12 + today.month - 12
    return [date(month // 12, month % 12 + 1, 1) for month in range(first, first + 12)]


def _by_month(invoices: Any, payments: Any, since: date) -> dict[str, dict[date, tuple[int, int]]]:
    """Minor units issued and received, by currency and month."""
    turnover = invoices.filter(issue_on__gte=since).exclude(status__in=[Status.DRAFT, Status.VOID])
    issued_sums = _monthly(turnover, "issue_on", F("total"))
    received_sums = _monthly(payments.filter(paid_on__gte=since), "paid_on", RECEIVED)
    data: dict[str, dict[date, tuple[int, int]]] = {}
    for currency, month in sorted({*issued_sums, *received_sums}):
        pair = (issued_sums.get((currency, month), 0), received_sums.get((currency, month), 0))
        data.setdefault(currency, {})[month] = pair
    return data


def _monthly(rows: Any, day: str, amount: Any) -> dict[tuple[str, date], int]:
    found = rows.order_by().annotate(month=TruncMonth(day)).values_list("currency", "month")
    return {(currency, month): sum_ for currency, month, sum_ in found.annotate(sum=Sum(amount))}


def _bars(sums: dict[date, tuple[int, int]], months: list[date], currency: str, language: str) -> list[Bar]:
    most = max([1, *(max(pair) for pair in sums.values())])
    step = WIDTH / len(months)
    return [
        _bar(month, i * step, sums.get(month, (0, 0)), most, currency, language)
        for i, month in enumerate(months)
    ]


def _bar(month: date, x: float, pair: tuple[int, int], most: int, currency: str, language: str) -> Bar:
    issued, received = (round(amount / most * (FLOOR - 10), 1) for amount in pair)
    said = [format_money(amount, currency, language) for amount in pair]
    title = _("%(month)s: issued %(issued)s, received %(received)s")
    return Bar(
        round(x, 1),
        FLOOR - issued,
        issued,
        FLOOR - received,
        received,
        date_format(month, "M"),
        title % {"month": date_format(month, "YEAR_MONTH_FORMAT"), "issued": said[0], "received": said[1]},
    )
