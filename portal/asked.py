"""What a reader asks of the page in its address: a day, a part of the schedule, a tip."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from django.utils.translation import gettext as _

from core.money import bounded_number, minor_units, round_half_up
from core.problems import Problem
from invoices.quote import Quote
from portal import words

ALL = "all"
HORIZON = timedelta(days=60)
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
PLACE = re.compile(r"[0-9]{1,2}", re.ASCII)
MAX_TIP = 20
"""Characters that are read of a tip."""


@dataclass(frozen=True)
class Day:
    """`problem` says why it is today after all."""

    on: date
    today: date
    last: date
    problem: str = ""

    @property
    def is_today(self) -> bool:
        return self.on == self.today


@dataclass(frozen=True)
class Chosen:
    """A part of the schedule by its place from 0, or None for all that is left."""

    part: int | None
    problem: str = ""


@dataclass(frozen=True)
class Tip:
    """`amount` in minor units; `text` as it was typed."""

    amount: int = 0
    text: str = ""
    problem: str = ""


def day(query: Mapping[str, str], today: date, due_on: date) -> Day:
    """`?on=2026-12-05`, from today to sixty days after the due date (or after today, when that is later)."""
    last = max(due_on, today) + HORIZON
    text = query.get("on", "").strip()
    on = _date(text)
    if not text or on and today <= on <= last:
        return Day(on or today, today, last)
    message = _("Choose a day from today to %(last)s. This is what is due today.")
    return Day(today, today, last, message % {"last": words.day(last)})


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if DAY.fullmatch(text) else None
    except ValueError:
        return None


def part(query: Mapping[str, str], quote: Quote) -> Chosen:
    """`?part=2` or `?part=all`; without it the oldest part that is not settled."""
    unpaid = [each.index for each in quote.parts if each.remaining]
    if len(quote.parts) == 1 or not unpaid:
        return Chosen(None)
    text = query.get("part", "").strip()
    oldest = min(unpaid, key=lambda index: (quote.parts[index].due_on, index))
    if text == ALL:
        return Chosen(None)
    if not text:
        return Chosen(oldest)
    place = int(text) - 1 if PLACE.fullmatch(text) else -1
    if place in unpaid:
        return Chosen(place)
    is_settled = 0 <= place < len(quote.parts)
    return Chosen(oldest, _("This part is settled.") if is_settled else _("There is no such part."))


def tip(query: Mapping[str, str], amount: int, currency: str) -> Tip:
    """`?tip=10%` of the amount (minor units), or `?tip=12,50` of its currency; at most as much again."""
    text = query.get("tip", "").strip()
    if not text:
        return Tip()
    try:
        found = _tip(text[: MAX_TIP + 1], amount, currency)
    except Problem as problem:
        return Tip(0, text[:MAX_TIP], problem.text)
    if not 0 <= found <= amount:
        return Tip(0, text[:MAX_TIP], _("A tip can be as much as the amount itself, not more."))
    return Tip(found, text[:MAX_TIP])


def _tip(text: str, amount: int, currency: str) -> int:
    plain = text.removesuffix("%").strip().replace(",", ".")
    if text.endswith("%"):
        return percent_of(bounded_number(plain, places=4, field="tip"), amount)
    return minor_units(bounded_number(plain, places=4, field="tip"), currency, field="tip")


def percent_of(percent: Decimal, amount: int) -> int:
    return round_half_up(Fraction(amount) * Fraction(percent) / 100)
