"""What the audit screen and the timelines say of each kind of event and of who did it; the groups to narrow to."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.roles import Role
from businesses.sign_ins import NOBODY

GROUPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "invoices": (_("Invoices"), ("invoice.",)),
    "customers": (_("Customers"), ("customer.",)),
    "products": (_("Products and taxes"), ("product.", "tax.")),
    "businesses": (_("Businesses"), ("business.", "account.", "series.")),
    "staff": (_("Staff and roles"), ("staff.added", "staff.removed", "staff.role_")),
    "sign-ins": (_("Sign-ins"), ("staff.sign", "staff.locked", "staff.two_factor_")),
}

SENTENCES: dict[str, Any] = {
    "invoice.created": _("Draft written"),
    "invoice.updated": _("Draft changed"),
    "invoice.deleted": _("Draft deleted"),
    "invoice.finalized": _("Invoice issued"),
    "invoice.voided": _("Invoice voided"),
    "invoice.marked_uncollectible": _("Invoice marked uncollectible"),
    "invoice.processing": _("Payment on its way"),
    "invoice.partially_paid": _("Invoice paid in part"),
    "invoice.paid": _("Invoice paid"),
    "invoice.downloaded": _("PDF downloaded"),
    "invoice.link_renewed": _("Public link renewed"),
    "invoice.link_revoked": _("Public link revoked"),
    "invoice.file_attached": _("File attached"),
    "invoice.file_removed": _("File removed"),
    "customer.created": _("Customer added"),
    "customer.updated": _("Customer changed"),
    "product.created": _("Product added"),
    "product.updated": _("Product changed"),
    "tax.created": _("Tax added"),
    "tax.updated": _("Tax changed"),
    "business.created": _("Business added"),
    "business.updated": _("Business changed"),
    "account.created": _("Receiving account added"),
    "account.updated": _("Receiving account changed"),
    "series.started": _("First number set"),
    "staff.added": _("Person added to the staff"),
    "staff.role_changed": _("Role changed"),
    "staff.removed": _("Person removed from the staff"),
    "staff.signed_in": _("Signed in"),
    "staff.signed_out": _("Signed out"),
    "staff.sign_in_failed": _("Sign-in refused"),
    "staff.locked_out": _("Locked out after wrong passwords"),
    "staff.two_factor_on": _("Two-step sign-in switched on"),
    "staff.two_factor_off": _("Two-step sign-in switched off"),
}

WORDS: dict[str, Any] = {
    "number": _("number"),
    "total": _("total"),
    "total_before": _("before"),
    "amount": _("amount"),
    "name": _("name"),
    "series": _("series"),
    "first": _("first number"),
    "person": _("person"),
    "role": _("role"),
    "address": _("from"),
    "step": _("step"),
}
"""The words for what an event carries; what has none here (digests, keys) is on the event's own page only."""

VALUES: dict[str, dict[str, Any]] = {"role": dict(Role.choices), "step": {"code": _("second")}}


def sentence(kind: str) -> str:
    return str(SENTENCES.get(kind, kind))


def who(actor: str) -> str:
    """`user:ana` is Ana's sign-in name, `command:demo` the command as it is typed; nobody is Faturo itself."""
    kind, _colon, name = actor.partition(":")
    if actor == NOBODY:
        return gettext("not signed in")
    return {"user": name, "command": f"manage.py {name}"}.get(kind, actor) or "Faturo"
