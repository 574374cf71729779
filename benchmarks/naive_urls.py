"""The project's addresses and one more: the invoice list as an ordinary admin class shows it."""

from typing import Any

from django.http import HttpRequest
from django.urls import path

from billing.urls import urlpatterns as addresses
from core.admin import ModelAdmin, site
from invoices.models import Invoice


class NaiveInvoiceAdmin(ModelAdmin):
    list_display = ("number", "customer", "status", "issue_on", "due_on", "total")
    list_filter = ("status", "kind")
    list_per_page = 50
    list_select_related = ("customer",)
    search_fields = ("number", "title", "name", "customer__name", "customer__legal_name", "customer__tax_id")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return True


naive = NaiveInvoiceAdmin(Invoice, site)
urlpatterns = [path("naive/", site.admin_view(naive.changelist_view)), *addresses]
