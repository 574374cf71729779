"""A payment schedule: parts with a due date and an amount each, which sum to what is due."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from typing import Any

from django.utils.translation import gettext as _

from core.money import bounded_number, share_out
from core.problems import Problem

MAX_PARTS = 60


@dataclass(frozen=True)
class Part:
    """One part as screens show it, in minor units."""

    due_on: date
    amount: int


def parts_of(schedule: dict[str, Any]) -> list[Part]:
    """A stored schedule's parts; those were checked when they were written."""
    return [Part(date.fromisoformat(part["due_on"]), part["amount"]) for part in schedule.get("parts", [])]


def instalments(amount: int, count: int) -> list[int]:
    """What a card is charged each month when it pays in `count` instalments without interest."""
    return share_out(amount, [1] * count)


def resolved(schedule: dict[str, Any], amount_due: int) -> dict[str, Any]:
    """Parts given as a percentage get their amounts, exact by largest remainder; the percentages must make 100.

    `{"parts": [{"due_on": "2026-12-01", "percent": "30"}, …]}`: all parts say a percentage or none does.
    """
    parts = schedule.get("parts", [])
    if not any(part.get("percent") for part in parts) or len(parts) > MAX_PARTS:
        return schedule
    if not all(part.get("percent") for part in parts):
        raise Problem(_("Give all parts a percentage, or none."), field="schedule.parts", code="percent")
    shares = [_percent(part, f"schedule.parts.{i}") for i, part in enumerate(parts)]
    if sum(shares) != 100:
        raise Problem(_("The percentages must make 100."), field="schedule.parts", code="percent_sum")
    amounts = share_out(amount_due, shares)
    return {**schedule, "parts": [{**part, "amount": new} for part, new in zip(parts, amounts, strict=True)]}


def _percent(part: dict[str, Any], field: str) -> Fraction:
    share = bounded_number(str(part.get("percent", "")), places=4, field=f"{field}.percent")
    if not 0 < share <= 100:
        raise Problem(_("A percentage lies between 0 and 100."), field=f"{field}.percent", code="percent")
    return Fraction(share)


def monthly(amount_due: int, first: date, count: int) -> dict[str, Any]:
    """Equal parts a month apart; the 31st becomes a shorter month's last day."""
    amounts = share_out(amount_due, [1] * count)
    days = [_months_later(first, i) for i in range(count)]
    parts = [{"due_on": day.isoformat(), "amount": amount} for day, amount in zip(days, amounts, strict=True)]
    return {"parts": parts}


def _months_later(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))


def shifted(schedule: dict[str, Any], by: timedelta) -> dict[str, Any]:
    """The same parts, each so much later."""
    parts = schedule.get("parts", [])
    if not parts:
        return schedule
    later = [{**part, "due_on": (date.fromisoformat(part["due_on"]) + by).isoformat()} for part in parts]
    return {**schedule, "parts": later}


def check(schedule: dict[str, Any], amount_due: int) -> None:
    """Raises Problem unless `{"parts": [{"due_on": "2026-12-31", "amount": 1000}, …]}` sums exactly, in order of time.

    Amounts are minor units. No schedule at all is fine.
    """
    parts = schedule.get("parts", [])
    if not parts:
        return
    if len(parts) > MAX_PARTS:
        raise Problem(_("At most %(limit)d parts.") % {"limit": MAX_PARTS}, field="schedule", code="too_many")
    days = [_day(part, f"schedule.parts.{i}") for i, part in enumerate(parts)]
    if days != sorted(days):
        raise Problem(
            _("The parts must be in order of their due dates."), field="schedule.parts", code="order"
        )
    if sum(_amount(part, f"schedule.parts.{i}") for i, part in enumerate(parts)) != amount_due:
        raise Problem(_("The parts do not add up to the amount due."), field="schedule.parts", code="sum")


def fitted(schedule: dict[str, Any], amount_due: int) -> dict[str, Any]:
    """The same dates and proportions for another amount, so that an edit elsewhere need not repeat the schedule."""
    parts = schedule.get("parts", [])
    if not parts or sum(part["amount"] for part in parts) == amount_due:
        return schedule
    amounts = share_out(amount_due, [part["amount"] for part in parts])
    return {**schedule, "parts": [{**part, "amount": new} for part, new in zip(parts, amounts, strict=True)]}


def _day(part: dict[str, Any], field: str) -> date:
    try:
        day = date.fromisoformat(part["due_on"])
    except (KeyError, TypeError, ValueError) as error:
        raise Problem(_("Enter a date as year-month-day."), field=f"{field}.due_on", code="date") from error
    if not 1990 <= day.year <= 2200:
        raise Problem(_("This date is too far away."), field=f"{field}.due_on", code="date")
    return day


def _amount(part: dict[str, Any], field: str) -> int:
    amount = part.get("amount")
    if type(amount) is not int or amount <= 0:
        raise Problem(_("The amount must be above zero."), field=f"{field}.amount", code="amount")
    return amount
