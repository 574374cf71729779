"""Rules a business grants or charges by date: discount for paying early, fine and interest for paying late.

They say what Bacen's `cobv` charges can say (API Pix: desconto 1-6, multa 1-2, juros 1-8). Percents are Decimals with
at most four places, amounts whole minor units of the invoice's currency, days calendar ones unless a name says workday.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any, TypeVar

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from core.money import bounded_minor, bounded_number
from core.problems import Problem

ZERO = Decimal(0)
MAX_TIERS = 3
"""As many as Bacen's API and a boleto's bank slip take."""

MAX_DAYS = 3650
PLACES = 4
CONSUMER_FINE = 2
"""Percent: CDC (Law 8.078/90) art. 52 §1 caps a consumer's fine."""

USUAL_INTEREST = 1
"""Percent a month: Decree 22.626/33 with the Civil Code's art. 406 are read so; courts lower what is far above."""

Choice = TypeVar("Choice", bound=models.TextChoices)


class PerDay(models.TextChoices):
    """Discount for every day of payment before the due date, in the order of Bacen's desconto.modalidade 3 to 6."""

    NONE = "", gettext_lazy("no discount per day")
    AMOUNT = "amount", gettext_lazy("amount per day early")
    AMOUNT_WORKDAY = "amount_workday", gettext_lazy("amount per workday early")
    PERCENT = "percent", gettext_lazy("percent per day early")
    PERCENT_WORKDAY = "percent_workday", gettext_lazy("percent per workday early")

    @property
    def is_amount(self) -> bool:
        return self.value.startswith("amount")

    @property
    def counts_workdays(self) -> bool:
        return self.value.endswith("workday")

    @property
    def number(self) -> int:
        """Bacen's desconto.modalidade; 0 is none."""
        return list(PerDay).index(self) + 2 if self else 0


class Interest(models.TextChoices):
    """In the order of Bacen's juros.modalidade: 1 to 4 count calendar days, 5 to 8 workdays."""

    NONE = "", gettext_lazy("no interest")
    AMOUNT_DAY = "amount_day", gettext_lazy("amount per day")
    PERCENT_DAY = "percent_day", gettext_lazy("percent per day")
    PERCENT_MONTH = "percent_month", gettext_lazy("percent per month")
    PERCENT_YEAR = "percent_year", gettext_lazy("percent per year")
    AMOUNT_WORKDAY = "amount_workday", gettext_lazy("amount per workday")
    PERCENT_WORKDAY = "percent_workday", gettext_lazy("percent per workday")
    PERCENT_MONTH_WORKDAYS = "percent_month_workdays", gettext_lazy("percent per month, by workdays")
    PERCENT_YEAR_WORKDAYS = "percent_year_workdays", gettext_lazy("percent per year, by workdays")

    @property
    def is_amount(self) -> bool:
        return self.value.startswith("amount")

    @property
    def counts_workdays(self) -> bool:
        return self.value.endswith(("workday", "workdays"))

    @property
    def number(self) -> int:
        """Bacen's juros.modalidade; 0 is none."""
        return list(Interest).index(self)


PERIODS: dict[str, int] = {
    Interest.PERCENT_DAY: 1,
    Interest.PERCENT_MONTH: 30,
    Interest.PERCENT_YEAR: 365,
    Interest.PERCENT_WORKDAY: 1,
    Interest.PERCENT_MONTH_WORKDAYS: 21,
    Interest.PERCENT_YEAR_WORKDAYS: 252,
}
"""Days or workdays over which a percentage is earned; 21 and 252 as Brazil's markets count them."""

MONTHLY: dict[str, int] = {
    Interest.PERCENT_DAY: 30,
    Interest.PERCENT_MONTH: 1,
    Interest.PERCENT_WORKDAY: 21,
    Interest.PERCENT_MONTH_WORKDAYS: 1,
}
"""What turns a rate into one per month; a year's is divided by twelve instead."""


@dataclass(frozen=True)
class Tier:
    """Off when paid `days` or more before the due date (0: on it): `percent` of what is unpaid, or `amount`."""

    days: int
    percent: Decimal = ZERO
    amount: int = 0


@dataclass(frozen=True)
class Terms:
    """`interest_amount` and `per_day_amount` go with modes of amounts, the percents with the others.

    `tolerance`: how many minor units may be missing from a payment that still settles; `moves_to_workday`: what falls
    due on a holiday is late only after the next workday.
    """

    tiers: tuple[Tier, ...] = ()
    per_day: str = ""
    per_day_percent: Decimal = ZERO
    per_day_amount: int = 0
    fine_percent: Decimal = ZERO
    fine_amount: int = 0
    interest: str = ""
    interest_percent: Decimal = ZERO
    interest_amount: int = 0
    moves_to_workday: bool = True
    tolerance: int = 0

    @classmethod
    def of(cls, value: Mapping[str, Any], *, field: str = "terms") -> "Terms":
        """From plain JSON; raises Problem for a wrong type or an unknown name. `check` says whether it makes sense."""
        read = _Reader(value, field, {item.name for item in fields(cls)})
        return cls(
            tiers=read.tiers(),
            per_day=read.choice("per_day", PerDay),
            per_day_percent=read.percent("per_day_percent"),
            per_day_amount=read.whole("per_day_amount"),
            fine_percent=read.percent("fine_percent"),
            fine_amount=read.whole("fine_amount"),
            interest=read.choice("interest", Interest),
            interest_percent=read.percent("interest_percent"),
            interest_amount=read.whole("interest_amount"),
            moves_to_workday=read.yes("moves_to_workday", default=True),
            tolerance=read.whole("tolerance"),
        )

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON that `of` reads back to equal terms: percents as text, never as floating numbers."""
        return {**_plain(self), "tiers": [_plain(tier) for tier in self.tiers]}


def _plain(row: Tier | Terms) -> dict[str, Any]:
    return {item.name: _plain_value(getattr(row, item.name)) for item in fields(row)}


def _plain_value(value: object) -> object:
    if isinstance(value, Decimal):
        return f"{value:f}"
    return str(value) if isinstance(value, str) else value


class _Reader:
    """Typed values out of one JSON object; each refusal names its place."""

    def __init__(self, value: object, field: str, names: set[str]) -> None:
        if not isinstance(value, Mapping):
            raise Problem(_("Not an object with names and values."), field=field, code="type")
        self.value, self.field = value, field
        for name in value:
            if name not in names:
                raise Problem(_("There is no such rule."), field=f"{field}.{str(name)[:40]}", code="unknown")

    def _refuse(self, name: str, message: str) -> Problem:
        return Problem(message, field=f"{self.field}.{name}", code="type")

    def whole(self, name: str) -> int:
        value = self.value.get(name, 0)
        if type(value) is not int:
            raise self._refuse(name, _("Enter a whole number."))
        return bounded_minor(value, field=f"{self.field}.{name}")

    def percent(self, name: str) -> Decimal:
        value = self.value.get(name, "0")
        if type(value) is not int and not isinstance(value, str):
            raise self._refuse(name, _("Write the percentage as text, so that it stays exact."))
        text = value if isinstance(value, str) else str(bounded_minor(value, field=f"{self.field}.{name}"))
        return bounded_number(text, places=PLACES, field=f"{self.field}.{name}")

    def yes(self, name: str, *, default: bool) -> bool:
        value = self.value.get(name, default)
        if not isinstance(value, bool):
            raise self._refuse(name, _("Say true or false."))
        return value

    def choice(self, name: str, choices: type[Choice]) -> Choice:
        value = self.value.get(name, "")
        if not isinstance(value, str) or value not in choices.values:
            raise self._refuse(name, _("Not one of the choices."))
        return choices(value)

    def tiers(self) -> tuple[Tier, ...]:
        value = self.value.get("tiers", [])
        if not isinstance(value, list | tuple):
            raise self._refuse("tiers", _("Not a list."))
        _at_most_three(value, f"{self.field}.tiers")
        return tuple(_tier(row, f"{self.field}.tiers.{i}") for i, row in enumerate(value))


def _tier(value: object, field: str) -> Tier:
    read = _Reader(value, field, {item.name for item in fields(Tier)})
    return Tier(read.whole("days"), read.percent("percent"), read.whole("amount"))


def check(terms: Terms, *, field: str = "terms") -> Terms:
    """The same terms, or a Problem whose path names the first rule that makes no sense."""
    _check_tiers(terms.tiers, f"{field}.tiers")
    if terms.tiers and terms.per_day:
        message = _("Give steps of discount or a discount per day, not both.")
        raise Problem(message, field=f"{field}.per_day", code="both")
    _check_mode(terms, "per_day", PerDay, field)
    _check_mode(terms, "interest", Interest, field)
    _check_pair(terms.fine_percent, terms.fine_amount, f"{field}.fine_percent", f"{field}.fine_amount")
    _at_least_zero(terms.tolerance, f"{field}.tolerance")
    return terms


def _at_most_three(tiers: list[object] | tuple[object, ...], field: str) -> None:
    if len(tiers) > MAX_TIERS:
        message = _("At most %(limit)d steps of discount.") % {"limit": MAX_TIERS}
        raise Problem(message, field=field, code="too_many")


def _check_tiers(tiers: tuple[Tier, ...], field: str) -> None:
    _at_most_three(tiers, field)
    seen: set[int] = set()
    for i, tier in enumerate(tiers):
        place = f"{field}.{i}"
        _check_days(tier.days, seen, f"{place}.days")
        _check_pair(tier.percent, tier.amount, f"{place}.percent", f"{place}.amount")
        if not tier.percent and not tier.amount:
            raise Problem(_("Say how much the discount is."), field=place, code="required")
        seen.add(tier.days)


def _check_days(days: int, seen: set[int], field: str) -> None:
    if days < 0:
        raise Problem(_("A discount cannot end after the due date."), field=field, code="after_due")
    if days > MAX_DAYS:
        raise Problem(_("This date is too far away."), field=field, code="too_large")
    if days in seen:
        raise Problem(_("Two steps of discount end on the same day."), field=field, code="duplicate")


def _check_mode(terms: Terms, name: str, choices: type[PerDay] | type[Interest], field: str) -> None:
    """A mode needs the one value that it is about, and takes no other."""
    value = getattr(terms, name)
    if value not in choices.values:
        raise Problem(_("Not one of the choices."), field=f"{field}.{name}", code="choice")
    mode = choices(value)
    percent, amount = getattr(terms, f"{name}_percent"), getattr(terms, f"{name}_amount")
    _check_percent(percent, f"{field}.{name}_percent")
    _at_least_zero(amount, f"{field}.{name}_amount")
    wanted = ("amount" if mode.is_amount else "percent") if mode else ""
    for kind, given in (("percent", percent), ("amount", amount)):
        if given and kind != wanted:
            message = _("This value does not belong to the chosen way of counting.")
            raise Problem(message, field=f"{field}.{name}_{kind}", code="mode")
        if not given and kind == wanted:
            raise Problem(_("Say how much it is."), field=f"{field}.{name}_{kind}", code="required")


def _check_pair(percent: Decimal, amount: int, percent_field: str, amount_field: str) -> None:
    _check_percent(percent, percent_field)
    _at_least_zero(amount, amount_field)
    if percent and amount:
        raise Problem(_("Give a percentage or an amount, not both."), field=amount_field, code="both")


def _check_percent(percent: Decimal, field: str) -> None:
    if not percent.is_finite() or not 0 <= percent <= 100:
        raise Problem(_("A percentage lies between 0 and 100."), field=field, code="percent")
    if percent != round(percent, PLACES):
        message = _("Enter a plain number with at most %(places)d decimal places.")
        raise Problem(message % {"places": PLACES}, field=field, code="decimals")


def _at_least_zero(amount: int, field: str) -> None:
    if amount < 0:
        raise Problem(_("The amount must not be negative."), field=field, code="negative")
    bounded_minor(amount, field=field)


def warnings(terms: Terms) -> list[str]:
    """Sentences for whoever sets terms that a Brazilian court may not uphold. A hint, not legal advice."""
    found = []
    if terms.fine_percent > CONSUMER_FINE:
        message = _("A fine above %(limit)s is not allowed towards consumers in Brazil (CDC, art. 52 § 1).")
        found.append(message % {"limit": f"{CONSUMER_FINE} %"})
    if _is_high_interest(terms):
        message = _("Interest above %(limit)s a month may not stand in a Brazilian court (Decree 22.626/33).")
        found.append(message % {"limit": f"{USUAL_INTEREST} %"})
    return found


def _is_high_interest(terms: Terms) -> bool:
    if terms.interest in (Interest.PERCENT_YEAR, Interest.PERCENT_YEAR_WORKDAYS):
        return terms.interest_percent > 12 * USUAL_INTEREST
    return terms.interest_percent * MONTHLY.get(terms.interest, 0) > USUAL_INTEREST
