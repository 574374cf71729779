"""The reminder rule (régua de cobrança), pure: on which days an invoice's payer is reminded.

Steps are days relative to the due date. Each has its moment: `send_hour` of its day in the business's zone, and where
that is a Sunday or a holiday of its country, of the next day that is neither. Two steps of one day are one reminder,
the later step. What was missed is caught up by one reminder, the latest; of steps up to the due date none is told after
it, not even one that a Sunday or a holiday has moved there.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from core.workdays import DAY, is_holiday, is_workday

STEPS = (-10, -3, 0, 1, 3, 7)
EVERY, UNTIL = 7, 90
EARLIEST, LATEST = -90, 365
MAX_STEPS = 20
FIRST_HOUR, LAST_HOUR = 8, 20
"""Nobody is reminded before eight in the morning or after eight in the evening."""


@dataclass(frozen=True)
class Rule:
    """After the last of `steps` one more each `every` days (0: none), at most `until` days past the due date.

    Reminders go out from `send_hour` on, and never from `quiet_hour` on.
    """

    steps: tuple[int, ...] = STEPS
    every: int = EVERY
    until: int = UNTIL
    send_hour: int = 9
    quiet_hour: int = LAST_HOUR
    zone: ZoneInfo = ZoneInfo("America/Sao_Paulo")
    country: str = "BR"

    def offsets(self) -> list[int]:
        start = max((0, *self.steps))
        repeated = range(start + self.every, self.until + 1, self.every) if self.every else ()
        return sorted({*self.steps, *repeated})

    def moment(self, day: date) -> datetime:
        return datetime.combine(day, time(self.send_hour), tzinfo=self.zone)

    def is_allowed(self, day: date) -> bool:
        return day.weekday() != 6 and not is_holiday(day, self.country)

    def next_allowed(self, day: date) -> date:
        """The same day when it is one."""
        while not self.is_allowed(day):
            day += DAY
        return day

    def opening(self, now: datetime) -> datetime:
        """The first instant from `now` on at which reminders may go out."""
        local = now.astimezone(self.zone)
        if self.is_allowed(local.date()) and local.hour < self.quiet_hour:
            return max(local, self.moment(local.date()))
        return self.moment(self.next_allowed(local.date() + DAY))

    def is_open(self, now: datetime) -> bool:
        return self.opening(now) <= now


@dataclass(frozen=True)
class Bill:
    """What the rule asks of an invoice. Steps whose moment is not past `after` are done with, as are those `told`.

    `due_on` is the last day on which it is paid in time: of a payment schedule, its first part with something unpaid.
    Reminders begin the day after `issued_on`.
    """

    due_on: date
    issued_on: date
    after: datetime
    told: frozenset[int] = frozenset()


@dataclass(frozen=True)
class Slot:
    """A step; `nominal` is the day it counts to, `day` the one on which it is allowed."""

    step: int
    nominal: date
    day: date


@dataclass(frozen=True)
class Planned:
    step: int
    at: datetime

    @property
    def day(self) -> date:
        return self.at.date()


@lru_cache(maxsize=8192)
def course(rule: Rule, due_on: date) -> tuple[Slot, ...]:
    """All steps of an invoice due on that day, at most one a day, in order."""
    by_day = {}
    for step in rule.offsets():
        nominal = due_on + timedelta(step)
        slot = Slot(step, nominal, rule.next_allowed(nominal))
        by_day[slot.day] = slot
    return tuple(by_day.values())


def due(rule: Rule, bill: Bill, now: datetime) -> Slot | None:
    """The step to be told now; None when there is none or the hour is not right."""
    if not rule.is_open(now):
        return None
    return _latest(rule, bill, _slots(rule, bill), now.astimezone(rule.zone).date())


def forecast(rule: Rule, bill: Bill, now: datetime, until: date) -> Iterator[Planned]:
    """What `due` will say, asked every minute from now to the end of that day, as long as nothing else happens."""
    slots = _slots(rule, bill)
    at, told = rule.opening(now), set(bill.told)
    while at.date() <= until:
        slot = _latest(rule, replace(bill, told=frozenset(told)), slots, at.date())
        if slot is not None:
            told.add(slot.step)
            yield Planned(slot.step, at)
        bill = replace(bill, after=at)
        following = next((slot.day for slot in slots if slot.day > at.date()), None)
        if following is None:
            return
        at = rule.moment(following)


def _slots(rule: Rule, bill: Bill) -> list[Slot]:
    """Without those of the time before it was issued, and those that are done with."""
    slots = course(rule, bill.due_on)
    return [slot for slot in slots if slot.nominal > bill.issued_on and rule.moment(slot.day) > bill.after]


def _latest(rule: Rule, bill: Bill, slots: Iterable[Slot], today: date) -> Slot | None:
    waiting = [slot for slot in slots if slot.day <= today and rule.moment(slot.day) > bill.after]
    slot = waiting[-1] if waiting else None
    if slot is None or slot.step in bill.told:
        return None
    has_lapsed = slot.step <= 0 and today > bill.due_on
    return None if has_lapsed else slot


def candidates(offsets: Iterable[int], rule: Rule, after: datetime, now: datetime) -> set[date]:
    """Due dates as printed of all invoices that may have a step between `after` and now, and few others.

    An invoice that is due on a day when banks are closed counts from the next workday.
    """
    first = after.astimezone(rule.zone).date()
    while not rule.is_allowed(first) or rule.moment(first) > after:
        first -= DAY
    days = range((now.astimezone(rule.zone).date() - first).days + 1)
    counted = {first + timedelta(day - offset) for day in days for offset in set(offsets)}
    return counted | {before for day in counted for before in _closed_before(day, rule.country)}


def _closed_before(day: date, country: str) -> Iterator[date]:
    before = day - DAY
    while not is_workday(before, country):
        yield before
        before -= DAY
