"""Patterns for running numbers: `{yyyy}-{seq:05}` is the series `2026-#`, its places are written `2026-00042`."""

import re
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from core.problems import Problem

TOKEN = re.compile(r"\{(?P<name>seq|yyyy|yy|mm|customer)(?::0?(?P<width>[1-9]))?\}")


@dataclass(frozen=True)
class Series:
    """What stands before and after the counter, and how many digits the counter has at least."""

    before: str
    after: str
    width: int

    @property
    def key(self) -> str:
        return f"{self.before}#{self.after}"

    def number(self, place: int) -> str:
        return f"{self.before}{place:0{self.width}d}{self.after}"

    def place_of(self, number: str) -> int | None:
        """The place that a number takes in this series, None when it is not of this series."""
        digits = number[len(self.before) : len(number) - len(self.after)]
        if not re.fullmatch("[0-9]{1,15}", digits) or self.number(int(digits)) != number:
            return None
        return int(digits) or None


def check_pattern(pattern: str) -> None:
    """One `{seq}` and known names only; raises Problem."""
    names = [token["name"] for token in TOKEN.finditer(pattern)]
    if names.count("seq") != 1 or set("{}#") & set(TOKEN.sub("", pattern)):
        message = _("Use {seq} once, and besides only {yyyy}, {yy}, {mm} and {customer}.")
        raise Problem(message, field="number_pattern", code="pattern")


def check_own_pattern(pattern: str) -> None:
    """A pattern whose series does not depend on the customer."""
    check_pattern(pattern)
    if counts_by_customer(pattern):
        raise Problem(_("{customer} cannot be used here."), field="number_pattern", code="pattern")


def counts_by_customer(pattern: str) -> bool:
    """Whether each customer has a series of their own."""
    return any(token["name"] == "customer" for token in TOKEN.finditer(pattern))


def series_for(pattern: str, *, day: date, prefix: str = "", customer: str = "") -> Series:
    """The series of a pattern on a day of the business's calendar: `{yyyy}` starts a new one each January."""
    values = {"yyyy": f"{day:%Y}", "yy": f"{day:%y}", "mm": f"{day:%m}", "customer": customer}
    counter = next(token for token in TOKEN.finditer(pattern) if token["name"] == "seq")

    def filled(text: str) -> str:
        return TOKEN.sub(lambda token: values[token["name"]], text)

    return Series(
        prefix + filled(pattern[: counter.start()]),
        filled(pattern[counter.end() :]),
        int(counter["width"] or 1),
    )
