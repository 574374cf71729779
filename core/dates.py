"""Dates as people write them, in two languages."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime

PATTERNS = {"pt-br": "dd/MM/yyyy", "en": "d MMM yyyy"}
LOCALES = {"pt-br": "pt_BR", "en": "en"}


def short_date(day: date, language: str) -> str:
    """`21/11/2026` in Portuguese, `21 Nov 2026` in English: no doubt about day and month."""
    return format_date(day, PATTERNS[language], locale=LOCALES[language])


def short_time(at: datetime, language: str, zone: ZoneInfo) -> str:
    return format_datetime(at, f"{PATTERNS[language]} HH:mm", tzinfo=zone, locale=LOCALES[language])
