"""Choosing events on a webhook's form: by subject, each with its words."""

from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _

from notifications.catalogue import CATALOGUE, EVERYTHING

SUBJECTS: dict[str, Any] = {
    "invoice": _("Invoices"),
    "payment": _("Payments"),
    "credit_note": _("Credit notes"),
    "customer": _("Customers"),
    "product": _("Products"),
    "tax": _("Taxes"),
}


class EventPicker(forms.CheckboxSelectMultiple):
    """Groups that open; `*` and `invoice.*` are boxes of their own."""

    template_name = "admin/notifications/events.html"

    def _render(self, template_name: str, context: dict[str, Any], renderer: Any = None) -> Any:
        """Forms have a template engine of their own, which knows nothing of ours."""
        return render_to_string(template_name, context)


def choices() -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = [(EVERYTHING, _("Everything, also what is added later"))]
    for subject, label in SUBJECTS.items():
        mine = [(kind, words) for kind, words in CATALOGUE.items() if kind.startswith(f"{subject}.")]
        found.append((label, [(f"{subject}.*", _("All of these")), *mine]))
    return found
