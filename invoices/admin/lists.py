"""The list of invoices: pills, tabs, filters, sums, bulk actions."""

import io
import zipfile
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.db.models import Q, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, ngettext_lazy, pgettext_lazy

from businesses.admin.owned import staff
from businesses.models import Business
from businesses.roles import Can
from core.admin import KeysetChangeList, SimpleListFilter
from core.money import format_money
from core.paper import PaperError
from core.problems import Conflict, Problem
from invoices import documents, tasks
from invoices.admin.verbs import VERBS
from invoices.models import Invoice
from invoices.querysets import REMAINING
from invoices.status import Situation, Status

MAX_BULK = 200
MAX_SLICES = 20
OWED = Q(status__in=[Status.OPEN, Status.UNCOLLECTIBLE])
DONE = {
    "issue": ngettext_lazy("%(count)d invoice issued.", "%(count)d invoices issued.", "count"),
    "void": ngettext_lazy("%(count)d invoice voided.", "%(count)d invoices voided.", "count"),
}
TABS = [
    ("", pgettext_lazy("invoices", "All")),
    ("draft", gettext_lazy("Drafts")),
    ("open", pgettext_lazy("invoices", "Open")),
    ("overdue", pgettext_lazy("invoices", "Overdue")),
    ("paid", pgettext_lazy("invoices", "Paid")),
]
PILLS = {"neutral": "default", "info": "info", "good": "success", "warn": "warning", "bad": "danger"}


Rows = QuerySet[Any]


def issued(rows: Rows, _businesses: Iterable[Business]) -> Rows:
    """What counts as turnover."""
    return rows.exclude(status__in=[Status.DRAFT, Status.VOID])


def received_this_month(rows: Rows, businesses: Iterable[Business]) -> Rows:
    """Settled since the first of the month, by each business's own clock; a year back, which an index finds."""
    recent = Q(pk__in=[])
    for business in businesses:
        first = business.today().replace(day=1)
        since = datetime.combine(first, time(), ZoneInfo(business.time_zone))
        recent |= Q(business=business.pk, paid_at__gte=since, issue_on__gte=first - timedelta(days=365))
    return rows.filter(recent, status=Status.PAID)


def _scheduled(rows: Rows, businesses: Iterable[Business]) -> Rows:
    ahead = Q(pk__in=[])
    for business in businesses:
        ahead |= Q(business=business.pk, issue_on__gt=business.today())
    return rows.filter(ahead, status=Status.OPEN, amount_paid=0, amount_processing__lt=REMAINING)


def _processing(rows: Rows, _businesses: Iterable[Business]) -> Rows:
    return rows.filter(status=Status.OPEN, amount_processing__gte=REMAINING)


def _partially_paid(rows: Rows, _businesses: Iterable[Business]) -> Rows:
    return rows.filter(status=Status.OPEN, amount_paid__gt=0)


def _overdue(rows: Any, businesses: Iterable[Business]) -> Rows:
    return rows.overdue_now(businesses)  # type: ignore[no-any-return]


COMPUTED: dict[str, Callable[[Rows, Iterable[Business]], Rows]] = {
    Situation.SCHEDULED: _scheduled,
    Situation.PROCESSING: _processing,
    Situation.PARTIALLY_PAID: _partially_paid,
    Situation.OVERDUE: _overdue,
    "issued": issued,
    "received": received_this_month,
}
MORE_CHOICES = [
    ("issued", gettext_lazy("Issued, not void")),
    ("received", gettext_lazy("Received this month")),
]


class SituationFilter(SimpleListFilter):
    """What staff call the state; overdue by each business's own calendar."""

    title = gettext_lazy("status")
    parameter_name = "situation"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [*Situation.choices, *MORE_CHOICES]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        if value in COMPUTED:
            return COMPUTED[value](queryset, Business.objects.for_staff(staff(request)))
        return queryset.filter(status=value) if value in Status.values else queryset


class InvoiceList(KeysetChangeList):
    """Adds the tabs and the sums of what is listed."""

    def tabs(self) -> list[tuple[str, str, bool]]:
        now = self.params.get("situation", "")
        drop = ["situation", "after", "before", "p"]
        return [
            (str(label), self.get_query_string({"situation": value} if value else {}, drop), value == now)
            for value, label in TABS
        ]

    def sums(self) -> list[tuple[str, str, str]]:
        """Total, remaining and received by currency, of all that is listed; past ten thousand rows, of this page."""
        if self.paginator.is_capped:
            keys: Any = [row.pk for row in self.result_list]
        else:
            keys = self.queryset.order_by().values("pk")
        rows = Invoice.objects.for_staff(self.user).filter(pk__in=keys).order_by().values("currency")
        columns = {"all": Sum("total"), "left": Sum(REMAINING, filter=OWED), "paid": Sum("amount_paid")}
        return [
            (
                format_money(row["all"], row["currency"], self.user.language),
                format_money(row["left"] or 0, row["currency"], self.user.language),
                format_money(row["paid"], row["currency"], self.user.language) if row["paid"] else "",
            )
            for row in rows.annotate(**columns).order_by("currency")
        ]

    def slices(self) -> list[QuerySet[Any]]:
        """Business by business: asked for several at once, a database may sort a million rows to show fifty."""
        keys = [] if self.user.is_superuser else self.user.business_keys(Can.VIEW)
        few = 1 < len(keys) <= MAX_SLICES
        return [self.queryset.filter(business=key) for key in keys] if few else [self.queryset]

    def get_queryset(self, request: HttpRequest, *args: Any, **kwargs: Any) -> QuerySet[Any]:
        self.user = staff(request)
        return super().get_queryset(request, *args, **kwargs)  # type: ignore[no-any-return]


def amount(invoice: Invoice, language: str) -> str:
    return format_html(
        '<span class="fa-money">{}</span>', format_money(invoice.total, invoice.currency, language)
    )


def run_bulk(request: HttpRequest, rows: QuerySet[Any], name: str) -> None:
    """One after the other, each on its own: says how many succeeded, and why the others did not."""
    verb, done = VERBS[name], 0
    refused: list[str] = []
    for invoice in rows[: MAX_BULK + 1]:
        if done + len(refused) == MAX_BULK:
            refused.append(_("At most %(limit)d at a time.") % {"limit": MAX_BULK})
            break
        if not staff(request).can(verb.can, invoice.business_id):
            refused.append(f"{invoice}: " + _("your role does not allow this"))
            continue
        try:
            verb.bulk(invoice, request.user)
            done += 1
        except (Conflict, Problem) as refusal:
            refused.append(f"{invoice}: {refusal.text}")
    if done:
        tasks.wake()
        messages.success(request, DONE[name] % {"count": done})
    for reason in refused[:20]:
        messages.warning(request, reason)


def zip_of(request: HttpRequest, rows: QuerySet[Any]) -> HttpResponse | None:
    """The PDFs of a selection in one file; drafts have none worth keeping and are left out."""
    packed, refused = io.BytesIO(), []
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for invoice in rows.exclude(status=Status.DRAFT)[:MAX_BULK]:
            try:
                document = documents.frozen(invoice)
                archive.writestr(_free_name(archive, document.filename, invoice), document.content)
            except PaperError as error:
                refused.append(f"{invoice}: {documents.why_not(error)}")
    if refused:
        tasks.wake()
    for reason in refused[:20]:
        messages.warning(request, reason)
    if not archive.namelist():
        messages.warning(request, _("None of these has a PDF yet."))
        return None
    for reason in _left_out(rows):
        messages.warning(request, reason)
    headers = {"Content-Disposition": 'attachment; filename="invoices.zip"'}
    return HttpResponse(packed.getvalue(), content_type="application/zip", headers=headers)


def _left_out(rows: QuerySet[Any]) -> Iterator[str]:
    """What of the selection the file does not have, so that nobody takes it for complete."""
    drafts = rows.filter(status=Status.DRAFT).count()
    if drafts:
        yield ngettext("%(count)d draft was left out.", "%(count)d drafts were left out.", drafts) % {
            "count": drafts
        }
    if rows.exclude(status=Status.DRAFT).count() > MAX_BULK:
        yield _("At most %(limit)d at a time.") % {"limit": MAX_BULK}


def _free_name(archive: zipfile.ZipFile, name: str, invoice: Invoice) -> str:
    """Two businesses can give the same number."""
    return f"{invoice.business.slug}-{name}" if name in archive.namelist() else name
