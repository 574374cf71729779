"""What staff can do with one invoice: each verb's label, who may, in which states, what the confirmation says."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from businesses.models import User
from businesses.roles import Can
from invoices import actions, documents
from invoices.models import Invoice
from invoices.status import Status
from notifications.mail import admin as mails
from payments import actions as payments

ISSUED = frozenset({Status.OPEN, Status.PAID, Status.VOID, Status.UNCOLLECTIBLE})
EVERY = frozenset(Status)


@dataclass(frozen=True)
class Verb:
    """`act` returns the invoice to show next, None for the list."""

    name: str
    label: str | Promise
    icon: str
    can: Can
    states: frozenset[str]
    act: Callable[[Invoice, Any], Invoice | None]
    question: str | Promise
    done: str | Promise
    is_danger: bool = False
    is_main: bool = False
    obstacle: Callable[[Invoice], str | Promise] = lambda _invoice: ""
    """What stands in the way, said in place of the question."""
    about: Callable[[Invoice], list[str]] = lambda _invoice: []
    """What else to know before saying yes."""

    def bulk(self, invoice: Invoice, by: Any) -> None:
        """Many at once leave the PDFs to the schedule: a request must not wait for two hundred of them."""
        BULK.get(self.name, self.act)(invoice, by)

    def allowed(self, user: User, invoice: Invoice) -> bool:
        legal = invoice.status in self.states and invoice.deleted_at is None
        return legal and user.can(self.can, invoice.business_id)


def _issue(invoice: Invoice, by: Any) -> Invoice:
    issued = payments.issue(invoice, by=by)
    documents.freeze_now(issued)
    return issued


def _void(invoice: Invoice, by: Any) -> Invoice:
    voided = payments.void(invoice, by=by)
    documents.freeze_now(voided)
    return voided


def _paid_in_part(invoice: Invoice) -> str | Promise:
    if not invoice.amount_paid:
        return ""
    return _(
        "Something was paid, so this invoice cannot be voided. Give the money back first, "
        "or write a credit note for what is too much."
    )


def _delete(invoice: Invoice, by: Any) -> None:
    actions.delete(invoice, by=by)


BULK: dict[str, Callable[[Invoice, Any], Any]] = {
    "issue": lambda invoice, by: payments.issue(invoice, by=by),
    "void": lambda invoice, by: payments.void(invoice, by=by),
}

VERBS = {
    verb.name: verb
    for verb in [
        Verb(
            "issue",
            _("Issue"),
            "task_alt",
            Can.ISSUE,
            frozenset({Status.DRAFT}),
            _issue,
            _("The invoice gets its number, its PDF is frozen, and it can no longer be changed."),
            _("Issued."),
            is_main=True,
            about=mails.told_at_issue,
        ),
        Verb(
            "send",
            _("Send by e-mail"),
            "send",
            Can.ISSUE,
            frozenset({Status.OPEN, Status.PAID, Status.UNCOLLECTIBLE}),
            mails.send,
            _("The invoice is e-mailed with its PDF and the link to pay it."),
            _("The e-mail is on its way; below it says when it is sent."),
            is_main=True,
            obstacle=mails.obstacle,
            about=mails.told,
        ),
        Verb(
            "duplicate",
            _("Duplicate"),
            "content_copy",
            Can.WRITE,
            EVERY,
            lambda invoice, by: actions.duplicate(invoice, by=by),
            _(
                "A new draft with the same content, dated today, will be written. Uploaded files are not copied."
            ),
            _("This is the copy."),
            is_main=True,
        ),
        Verb(
            "uncollectible",
            _("Mark uncollectible"),
            "money_off",
            Can.VOID,
            frozenset({Status.OPEN}),
            lambda invoice, by: actions.mark_uncollectible(invoice, by=by),
            _("You give up on this invoice. A later payment is still accepted."),
            _("Marked uncollectible."),
        ),
        Verb(
            "renew-link",
            _("New public link"),
            "link",
            Can.ISSUE,
            ISSUED,
            lambda invoice, by: actions.renew_link(invoice, by=by),
            _("The old link stops working; whoever has it needs the new one."),
            _("The link is new."),
        ),
        Verb(
            "revoke-link",
            _("Revoke public link"),
            "link_off",
            Can.ISSUE,
            ISSUED,
            lambda invoice, by: actions.revoke_link(invoice, by=by),
            _("The public page will say that the link is no longer valid."),
            _("The link no longer works."),
            is_danger=True,
        ),
        Verb(
            "void",
            pgettext_lazy("one invoice", "Void"),
            "block",
            Can.VOID,
            frozenset({Status.OPEN, Status.UNCOLLECTIBLE}),
            _void,
            _("The invoice keeps its number and is marked void. This cannot be undone."),
            _("Voided."),
            is_danger=True,
            is_main=True,
            obstacle=_paid_in_part,
        ),
        Verb(
            "delete",
            _("Delete draft"),
            "delete",
            Can.WRITE,
            frozenset({Status.DRAFT}),
            _delete,
            _("The draft disappears from the list. No number is lost."),
            _("The draft is deleted."),
            is_danger=True,
        ),
    ]
}


def verbs_for(user: User, invoice: Invoice) -> list[Verb]:
    return [verb for verb in VERBS.values() if verb.allowed(user, invoice)]
