"""The invoices' screens."""

import re
from typing import Any

from django.db.models import Value
from django.db.models.fields.json import KeyTextTransform
from django.db.models.lookups import Exact
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from businesses.admin.owned import OwnBusinessFilter, OwnedAdmin, OwnRowFilter, staff
from businesses.roles import Can
from core.admin import (
    ChoicesDropdownFilter,
    RangeDateFilter,
    action,
    display,
    register,
)
from core.dates import short_date
from invoices.admin import live, screens
from invoices.admin.lists import PILLS, InvoiceList, SituationFilter, amount, run_bulk, zip_of
from invoices.models import Invoice
from invoices.status import TONES, Situation

METADATA = re.compile(r"([A-Za-z0-9_.-]{1,40})=(.+)")


@register(Invoice)
class InvoiceAdmin(OwnedAdmin):
    list_display = ("number_shown", "payer_shown", "pill_shown", "issued_shown", "due_shown", "total_shown")
    list_display_links = ("number_shown", "payer_shown")
    list_filter = (
        SituationFilter,
        ("kind", ChoicesDropdownFilter),
        ("issue_on", RangeDateFilter),
        ("due_on", RangeDateFilter),
        ("customer", OwnRowFilter),
        ("business", OwnBusinessFilter),
    )
    list_before_template = "admin/invoices/invoice/tabs.html"
    list_after_template = "admin/invoices/invoice/sums.html"
    search_fields = ("number",)
    search_help_text = _("Number, customer, tax id, or key=value")
    actions = ("bulk_issue", "bulk_zip", "bulk_void")

    def get_queryset(self, request: HttpRequest) -> Any:
        rows: Any = super().get_queryset(request)
        return rows.current().select_related("customer", "business").defer("terms", "issuer")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """`key=value` asks the metadata; the key is data, never a lookup."""
        asked = METADATA.fullmatch(search_term.strip())
        if asked is None:
            return super().get_search_results(request, queryset, search_term)
        key, value = asked.groups()
        found = queryset.filter(Exact(KeyTextTransform(key, "metadata"), Value(value.strip())))
        return super().get_search_results(request, found, "")

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[InvoiceList]:
        return InvoiceList

    @display(description=_("number"), ordering="number")
    def number_shown(self, invoice: Invoice) -> str:
        return invoice.number or str(_("Draft"))

    @display(description=_("customer"), header=True)
    def payer_shown(self, invoice: Invoice) -> tuple[str, str]:
        return (invoice.payer.get("name") or invoice.customer.name, invoice.title or invoice.name)

    @display(description=_("status"), label={situation: PILLS[tone] for situation, tone in TONES.items()})
    def pill_shown(self, invoice: Invoice) -> tuple[Situation, str]:
        situation = invoice.situation(invoice.business.today())
        return (situation, str(situation.label))

    @display(description=_("issued"), ordering="issue_on")
    def issued_shown(self, invoice: Invoice) -> str:
        return short_date(invoice.issue_on, get_language() or "en")

    @display(description=_("due"), ordering="due_on")
    def due_shown(self, invoice: Invoice) -> str:
        return short_date(invoice.due_on, get_language() or "en")

    @display(description=_("total"), ordering="total")
    def total_shown(self, invoice: Invoice) -> str:
        return amount(invoice, get_language() or "en")

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: Any = None,
    ) -> HttpResponse:
        """Our own editor and page in place of Django's form: an invoice is more than its columns."""
        return screens.add(request) if object_id is None else screens.show(request, object_id)

    def get_urls(self) -> list[Any]:
        routes = [
            ("totals/", live.totals, "totals"),
            ("product/<str:pk>/", live.fill, "fill"),
            ("customer/<str:pk>/", live.payer, "payer"),
            ("<str:pk>/do/<str:name>/", screens.act, "act"),
            ("<str:pk>/pdf/", screens.download, "pdf"),
            ("<str:pk>/files/<str:public_id>/", screens.attached_file, "file"),
        ]
        view = self.admin_site.admin_view
        own = [path(route, view(target), name=f"invoices_invoice_{name}") for route, target, name in routes]
        return own + super().get_urls()  # type: ignore[no-any-return]

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_issue_permission(self, request: HttpRequest) -> bool:
        return staff(request).can(Can.ISSUE)

    def has_void_permission(self, request: HttpRequest) -> bool:
        return staff(request).can(Can.VOID)

    @action(description=_("Issue"), permissions=["issue"])
    def bulk_issue(self, request: HttpRequest, rows: Any) -> None:
        run_bulk(request, rows.order_by("issue_on", "pk"), "issue")

    @action(description=_("Download PDFs (zip)"), permissions=["view"])
    def bulk_zip(self, request: HttpRequest, rows: Any) -> HttpResponse | None:
        return zip_of(request, rows)

    @action(description=pgettext_lazy("action", "Void"), permissions=["void"])
    def bulk_void(self, request: HttpRequest, rows: Any) -> None:
        run_bulk(request, rows, "void")
