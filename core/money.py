"""Money: whole minor units of a currency, exact arithmetic, one place that rounds, one that shares out.

Currency exponents follow ISO 4217 as shipped with CLDR (babel).
"""

import re
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache

from babel import Locale
from babel.numbers import format_currency, get_currency_precision, list_currencies
from django.utils.translation import gettext as _

from core.problems import Problem

MAX_MINOR = 10**15
"""Largest amount we store, in minor units: ten trillion with two decimals, far inside 64 bits."""

MAX_POWER = 30
"""Of ten: beyond it, exact arithmetic on a few letters of text takes seconds (`1E+999999`)."""

NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", re.ASCII)


def round_half_up(value: Fraction) -> int:
    """Nearest whole number, halves away from zero (the commercial rule, also used by Brazilian tax practice)."""
    whole, rest = divmod(abs(value), 1)
    whole += rest * 2 >= 1
    return int(whole) if value >= 0 else -int(whole)


def round_half_even(value: Fraction) -> int:
    """Nearest whole number, halves to the even neighbour (bankers' rule)."""
    return round(value)


@cache
def currency_codes() -> frozenset[str]:
    return frozenset(list_currencies())


@cache
def exponent(currency: str) -> int:
    """How many decimals the currency has: BRL 2, JPY 0, BHD 3."""
    if currency not in currency_codes():
        raise Problem(
            _("“%(code)s” is not a currency code.") % {"code": currency}, field="currency", code="currency"
        )
    return get_currency_precision(currency)


def bounded_number(text: str, *, places: int, field: str = "") -> Decimal:
    """Text to an exact number; its length is checked before conversion (`1E+999999` would take 40 s)."""
    text = text.strip()
    if not NUMBER.fullmatch(text) or len(text.partition(".")[2]) > places:
        message = _("Enter a plain number with at most %(places)d decimal places.")
        raise Problem(message % {"places": places}, field=field, code="number")
    return Decimal(text)


def minor_units(amount: Decimal, currency: str, *, field: str = "") -> int:
    """Major units to minor ones; refuses digits that the currency does not have and absurd sizes."""
    if not amount.is_finite() or abs(amount.adjusted()) > MAX_POWER:
        raise Problem(_("This amount is too large."), field=field, code="too_large")
    scaled = Fraction(amount) * 10 ** exponent(currency)
    if scaled.denominator != 1:
        raise Problem(
            _("%(code)s has fewer decimal places.") % {"code": currency}, field=field, code="decimals"
        )
    return bounded_minor(scaled.numerator, field=field)


def bounded_minor(amount: int, *, field: str = "") -> int:
    if abs(amount) > MAX_MINOR:
        raise Problem(_("This amount is too large."), field=field, code="too_large")
    return amount


def major_units(amount: int, currency: str) -> Decimal:
    return Decimal(amount).scaleb(-exponent(currency))


def apportion(exact: Sequence[Fraction], total: int) -> list[int]:
    """Whole numbers that sum to `total`, each next to its exact value (largest remainder; ties go to the earlier).

    `total` is the rounded sum of `exact`.
    """
    parts = [value.__floor__() for value in exact]
    by_remainder = sorted(range(len(exact)), key=lambda i: parts[i] - exact[i])
    for i in by_remainder[: total - sum(parts)]:
        parts[i] += 1
    return parts


def share_out(total: int, weights: Sequence[int | Fraction]) -> list[int]:
    """Split `total` minor units in proportion to non-negative `weights`, exactly: 100.00 in three is 33.34 33.33 33.33.

    All-zero weights share equally; no weights give an empty list.
    """
    whole = sum(weights)
    if whole == 0:
        weights, whole = [1] * len(weights), len(weights)
    return apportion([Fraction(total) * weight / whole for weight in weights], total)


@cache
def _locale(language: str) -> Locale:
    return Locale.parse(language, sep="-")


def format_money(amount: int, currency: str, language: str) -> str:
    """Minor units as people write them: `R$ 1.234,56` in pt-br, `R$1,234.56` in en."""
    return format_currency(major_units(amount, currency), currency, locale=_locale(language))
