"""Bank files on screen: the list, one file with its entries, and all entries that wait for somebody."""

from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Page
from django.db.models import Count, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnBusinessFilter, OwnedAdmin, may, staff
from businesses.admin.sentences import who
from businesses.roles import Can
from core.admin import BoundedPaginator, display, register
from core.dates import short_time
from core.languages import language
from invoices.admin.frame import framed
from payments import bank
from payments.admin import bank_upload, bank_verbs
from payments.bank_entries import WAITING
from payments.bank_words import sentence
from payments.models import BankEntry, BankFile, EntryState

PER_PAGE = 50
TONES = {
    EntryState.APPLIED: "good",
    EntryState.SUGGESTED: "warn",
    EntryState.UNKNOWN: "bad",
    EntryState.DISMISSED: "neutral",
}


@register(BankFile)
class BankFileAdmin(OwnedAdmin):
    list_display = ("name", "account_shown", "read_shown", "entries_shown", "waiting_shown")
    list_filter = (("business", OwnBusinessFilter),)
    list_before_template = "admin/bank/tabs.html"
    actions = None

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request).select_related("business", "account").defer("ignored")
        waiting = Count("entries", filter=Q(entries__state__in=WAITING))
        return rows.annotate(entry_count=Count("entries"), waiting=waiting)  # type: ignore[no-any-return]

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        return queryset, False

    @display(description=gettext_lazy("receiving account"))
    def account_shown(self, file: BankFile) -> str:
        return f"{file.account or '—'} · {file.business}"

    @display(description=gettext_lazy("read"), ordering="pk")
    def read_shown(self, file: BankFile) -> str:
        return short_time(file.created_at, language(), file.business.zone)

    @display(description=gettext_lazy("payments"))
    def entries_shown(self, file: Any) -> int:
        return int(file.entry_count)

    @display(description=gettext_lazy("to confirm"))
    def waiting_shown(self, file: Any) -> str:
        if not file.waiting:
            return "—"
        return format_html('<span class="fa-pill fa-warn">{}</span>', file.waiting)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        return bank_upload.upload(request) if object_id is None else show(request, object_id)

    def get_urls(self) -> list[Any]:
        routes = [
            ("to-confirm/", waiting, "waiting"),
            ("bankentry/<str:pk>/<str:verb>/", bank_verbs.act, "entry"),
            ("<str:pk>/apply/", apply_sure, "sure"),
        ]
        view = self.admin_site.admin_view
        own = [path(route, view(target), name=f"payments_bankfile_{name}") for route, target, name in routes]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.RECEIVE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


def find(request: HttpRequest, pk: str, can: Can = Can.VIEW) -> BankFile:
    """One file of the person's own businesses; any other is as if it did not exist."""
    rows = BankFile.objects.for_staff(staff(request)).select_related("business", "account")
    file = rows.filter(pk=key_of(pk) or 0).first()
    if file is None:
        raise Http404
    if not staff(request).can(can, file.business_id):
        raise PermissionDenied
    return file  # type: ignore[no-any-return]


def show(request: HttpRequest, pk: str) -> HttpResponse:
    file = find(request, pk)
    if request.method not in ("GET", "HEAD"):
        return HttpResponseNotAllowed(["GET", "HEAD"])
    entries = BankEntry.objects.for_business(file.business_id).filter(file=file)
    counts = {row["state"]: row["count"] for row in _by_state(entries)}
    state = _state(request.GET.get("state", ""), counts)
    context = {
        "file": file,
        "who": who(file.by),
        "may_receive": staff(request).can(Can.RECEIVE, file.business_id),
        "states": [(value, label, counts.get(value, 0)) for value, label in EntryState.choices],
        "state": state,
        "sums": _sums(entries),
        "sure": entries.filter(bank.SURELY).count(),
        **_listed(request, entries.filter(state=state)),
    }
    return framed(request, "admin/bank/file.html", context, file.name)


def _by_state(entries: QuerySet[Any]) -> Any:
    return entries.order_by().values("state").annotate(count=Count("pk"))


def _state(asked: str, counts: dict[str, int]) -> str:
    """As asked, else the first in which something waits to be seen."""
    if asked in EntryState.values:
        return asked
    order = [EntryState.SUGGESTED, EntryState.UNKNOWN, EntryState.APPLIED, EntryState.DISMISSED]
    return next((state for state in order if counts.get(state)), EntryState.APPLIED)


def _sums(entries: QuerySet[Any]) -> list[dict[str, Any]]:
    """Gross, fee and net by currency, in minor units."""
    rows = entries.order_by().values("currency").annotate(gross=Sum("amount"), fees=Sum("fee"))
    return [{**row, "net": row["gross"] - row["fees"]} for row in rows]


def waiting(request: HttpRequest) -> HttpResponse:
    """What waits in all files of the person's businesses, the newest first."""
    if not may(request, Can.VIEW):
        raise PermissionDenied
    entries = BankEntry.objects.for_staff(staff(request)).filter(state__in=WAITING).order_by("-on", "-pk")
    context = {"is_list": True, **_listed(request, entries)}
    return framed(request, "admin/bank/waiting.html", context, _("Bank entries to confirm"))


def _listed(request: HttpRequest, entries: QuerySet[Any]) -> dict[str, Any]:
    rows = entries.select_related("file", "business", "invoice__customer", "payment")
    page = BoundedPaginator(rows, PER_PAGE).get_page(request.GET.get("page", "")[:6])
    return {"page": page, "rows": [_row(request, entry) for entry in page], "pages": _pages(request, page)}


def _pages(request: HttpRequest, page: Page[Any]) -> dict[str, str]:
    query = request.GET.copy()
    found = {}
    if page.has_previous():
        query["page"] = str(page.previous_page_number())
        found["previous"] = f"?{query.urlencode()}"
    if page.has_next():
        query["page"] = str(page.next_page_number())
        found["next"] = f"?{query.urlencode()}"
    return found


def _row(request: HttpRequest, entry: BankEntry) -> dict[str, Any]:
    can = staff(request).can(Can.RECEIVE, entry.business_id)
    verbs = bank_verbs.verbs_for(entry) if can else []
    main = [verb for verb in verbs if verb.is_main]
    return {
        "entry": entry,
        "tone": TONES[EntryState(entry.state)],
        "reasons": [sentence(reason, entry.currency) for reason in entry.reasons],
        "net": entry.amount - entry.fee,
        "main": main,
        "first": [] if main else verbs[:1],
        "more": [verb for verb in verbs if not verb.is_main][not main :],
    }


def apply_sure(request: HttpRequest, pk: str) -> HttpResponse:
    """What a large or interrupted import left, without waiting for the schedule."""
    file = find(request, pk, Can.RECEIVE)
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    count = bank.apply_sure(file, by=request.user, most=bank_upload.AT_ONCE)
    said = ngettext("%(count)d payment applied.", "%(count)d payments applied.", count)
    messages.success(request, said % {"count": count})
    return redirect(reverse("admin:payments_bankfile_change", args=[file.pk]))
