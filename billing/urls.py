"""Where each room's pages hang."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView

from businesses.views import set_language
from core.views import alive
from notifications.admin.reminders import customer_page, invoice_pause, rule_page
from outbox.views import ready
from payments.admin.reports import aging_page
from payments.admin.statements import statement_page
from providers.aira.views import pay
from providers.views.differences import differences, repair

urlpatterns = [
    path("", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/language/", set_language, name="admin_language"),
    path(
        "admin/customers/customer/<path:object_id>/statement/",
        admin.site.admin_view(statement_page),
        name="admin_statement",
    ),
    path("admin/reports/aging/", admin.site.admin_view(aging_page), name="admin_aging"),
    path("admin/reminders/", admin.site.admin_view(rule_page), name="admin_reminders"),
    path(
        "admin/customers/customer/<path:object_id>/reminders/",
        admin.site.admin_view(customer_page),
        name="admin_customer_reminders",
    ),
    path(
        "admin/invoices/invoice/<str:pk>/reminders/",
        admin.site.admin_view(invoice_pause),
        name="admin_invoice_reminders",
    ),
    path("admin/providers/differences/", admin.site.admin_view(differences), name="admin_differences"),
    path(
        "admin/providers/differences/<str:pk>/<str:name>/",
        admin.site.admin_view(repair),
        name="admin_difference_repair",
    ),
    path("admin/", admin.site.urls),
    path("i/", include("portal.urls")),
    path("pay/<str:signed>/", pay, name="aira_pay"),
    path("webhooks/providers/", include("providers.urls")),
    path("webhooks/", include("payments.urls")),
    path("mail/", include("notifications.mail.urls")),
    path("healthz", alive),
    path("readyz", ready),
]
