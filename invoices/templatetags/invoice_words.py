"""Amounts, dates and pills in templates, in the reader's language."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from core.dates import short_date, short_time
from core.languages import language
from core.money import format_money
from core.numbers import number_text, unit_price_text
from core.taxids import label_tax_id
from core.text import clean_html
from invoices.status import Situation

register = template.Library()


@register.filter
def money(amount: int, currency: str) -> str:
    return format_money(amount, currency, language())


@register.filter
def unit_price(price: Decimal, currency: str) -> str:
    return unit_price_text(price, currency, language())


@register.filter
def plain_number(value: Decimal) -> str:
    return number_text(value, language())


@register.filter
def short_day(day: date) -> str:
    return short_date(day, language())


@register.filter
def short_instant(at: datetime) -> str:
    return short_time(at, language(), timezone.get_current_timezone())


@register.filter
def tax_id(party: dict[str, Any]) -> str:
    return label_tax_id(party["tax_id"], party["tax_id_kind"])


@register.filter
def pill(situation: Situation) -> SafeString:
    return format_html('<span class="fa-pill fa-{}">{}</span>', situation.tone, situation.label)


@register.filter
def safe_terms(html: str) -> SafeString:
    """Cleaned once more on the way out: what is stored may be older than today's rules."""
    return SafeString(clean_html(html))
