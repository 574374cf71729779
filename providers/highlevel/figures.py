"""Amounts on HighLevel's wire: JSON numbers in major units."""

from decimal import Decimal
from functools import cache

from core.money import exponent, major_units


@cache
def _scale(currency: str) -> int:
    return int(10 ** exponent(currency))


def number(minor: int, currency: str) -> int | Decimal:
    """Minor units as the shortest JSON number."""
    whole, rest = divmod(minor, _scale(currency))
    return major_units(minor, currency) if rest else whole


def short(value: Decimal) -> int | Decimal:
    """A rate, price or quantity as the shortest JSON number."""
    return int(value) if value == value.to_integral_value() else value.normalize()
