"""Validators for single fields: phones, countries, time zones, currencies, colours, metadata."""

import re
import zoneinfo
from functools import cache

import phonenumbers
from babel import Locale
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from core.money import currency_codes


@cache
def countries() -> frozenset[str]:
    return frozenset(
        code for code in map(str, Locale("en").territories) if re.fullmatch("[A-Z]{2}", code) and code != "ZZ"
    )


def validate_country(code: str) -> None:
    if code not in countries():
        raise ValidationError(_("“%(code)s” is not a country code."), code="country", params={"code": code})


def validate_currency(code: str) -> None:
    if code not in currency_codes():
        raise ValidationError(_("“%(code)s” is not a currency code."), code="currency", params={"code": code})


def validate_time_zone(name: str) -> None:
    if name not in zoneinfo.available_timezones():
        raise ValidationError(_("“%(name)s” is not a time zone."), code="time_zone", params={"name": name})


def validate_colour(text: str) -> None:
    if not re.fullmatch(r"#[0-9a-f]{6}", text):
        raise ValidationError(_("Write a colour as #rrggbb."), code="colour")


def e164(text: str, country: str) -> str:
    """A phone number in international form, `+5511999999999`; national numbers are read as of `country`."""
    if not text:
        return ""
    try:
        number = phonenumbers.parse(text, country or None)
    except phonenumbers.NumberParseException as error:
        raise ValidationError(_("This is not a phone number."), code="phone") from error
    if not phonenumbers.is_possible_number(number):
        raise ValidationError(_("This is not a phone number."), code="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def format_phone(number: str) -> str:
    """E.164 as people write it."""
    if not number:
        return ""
    return phonenumbers.format_number(
        phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.INTERNATIONAL
    )
