"""Quantities, rates and unit prices as people write them."""

from decimal import Decimal
from fractions import Fraction

from babel import Locale
from babel.numbers import format_currency, format_decimal

from core.money import exponent, format_money

PRICE = {"pt-br": "¤\u00a0#,##0.00####", "en": "¤#,##0.00####"}


def number_text(value: Decimal, language: str) -> str:
    """As many decimals as it has, six at most: `1.234,5`."""
    return str(format_decimal(value, "#,##0.######", locale=Locale.parse(language, sep="-")))


def unit_price_text(price: Decimal, currency: str, language: str) -> str:
    """Like money, with the further decimals that a price may have: `R$ 0,0125`."""
    minor = Fraction(price) * 10 ** exponent(currency)
    if minor.denominator == 1:
        return format_money(int(minor), currency, language)
    locale = Locale.parse(language, sep="-")
    return str(format_currency(price, currency, PRICE[language], locale=locale, currency_digits=False))


def plain(value: Decimal, places: int = 0) -> Decimal:
    """Without trailing zeros beyond `places`, never in exponent form: what a field shows."""
    short = Decimal(f"{value.normalize():f}")
    return short if -int(short.as_tuple().exponent) >= places else short.quantize(Decimal(1).scaleb(-places))
