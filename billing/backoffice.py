"""How the back office looks and what its sidebar leads to (settings of django-unfold)."""

from typing import Any

from django.templatetags.static import static
from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _


def _may(can: str) -> Any:
    return lambda request: request.user.can(can)


def _link(title: Any, icon: str, view: str, can: str = "view") -> dict[str, Any]:
    return {"title": title, "icon": icon, "link": reverse_lazy(f"admin:{view}"), "permission": _may(can)}


UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Faturo",
    "SITE_HEADER": "Faturo",
    "SITE_ICON": lambda request: static("backoffice/icon.svg"),
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda request: static("backoffice/icon.svg")}
    ],
    "SITE_URL": None,
    "SHOW_HISTORY": False,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_LANGUAGES": True,
    "LANGUAGES": {"action": reverse_lazy("admin_language")},
    "STYLES": [
        lambda request: static("backoffice/app.css"),
        lambda request: static("backoffice/account.css"),
    ],
    "DASHBOARD_CALLBACK": "invoices.admin.dashboard.dashboard",
    "BORDER_RADIUS": "6px",
    "COLORS": {
        "primary": {
            "50": "#eef2ff",
            "100": "#e0e7ff",
            "200": "#c7d2fe",
            "300": "#a5b4fc",
            "400": "#818cf8",
            "500": "#6366f1",
            "600": "#4f46e5",
            "700": "#4338ca",
            "800": "#3730a3",
            "900": "#312e81",
            "950": "#1e1b4b",
        }
    },
    "ACCOUNT": {
        "navigation": [
            {"title": _("Change password"), "link": reverse_lazy("admin:password_change")},
            {"title": _("Two-step sign-in"), "link": reverse_lazy("admin:two_factor")},
        ]
    },
    "COMMAND": {
        "search_models": ["invoices.invoice", "customers.customer", "products.product", "products.tax"]
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "navigation": [
            {
                "items": [
                    _link(_("Dashboard"), "dashboard", "index"),
                    _link(_("Invoices"), "receipt_long", "invoices_invoice_changelist"),
                    _link(_("Payments"), "payments", "payments_payment_changelist"),
                    _link(_("E-mails"), "mail", "notifications_message_changelist"),
                    _link(_("Bank files"), "account_balance", "payments_bankfile_changelist"),
                    {
                        "title": _("Reminders"),
                        "icon": "notifications",
                        "link": reverse_lazy("admin_reminders"),
                        "permission": _may("view"),
                    },
                    _link(_("Customers"), "group", "customers_customer_changelist"),
                    _link(_("Products"), "inventory_2", "products_product_changelist"),
                    _link(_("Taxes"), "percent", "products_tax_changelist"),
                ]
            },
            {
                "title": _("Providers"),
                "separator": True,
                "items": [
                    _link(_("Deliveries"), "outbox", "outbox_delivery_changelist"),
                    {
                        "title": _("Differences"),
                        "icon": "difference",
                        "link": reverse_lazy("admin_differences"),
                        "permission": _may("view"),
                    },
                    _link(_("Connections"), "hub", "providers_connection_changelist", "manage"),
                ],
            },
            {
                "title": _("Reports"),
                "separator": True,
                "items": [
                    {
                        "title": _("Aging"),
                        "icon": "hourglass_bottom",
                        "link": reverse_lazy("admin_aging"),
                        "permission": _may("view"),
                    }
                ],
            },
            {
                "separator": True,
                "items": [
                    _link(_("Businesses"), "store", "businesses_business_changelist"),
                    _link(_("Card checkouts"), "credit_card", "payments_cardconnection_changelist", "manage"),
                    _link(_("E-mail wording"), "edit_note", "notifications_wording_changelist", "manage"),
                    _link(_("E-mail settings"), "tune", "notifications_mailsettings_changelist", "manage"),
                    _link(_("Blocked addresses"), "unsubscribe", "notifications_suppression_changelist"),
                    _link(_("API keys"), "key", "gateway_apikey_changelist", "manage"),
                    _link(_("Webhooks"), "webhook", "notifications_webhookendpoint_changelist", "manage"),
                    _link(_("Staff"), "badge", "businesses_membership_changelist", "manage"),
                    _link(_("Audit"), "history", "businesses_event_changelist", "manage"),
                ],
            },
        ],
    },
}
