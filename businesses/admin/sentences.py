"""What the audit screen and the timelines say of each kind of event and of who did it; the groups to narrow to."""

from typing import Any

from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses.roles import Role
from businesses.sign_ins import NOBODY
from payments.models import Method

GROUPS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "invoices": (_("Invoices"), ("invoice.",)),
    "payments": (_("Payments"), ("payment.", "credit_note.", "bank_file.", "bank_entry.")),
    "customers": (_("Customers"), ("customer.",)),
    "products": (_("Products and taxes"), ("product.", "tax.")),
    "businesses": (_("Businesses"), ("business.", "account.", "series.", "cards.", "reminders.")),
    "deliveries": (_("Providers and deliveries"), ("mail.", "connection.", "webhook.", "delivery.")),
    "api_keys": (_("API keys"), ("api_key.",)),
    "staff": (_("Staff and roles"), ("staff.added", "staff.removed", "staff.role_")),
    "sign-ins": (_("Sign-ins"), ("staff.sign", "staff.locked", "staff.two_factor_")),
}

SENTENCES: dict[str, Any] = {
    "invoice.created": _("Draft written"),
    "invoice.updated": _("Draft changed"),
    "invoice.deleted": _("Draft deleted"),
    "invoice.finalized": _("Invoice issued"),
    "invoice.voided": _("Invoice voided"),
    "invoice.revised": _("New version of a sent invoice"),
    "invoice.marked_uncollectible": _("Invoice marked uncollectible"),
    "invoice.processing": _("Payment on its way"),
    "invoice.partially_paid": _("Invoice paid in part"),
    "invoice.paid": _("Invoice paid"),
    "invoice.payment_reversed": _("Payment taken back"),
    "invoice.credited": _("Credit note counted"),
    "invoice.waived": _("Fine or interest waived"),
    "invoice.downloaded": _("PDF downloaded"),
    "invoice.link_renewed": _("Public link renewed"),
    "invoice.link_revoked": _("Public link revoked"),
    "invoice.file_attached": _("File attached"),
    "invoice.file_removed": _("File removed"),
    "invoice.noted": _("Note from a client"),
    "payment.received": _("Payment received"),
    "payment.unapplied": _("Money to sort out"),
    "payment.assigned": _("Payment given to a customer"),
    "payment.refunded": _("Money given back"),
    "payment.charged_back": _("Money taken back by the payer’s bank"),
    "payment.disputed": _("Payment disputed"),
    "payment.dispute_won": _("Dispute won"),
    "payment.differs": _("Paid another amount than was asked for"),
    "payment.refund_asked": _("Refund asked for at the provider"),
    "credit_note.issued": _("Credit note issued"),
    "bank_file.imported": _("Bank file imported"),
    "bank_entry.confirmed": _("Bank entry applied"),
    "bank_entry.kept_as_credit": _("Bank entry kept as credit"),
    "bank_entry.recognised": _("Bank entry recognised as a known payment"),
    "bank_entry.dismissed": _("Bank entry set aside"),
    "bank_entry.reopened": _("Bank entry taken up again"),
    "customer.created": _("Customer added"),
    "customer.updated": _("Customer changed"),
    "product.created": _("Product added"),
    "product.updated": _("Product changed"),
    "tax.created": _("Tax added"),
    "tax.updated": _("Tax changed"),
    "webhook.created": _("Webhook added"),
    "webhook.updated": _("Webhook changed"),
    "webhook.secret_rotated": _("Webhook’s secret replaced"),
    "webhook.deleted": _("Webhook deleted"),
    "webhook.paused": _("Webhook paused"),
    "webhook.resumed": _("Webhook goes on"),
    "webhook.tested": _("Test sent to a webhook"),
    "api_key.created": _("API key made"),
    "api_key.revoked": _("API key revoked"),
    "invoice.reminder_due": _("Reminder due"),
    "invoice.reminders_paused": _("Reminders paused"),
    "invoice.reminders_resumed": _("Reminders resumed"),
    "reminders.rule_created": _("Reminder rule set"),
    "reminders.rule_updated": _("Reminder rule changed"),
    "reminders.rule_deleted": _("Customer’s own reminder rule removed"),
    "invoice.push_requested": _("Push to a provider asked for"),
    "invoice.pushed": _("Done at the provider"),
    "invoice.push_failed": _("Not done at the provider"),
    "invoice.drift_repaired": _("Difference with a provider dealt with"),
    "connection.created": _("Connection added"),
    "connection.updated": _("Connection changed"),
    "connection.paused": _("Connection paused: credentials refused"),
    "connection.resumed": _("Connection works again"),
    "connection.deleted": _("Connection deleted"),
    "delivery.replayed": _("Delivery tried again"),
    "delivery.hurried": _("Delivery tried at once"),
    "delivery.set_aside": _("Delivery set aside"),
    "invoice.send_requested": _("Sending by e-mail asked for"),
    "invoice.sent": _("E-mail sent"),
    "invoice.send_failed": _("E-mail not sent"),
    "mail.suppressed": _("E-mail address blocked"),
    "mail.lifted": _("E-mail address unblocked"),
    "mail.worded": _("E-mail wording changed"),
    "mail.unworded": _("E-mail wording deleted"),
    "mail.settings_changed": _("E-mail settings changed"),
    "business.created": _("Business added"),
    "business.updated": _("Business changed"),
    "account.created": _("Receiving account added"),
    "account.updated": _("Receiving account changed"),
    "cards.connected": _("Card checkout connected"),
    "cards.changed": _("Card checkout changed"),
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
    "credit_note": _("credit note"),
    "customer": _("customer"),
    "method": _("method"),
    "reason": _("reason"),
    "api": _("API"),
}
"""The words for what an event carries; what has none here (digests, keys) is on the event's own page only."""

REASONS: dict[str, Any] = {
    "overpaid": _("more than was due"),
    "unassigned": _("nobody knows yet whose it is"),
    "void": _("the invoice is void"),
    "currency": _("another currency than the invoice"),
    "credit_note": _("freed by a credit note"),
    "person": _("somebody paused it"),
    "gone": _("the address answered 410, gone"),
    "exhausted": _("it failed for three days"),
    "unreadable": _("its secret can’t be read"),
}
"""Why money waits for somebody; a refund's own reason is shown as it was written."""

VALUES: dict[str, dict[str, Any]] = {
    "role": dict(Role.choices),
    "step": {"code": _("second")},
    "method": dict(Method.choices),
    "reason": REASONS,
}


def sentence(kind: str) -> str:
    return str(SENTENCES.get(kind, kind))


def who(actor: str) -> str:
    """`user:ana` is Ana's sign-in name, `command:demo` the command as it is typed; nobody is Faturo itself."""
    kind, _colon, name = actor.partition(":")
    if actor == NOBODY:
        return gettext("not signed in")
    if kind == "key":
        return gettext("API key “%(name)s”") % {"name": name}
    return {"user": name, "command": f"manage.py {name}", "provider": name}.get(kind, actor) or "Faturo"
