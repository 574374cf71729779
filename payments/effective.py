"""What had happened by the end of a day of the business's calendar, as conditions for the database.

An invoice counts from its issue date, or from the day it was issued when it is dated ahead; money applied to it counts
from then on at the earliest.
"""

from datetime import date, datetime, time, timedelta

from django.db.models import F, Q

from businesses.models import Business
from invoices.status import Status

SETTLED = F("principal") + F("discount") + F("write_off")
"""By how much an allocation lowers the principal."""


def until(business: Business, day: date) -> datetime:
    """The instant at which a day ends."""
    return datetime.combine(day + timedelta(days=1), time(), business.zone)


def issued(business: Business, day: date, invoice: str = "") -> Q:
    """Of issued invoices, or of rows whose column path `invoice` leads to one: those issued by then."""
    dated = Q(**{f"{invoice}issue_on__lte": day})
    return dated | Q(**{f"{invoice}finalized_at__lt": until(business, day)})


def issued_on(business: Business, issue_on: date, finalized_at: datetime) -> date:
    """The day from which an invoice counts."""
    return min(issue_on, business.today(finalized_at))


def standing(business: Business, day: date, invoice: str = "") -> Q:
    """Issued and not void by then."""
    void = Q(**{f"{invoice}voided_at__lt": until(business, day)})
    return issued(business, day, invoice) & (Q(**{f"{invoice}voided_at": None}) | ~void)


def given_up(business: Business, day: date, invoice: str = "") -> Q:
    """Uncollectible by then; one that was paid and is open again counts as open throughout."""
    known = Q(**{f"{invoice}uncollectible_at__lt": until(business, day)})
    return known & ~Q(**{f"{invoice}status": Status.OPEN})
