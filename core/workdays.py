"""Which days are workdays: due dates move to the next one, and some interest and discounts count only them.

Holidays are the country's own, as the `holidays` package knows them. In Brazil a workday is a bank's: CMN Resolution
4.880/2020 closes the market on Saturdays, Sundays, national holidays (Good Friday and All Souls' among them), Carnival
Monday and Tuesday, and Corpus Christi. Ash Wednesday and the last days of December are workdays: payments clear.
"""

import re
from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

COUNTRY = re.compile(r"[A-Z]{2}", re.ASCII)
YEARS = range(1990, 2201)
"""Outside these only weekends count: nothing is due then, and a year costs half a millisecond to work out."""

CLOSED_BANKS = {"BR": ("Carnival", "Corpus Christi")}
"""Days which are no national holidays but on which no payment clears, by the package's English names."""

DAY = timedelta(days=1)


@dataclass(frozen=True)
class _Calendar:
    weekend: frozenset[int]
    """Monday is 0."""

    holidays: tuple[int, ...] = ()
    """Those outside weekends, as ordinals in order of time."""

    all_holidays: frozenset[int] = frozenset()

    def is_workday(self, day: date) -> bool:
        return day.weekday() not in self.weekend and day.toordinal() not in self.holidays

    def count(self, after: int, until: int) -> int:
        """Workdays from the ordinal past `after` to `until`, by arithmetic."""
        weeks, rest = divmod(until - after, 7)
        days = weeks * (7 - len(self.weekend))
        days += sum((day - 1) % 7 not in self.weekend for day in range(until - rest + 1, until + 1))
        return days - bisect_right(self.holidays, until) + bisect_right(self.holidays, after)


WEEKENDS_ONLY = _Calendar(frozenset({5, 6}))


def is_workday(day: date, country: str, region: str = "") -> bool:
    """`country` as ISO 3166-1 (`BR`), `region` as ISO 3166-2 without it (`SP`); of unknown ones only weekends count."""
    return _calendar(country, region, day.year).is_workday(day)


def is_holiday(day: date, country: str) -> bool:
    """Those that fall on a weekend too; of unknown countries none is known."""
    return day.toordinal() in _calendar(country, "", day.year).all_holidays


def next_workday(day: date, country: str) -> date:
    """The same day when it is one. Law 7.089/83: what falls due on a holiday may be paid on the next workday."""
    while not is_workday(day, country):
        day += DAY
    return day


def workdays_between(start: date, end: date, country: str) -> int:
    """How many days after `start`, up to and with `end`, are workdays; none when `end` is not later."""
    after, last = start.toordinal(), end.toordinal()
    count = 0
    for year in range(start.year, end.year + 1):
        until = min(last, date(year, 12, 31).toordinal())
        count += _calendar(country, "", year).count(after, max(until, after))
        after = until
    return count


@lru_cache(maxsize=4096)
def _calendar(country: str, region: str, year: int) -> _Calendar:
    """Of one year; an unknown region has its country's."""
    if year not in YEARS or not COUNTRY.fullmatch(country):
        return WEEKENDS_ONLY
    from holidays import country_holidays  # the import takes half a second

    try:
        known = country_holidays(country, subdiv=region or None, years=year)
    except NotImplementedError:
        return _calendar(country, "", year) if region else WEEKENDS_ONLY
    weekend = frozenset(known.weekend)
    closed = {*known, *_closed_banks(country, year)}
    days = {day.toordinal() for day in closed if day.weekday() not in weekend}
    return _Calendar(weekend, tuple(sorted(days)), frozenset(day.toordinal() for day in closed))


def _closed_banks(country: str, year: int) -> set[date]:
    from holidays import country_holidays

    names = CLOSED_BANKS.get(country, ())
    if not names:
        return set()
    known = country_holidays(country, years=year, categories="optional", language="en_US")
    return {day for name in names for day in known.get_named(name, lookup="exact")}
