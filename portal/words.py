"""Days, quantities and rates as people write them, in the language that is active."""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext, ngettext

from core.dates import short_date
from core.languages import language
from core.money import format_money
from core.numbers import number_text, unit_price_text


def day(value: date) -> str:
    return short_date(value, language())


def day_in(zone: ZoneInfo, moment: datetime | None = None) -> date:
    return timezone.localtime(moment, zone).date()


def due(on: date, today: date) -> str:
    """How far away the due date is: due in 5 days, due today, was due 3 days ago."""
    days = (on - today).days
    near = {0: gettext("due today"), 1: gettext("due tomorrow"), -1: gettext("was due yesterday")}
    if days in near:
        return near[days]
    if days > 0:
        return ngettext("due in %(days)d day", "due in %(days)d days", days) % {"days": days}
    return ngettext("was due %(days)d day ago", "was due %(days)d days ago", -days) % {"days": -days}


def money(amount: int, currency: str) -> str:
    return format_money(amount, currency, language())


def unit_price(price: Decimal, currency: str) -> str:
    return unit_price_text(price, currency, language())


def quantity(value: Decimal, unit: str) -> str:
    """`4,5 h` on one line; a long unit may go to the next."""
    gap = "\u00a0" if len(unit) <= 5 else " "
    return f"{number(value)}{gap}{unit}" if unit else number(value)


def number(value: Decimal) -> str:
    return number_text(value, language())


def percent(text: str) -> str:
    return f"{number(Decimal(text))}\u00a0%"
