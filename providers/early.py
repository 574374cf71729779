"""The discount for paying early, at a provider that knows none: such an invoice is refused, or pushed without it, with
a sentence that leads to our page, where the discount is to be had. Pure.
"""

from datetime import timedelta

from django.utils.translation import gettext as _
from django.utils.translation import override

from businesses.terms import PerDay, Terms
from core.problems import Problem
from invoices.draft import InvoiceDraft
from providers.connector import EARLY, Access, Bill

LEAVE_OUT = "leave_out"


def is_reachable(draft: InvoiceDraft) -> bool:
    """Whether somebody who pays on the day of issue gets it."""
    terms = Terms.of(draft.payment_terms)
    if any(draft.due_on - timedelta(days=tier.days) >= draft.issue_on for tier in terms.tiers):
        return True
    return terms.per_day != PerDay.NONE and draft.issue_on < draft.due_on


def check(bill: Bill, access: Access, provider: str) -> None:
    """Raises Problem unless there is no such discount or the connection leaves it out."""
    if access.options.get(EARLY.name) != LEAVE_OUT and is_reachable(bill.draft):
        message = _("%(provider)s does not know the discount for paying early, and would charge all of it.")
        raise Problem(message % {"provider": provider}, field="payment_terms", code="terms")


def sentence(bill: Bill) -> str:
    """In the invoice's language; "" when nothing was left out."""
    if not is_reachable(bill.draft):
        return ""
    with override(bill.draft.language):
        return _("The discount for paying early is given on this page: %(link)s") % {"link": bill.link}
