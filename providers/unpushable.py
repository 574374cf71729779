"""What providers without taxes, terms and instalments of their own cannot be given, said so that staff know what to do.

Base39 and Aira charge in reais, an amount a line, due on one day.
"""

from django.utils.translation import gettext as _

from core.problems import Problem
from invoices.schedule import parts_of
from providers import withheld
from providers.connector import Bill

CURRENCY = "BRL"


def check(bill: Bill, provider: str, *, lowers_lines: bool = False) -> None:
    """Raises Problem. Fines and interest for paying late are ours alone: who pays there late pays the amount due.

    `lowers_lines`: what is withheld at source is taken off the lines there.
    """
    draft = bill.draft
    if draft.currency != CURRENCY:
        raise _problem(_("%(provider)s charges in reais only."), provider, "currency")
    if bill.withheld and not (lowers_lines and withheld.fits(draft)):
        raise _problem(_("%(provider)s cannot charge less for taxes withheld at source."), provider, "lines")
    if any(line.unit_price < 0 for line in draft.lines):
        raise _problem(
            _("%(provider)s takes no line below zero; give a discount instead."), provider, "lines"
        )
    if len(parts_of(draft.schedule)) > 1:
        raise _problem(
            _("%(provider)s knows one due date, and this invoice has several."), provider, "schedule"
        )
    if not bill.amount_invoiced:
        raise _problem(_("There is nothing to pay."), provider, "total")


def _problem(message: str, provider: str, field: str) -> Problem:
    return Problem(message % {"provider": provider}, field=field, code="unpushable")
