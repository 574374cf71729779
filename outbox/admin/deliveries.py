"""The list of deliveries, the page of one with its tries, and the buttons on it."""

from collections.abc import Iterable
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnBusinessFilter, OwnedAdmin, staff
from businesses.admin.sentences import sentence
from businesses.roles import Can
from core.admin import ChoicesDropdownFilter, QuietChangeList, SimpleListFilter, display, register
from core.dates import short_time
from core.languages import language
from core.problems import Conflict, Problem
from core.secrets import SecretUnreadable
from invoices.admin.frame import framed
from invoices.admin.lists import PILLS
from invoices.models import Invoice
from outbox.admin.acts import act_of, acts_for
from outbox.admin.state import RETRYING, TONES, names_of, operation_of, state_of, why
from outbox.models import Attempt, Delivery
from outbox.words import WORDS
from providers import actions as providers
from providers.models import Connection, ProviderName

PILL = {**{state: PILLS[tone] for state, tone in TONES.items()}, RETRYING: PILLS["warn"]}
MOST_ATTEMPTS = 100


class ProviderFilter(SimpleListFilter):
    title = _("provider")
    parameter_name = "provider"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return ProviderName.choices

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        if self.value() not in ProviderName:
            return queryset
        rows = Connection.objects.for_staff(staff(request)).filter(provider=self.value())
        return queryset.filter(route__in=[f"push:{key}" for key in rows.values_list("public_id", flat=True)])


class ErrorFilter(SimpleListFilter):
    title = _("error")
    parameter_name = "error"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [("any", _("Any error")), *WORDS.items()]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        value = self.value()
        if value == "any":
            return queryset.exclude(code="")
        return queryset.filter(code=value) if value in WORDS else queryset


class DeliveryList(QuietChangeList):
    """Names of where the page's rows go are looked up once."""

    result_list: Any

    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        rows = list(self.result_list)
        names = names_of(rows)
        for row in rows:
            row.goes_to = names[row.target]
        self.result_list = rows


@register(Delivery)
class DeliveryAdmin(OwnedAdmin):
    list_display = ("what_shown", "to_shown", "state_shown", "why_shown", "when_shown")
    list_filter = (
        ("state", ChoicesDropdownFilter),
        ("channel", ChoicesDropdownFilter),
        ProviderFilter,
        ErrorFilter,
        ("business", OwnBusinessFilter),
    )
    actions = None
    ordering = ("-id",)

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("event", "invoice", "business")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[DeliveryList]:
        return DeliveryList

    @display(description=_("what"), header=True)
    def what_shown(self, row: Delivery) -> tuple[str, str]:
        return operation_of(row) or sentence(row.event.kind), str(row.invoice) if row.invoice else ""

    @display(description=_("to"), header=True)
    def to_shown(self, row: Any) -> tuple[str, str]:
        return row.goes_to, str(row.get_channel_display())

    @display(description=_("state"), label=PILL, ordering="state")
    def state_shown(self, row: Delivery) -> tuple[str, str]:
        return state_of(row)

    @display(description=_("error"))
    def why_shown(self, row: Delivery) -> str:
        return format_html('<span class="fa-reason">{}</span>', why(row)) if row.code else "—"

    @display(description=_("when"), ordering="id")
    def when_shown(self, row: Delivery) -> str:
        return short_time(row.settled_at or row.created_at, language(), row.business.zone)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        if object_id is None or request.method not in ("GET", "HEAD"):
            raise PermissionDenied
        row = self._find(request, object_id)
        is_manager = staff(request).can(Can.MANAGE, row.business_id)
        context = {
            "delivery": row,
            "what": operation_of(row) or sentence(row.event.kind),
            "goes_to": names_of([row])[row.target],
            "state": state_of(row),
            "tone": "warn" if state_of(row)[0] == RETRYING else TONES[row.state],
            "why": why(row),
            "zone": row.business.zone,
            "acts": acts_for(row) if staff(request).can(Can.WRITE, row.business_id) else [],
            "attempts": attempts(row, is_told=is_manager),
        }
        return framed(request, "admin/outbox/delivery.html", context, gettext("Delivery"))

    def get_urls(self) -> list[Any]:
        view = self.admin_site.admin_view
        own = [
            path("<str:pk>/do/<str:name>/", view(self.act), name="outbox_delivery_act"),
            path("push/<str:invoice>/<str:connection>/", view(self.push), name="outbox_delivery_push"),
        ]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def act(self, request: HttpRequest, pk: str, name: str) -> HttpResponse:
        row = self._find(request, pk, Can.WRITE)
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        act = act_of(name, row)
        if act is None:
            messages.warning(request, gettext("This is not possible any more."))
            return _back(request, row)
        try:
            act.run(row, by=request.user)
        except Conflict as conflict:
            messages.error(request, conflict.text)
        else:
            messages.success(request, str(act.done))
        return _back(request, row)

    def push(self, request: HttpRequest, invoice: str, connection: str) -> HttpResponse:
        """Push an issued invoice to a connection that does not do it by itself."""
        row = Invoice.objects.for_staff(staff(request)).current().filter(pk=key_of(invoice) or 0).first()
        if row is None:
            raise Http404
        mine = Connection.objects.for_business(row.business_id).filter(public_id=connection, is_active=True)
        goal = mine.defer("sealed_credentials", "sealed_tokens").first()
        if goal is None:
            raise Http404
        if not staff(request).can(Can.WRITE, row.business_id):
            raise PermissionDenied
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        try:
            providers.request_push(row, goal, by=request.user)
            messages.success(request, gettext("It is on its way to %(name)s.") % {"name": goal})
        except Problem as problem:
            messages.error(request, problem.text)
        return redirect("admin:invoices_invoice_change", row.pk)

    def _find(self, request: HttpRequest, pk: str, can: Can = Can.VIEW) -> Delivery:
        key = key_of(pk)
        row = self.get_queryset(request).filter(pk=key).first() if key is not None else None
        if row is None:
            raise Http404
        if not staff(request).can(can, row.business_id):
            raise PermissionDenied
        return row  # type: ignore[no-any-return]


def _back(request: HttpRequest, row: Delivery) -> HttpResponse:
    """To the invoice's page when the button stood there."""
    wanted = request.POST.get("next", "")
    if url_has_allowed_host_and_scheme(wanted, {request.get_host()}):
        return redirect(wanted)
    return redirect("admin:outbox_delivery_change", row.pk)


def attempts(row: Delivery, *, is_told: bool) -> list[Attempt]:
    """Its calls, the newest first; what was said in them only for those who manage."""
    rows = row.attempts.order_by("-pk").defer("request", "answer")[:MOST_ATTEMPTS]
    if not is_told:
        return list(rows)
    try:
        return list(row.attempts.order_by("-pk")[:MOST_ATTEMPTS])
    except SecretUnreadable:
        return list(rows)
