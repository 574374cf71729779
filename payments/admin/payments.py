"""The list of payments and the addresses around one payment."""

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import redirect
from django.urls import path
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from businesses.admin.owned import OwnBusinessFilter, OwnedAdmin, OwnRowFilter, may, staff
from businesses.roles import Can
from core.admin import ChoicesDropdownFilter, RangeDateFilter, display, register
from core.csv_out import csv_response
from core.dates import short_date
from core.languages import language
from core.money import format_money
from invoices.admin.lists import PILLS
from payments.admin import corrections, downloads, screens
from payments.admin import register as registering
from payments.admin.acts import act, known
from payments.admin.lists import PaymentList, StateFilter, searched, table
from payments.admin.state import TONES, State, state_of
from payments.models import Payment

PALETTE_ROWS = 20


@register(Payment)
class PaymentAdmin(OwnedAdmin):
    list_display = ("day_shown", "payer_shown", "method_shown", "pill_shown", "total_shown")
    list_display_links = ("day_shown", "payer_shown")
    list_filter = (
        StateFilter,
        ("method", ChoicesDropdownFilter),
        ("paid_on", RangeDateFilter),
        ("customer", OwnRowFilter),
        ("business", OwnBusinessFilter),
    )
    list_before_template = "admin/invoices/invoice/tabs.html"
    list_after_template = "admin/payments/sums.html"
    search_fields = ("payer_name",)
    search_help_text = _("Payer, customer, external id, amount")
    actions = None

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).select_related("customer", "business")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        screen = request.resolver_match.url_name if request.resolver_match else ""
        found = searched(queryset, search_term, staff(request))
        return (found[:PALETTE_ROWS] if screen == "search" else found), False

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[PaymentList]:
        return PaymentList

    @display(description=_("date"), ordering="paid_on")
    def day_shown(self, payment: Payment) -> str:
        return short_date(payment.paid_on, language())

    @display(description=_("customer"), header=True)
    def payer_shown(self, payment: Payment) -> tuple[str, str]:
        name = payment.customer.name if payment.customer else ""
        return (name or payment.payer_name or "—", payment.payer_name if name else "")

    @display(description=_("method"), ordering="method")
    def method_shown(self, payment: Payment) -> str:
        return str(payment.get_method_display())

    @display(description=_("state"), label={state: PILLS[tone] for state, tone in TONES.items()})
    def pill_shown(self, payment: Payment) -> tuple[State, str]:
        state = state_of(payment)
        return (state, str(state.label))

    @display(description=_("amount"), ordering="amount")
    def total_shown(self, payment: Payment) -> str:
        money = format_money(payment.amount, payment.currency, language())
        if not payment.unapplied or payment.unapplied == payment.amount:
            return format_html('<span class="fa-money">{}</span>', money)
        left = _("%(amount)s left") % {
            "amount": format_money(payment.unapplied, payment.currency, language())
        }
        return format_html('<span class="fa-money">{}<small>{}</small></span>', money, left)

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Our own pages: what arrived is never changed, only explained and given back."""
        return registering.add(request) if object_id is None else screens.show(request, object_id)

    def get_urls(self) -> list[Any]:
        routes = [
            ("export/", self.export, "export"),
            ("for-invoice/<str:pk>/do/<str:name>/", corrections.correct, "correct"),
            ("for-invoice/<str:pk>/booklet/", downloads.booklet, "booklet"),
            ("credit-note/<str:pk>/pdf/", downloads.credit_note, "credit_note"),
            ("<str:pk>/do/<str:name>/", self.act, "act"),
            ("<str:pk>/receipt/", downloads.receipt, "receipt"),
            ("<str:pk>/voucher/", screens.voucher, "voucher"),
        ]
        view = self.admin_site.admin_view
        own = [path(route, view(target), name=f"payments_payment_{name}") for route, target, name in routes]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def act(self, request: HttpRequest, pk: str, name: str) -> HttpResponse:
        return act(request, screens.find(request, pk, known(name).can), name)

    def export(self, request: HttpRequest) -> HttpResponse:
        """What the list shows, all pages of it; an address that the list refuses leads back to it."""
        if request.method != "GET":
            return HttpResponseNotAllowed(["GET"])
        answer = self.changelist_view(request)
        context = getattr(answer, "context_data", None) or {}
        if "cl" not in context:
            return redirect("admin:payments_payment_changelist")
        rows = context["cl"].queryset
        return csv_response("payments.csv", table(rows), staff(request).language)  # type: ignore[return-value]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return may(request, Can.RECEIVE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
