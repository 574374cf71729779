"""Where each room's pages hang."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from businesses.views import set_language
from payments.admin.reports import aging_page
from payments.admin.statements import statement_page
from providers.aira.views import pay

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/language/", set_language, name="admin_language"),
    path(
        "admin/customers/customer/<path:object_id>/statement/",
        admin.site.admin_view(statement_page),
        name="admin_statement",
    ),
    path("admin/reports/aging/", admin.site.admin_view(aging_page), name="admin_aging"),
    path("admin/", admin.site.urls),
    path("i/", include("portal.urls")),
    path("pay/<str:signed>/", pay, name="aira_pay"),
    path("webhooks/", include("payments.urls")),
]
