"""What providers without taxes, terms and instalments of their own cannot be given, said so that staff know what to do.

Base39 and Aira charge in reais, an amount a line, due on one day.
"""

from django.utils.translation import gettext as _

from businesses.terms import PerDay, Terms
from core.problems import Problem
from invoices.draft import InvoiceDraft
from invoices.schedule import parts_of
from providers.connector import Bill

CURRENCY = "BRL"


def check(bill: Bill, provider: str) -> None:
    """Raises Problem. Fines and interest for paying late are ours alone: who pays there late pays the amount due."""
    draft = bill.draft
    if draft.currency != CURRENCY:
        raise _problem(_("%(provider)s charges in reais only."), provider, "currency")
    if any(tax.withheld for line in draft.lines for tax in line.taxes):
        raise _problem(_("%(provider)s cannot charge less for taxes withheld at source."), provider, "lines")
    if any(line.unit_price < 0 for line in draft.lines):
        raise _problem(
            _("%(provider)s takes no line below zero; give a discount instead."), provider, "lines"
        )
    if len(parts_of(draft.schedule)) > 1:
        raise _problem(
            _("%(provider)s knows one due date, and this invoice has several."), provider, "schedule"
        )
    if _is_cheaper_early(draft):
        message = _("%(provider)s does not know the discount for paying early, and would charge all of it.")
        raise _problem(message, provider, "payment_terms")
    if not bill.total:
        raise _problem(_("There is nothing to pay."), provider, "total")


def _is_cheaper_early(draft: InvoiceDraft) -> bool:
    terms = Terms.of(draft.payment_terms)
    return bool(terms.tiers) or terms.per_day != PerDay.NONE


def _problem(message: str, provider: str, field: str) -> Problem:
    return Problem(message % {"provider": provider}, field=field, code="unpushable")
