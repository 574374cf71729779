"""The project's addresses and one more: the invoice list with the same columns, paged and searched as Django does."""

from typing import Any

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import path

from billing.urls import urlpatterns as addresses
from core.admin import ModelAdmin, site
from invoices.admin import InvoiceAdmin
from invoices.models import Invoice


class NaiveInvoiceAdmin(InvoiceAdmin):
    paginator: Any = Paginator
    show_full_result_count = True
    list_before_template: Any = None
    list_after_template: Any = None
    search_fields: Any = (
        "number",
        "title",
        "name",
        "customer__name",
        "customer__legal_name",
        "customer__tax_id",
    )

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> Any:
        return ModelAdmin.get_changelist(self, request, **kwargs)

    def get_search_results(self, request: HttpRequest, queryset: QuerySet[Any], search_term: str) -> Any:
        return ModelAdmin.get_search_results(self, request, queryset, search_term)


naive = NaiveInvoiceAdmin(Invoice, site)
urlpatterns = [path("naive/", site.admin_view(naive.changelist_view)), *addresses]
