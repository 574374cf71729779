"""What must still be whole here when it is made at a provider, which would ask for all of it. Pure."""

from django.utils.translation import gettext as _

from core.problems import Problem
from providers.connector import Bill, Refused


def check(bill: Bill, provider: str) -> None:
    """Raises Problem."""
    message = ""
    if bill.amount_paid:
        message = _("Some of it is paid here already; %(provider)s would ask for all of it.")
    elif bill.amount_due != bill.amount_invoiced:
        message = _("Some of it was credited here already; %(provider)s would ask for all of it.")
    if message:
        raise Problem(message % {"provider": provider}, field="amount_due", code="partly")


def insist(bill: Bill, provider: str) -> None:
    """The same just before it is made, after a look that found nothing. Raises Refused."""
    try:
        check(bill, provider)
    except Problem as problem:
        raise Refused(problem.text) from problem
