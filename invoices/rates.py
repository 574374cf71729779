"""What terms come to in minor units: an early discount, a fine, interest over spans of days. Exact, rounded once."""

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

from businesses.terms import PERIODS, Interest, PerDay, Terms, Tier
from core.money import round_half_up
from core.workdays import workdays_between

Found = tuple[int, dict[str, Any]]
"""An amount, and what its words need."""

Span = tuple[date, date, int]
"""The day before the first, the last day, and the principal that was unpaid on them."""


def share(percent: Decimal, base: int, *, parts: int = 1) -> int:
    """So many percent of `base` minor units, or of one of so many equal parts of it, rounded half up."""
    above, below = percent.as_integer_ratio()
    return round_half_up(Fraction(above * base, below * 100 * parts)) if above else 0


def days_between(start: date, end: date, country: str, *, workdays: bool) -> int:
    """After `start` up to `end`; none when `end` is earlier."""
    return workdays_between(start, end, country) if workdays else max(0, (end - start).days)


def fine(terms: Terms, base: int) -> int:
    """Of what was unpaid when it became late; a fixed one as soon as anything was."""
    return share(terms.fine_percent, base) + terms.fine_amount if base else 0


def interest(terms: Terms, spans: Sequence[Span], country: str) -> Found:
    """Simple interest; amounts per day are charged while anything is unpaid."""
    mode = Interest(terms.interest)
    counted = [
        (days_between(start, end, country, workdays=mode.counts_workdays), unpaid)
        for start, end, unpaid in spans
        if unpaid
    ]
    days = sum(days for days, _unpaid in counted)
    data = {"mode": mode, "percent": terms.interest_percent, "days": days}
    if mode.is_amount:
        return days * terms.interest_amount, data
    product = sum(days * unpaid for days, unpaid in counted)
    return share(terms.interest_percent, product, parts=PERIODS[mode]), data


def early(terms: Terms, due_on: date, on: date, base: int, country: str) -> Found:
    """The discount for paying `base` minor units on a day, never more than them."""
    amount, data = (
        _per_day(terms, due_on, on, base, country) if terms.per_day else _tier(terms, due_on, on, base)
    )
    return min(amount, base), {**data, "base": base}


def tier_amount(tier: Tier, base: int) -> int:
    """What a step of discount takes off `base`."""
    return min(base, share(tier.percent, base) + tier.amount)


def _tier(terms: Terms, due_on: date, on: date, base: int) -> Found:
    """The step that ends first among those which the day still reaches."""
    for tier in sorted(terms.tiers, key=lambda tier: -tier.days):
        until = due_on - timedelta(days=tier.days)
        if on <= until:
            return tier_amount(tier, base), {"percent": tier.percent, "until": until}
    return 0, {}


def _per_day(terms: Terms, due_on: date, on: date, base: int, country: str) -> Found:
    mode = PerDay(terms.per_day)
    days = days_between(on, due_on, country, workdays=mode.counts_workdays)
    amount = days * terms.per_day_amount + share(terms.per_day_percent, days * base)
    return amount, {"mode": mode, "percent": terms.per_day_percent, "days": days}
