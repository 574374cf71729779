"""A quote and the terms behind it in words: the same sentences on the invoice's page, on paper and in public."""

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from businesses.terms import Interest, PerDay, Terms, Tier
from core.dates import short_date
from core.money import format_money
from core.numbers import number_text
from invoices.quote import Quote, Step, StepKind
from invoices.rates import tier_amount

PLAIN = {
    StepKind.PRINCIPAL: gettext_lazy("Original amount"),
    StepKind.PAID: gettext_lazy("Already paid"),
    StepKind.CREDITED: gettext_lazy("Credited"),
    StepKind.DISCOUNT: gettext_lazy("Early discount"),
    StepKind.FINE: gettext_lazy("Late fine"),
    StepKind.INTEREST: gettext_lazy("Late interest"),
    StepKind.WAIVED: gettext_lazy("Waived"),
}
RATES: dict[str, Any] = {
    PerDay.AMOUNT: gettext_lazy("%(rate)s a day"),
    PerDay.PERCENT: gettext_lazy("%(rate)s a day"),
    PerDay.AMOUNT_WORKDAY: gettext_lazy("%(rate)s a workday"),
    PerDay.PERCENT_WORKDAY: gettext_lazy("%(rate)s a workday"),
    Interest.AMOUNT_DAY: gettext_lazy("%(rate)s a day"),
    Interest.PERCENT_DAY: gettext_lazy("%(rate)s a day"),
    Interest.PERCENT_MONTH: gettext_lazy("%(rate)s a month"),
    Interest.PERCENT_YEAR: gettext_lazy("%(rate)s a year"),
    Interest.PERCENT_WORKDAY: gettext_lazy("%(rate)s a workday"),
    Interest.PERCENT_MONTH_WORKDAYS: gettext_lazy("%(rate)s a month, by workdays"),
    Interest.PERCENT_YEAR_WORKDAYS: gettext_lazy("%(rate)s a year, by workdays"),
}
"""A mode that both enumerations know has the same words in both."""


def label(step: Step, language: str) -> str:
    """What a line of the derivation is called; fixed amounts are left to the column beside it."""
    with translation.override(language):
        return _label(step, language)


def explain(quote: Quote, currency: str, language: str) -> list[tuple[str, str]]:
    """Labels and amounts that sum to the quote's total; a schedule's settled parts add nothing and are left out."""
    with translation.override(language):
        return [
            (_of_part(step, quote, language), format_money(step.amount, currency, language))
            for part in quote.parts
            for step in part.steps
            if part.remaining or len(quote.parts) == 1
        ]


def rules(
    terms: Terms, currency: str, due_on: date, language: str, *, amount: int | None = None
) -> list[str]:
    """What paying early saves and paying late costs, a sentence each; with `amount`, what a percentage comes to."""
    with translation.override(language):
        tiers = sorted(terms.tiers, key=lambda tier: -tier.days)
        found = [_tier_rule(tier, currency, due_on, language, amount) for tier in tiers]
        found += [_per_day_rule(terms, currency, due_on, language), _late_rule(terms, currency, language)]
        return [sentence for sentence in found if sentence]


def _percent(value: Decimal, language: str) -> str:
    return f"{number_text(value, language)} %"


def _of_part(step: Step, quote: Quote, language: str) -> str:
    """In a schedule with its place in it."""
    if len(quote.parts) == 1:
        return _label(step, language)
    words = {"number": step.part + 1, "count": len(quote.parts), "label": _label(step, language)}
    return _("Part %(number)d of %(count)d: %(label)s") % words


def _label(step: Step, language: str) -> str:
    if step.data.get("granted"):
        return _("Discount granted")
    if step.kind == StepKind.DISCOUNT:
        return _discount(step.data, language)
    if step.kind == StepKind.FINE and step.data["percent"]:
        return _("Fine of %(rate)s") % {"rate": _percent(step.data["percent"], language)}
    if step.kind == StepKind.INTEREST:
        return _interest(step.data, language)
    return str(PLAIN[step.kind])


def _discount(data: Mapping[str, Any], language: str) -> str:
    if "mode" in data:
        return _with_days(data, language, _("Discount of %(rate)s, %(days)s"), _("Discount for %(days)s"))
    words = {"rate": _percent(data["percent"], language), "date": short_date(data["until"], language)}
    with_rate, without = _("Discount of %(rate)s until %(date)s"), _("Discount until %(date)s")
    return (with_rate if data["percent"] else without) % words


def _interest(data: Mapping[str, Any], language: str) -> str:
    return _with_days(data, language, _("Interest of %(rate)s, %(days)s"), _("Interest for %(days)s"))


def _with_days(data: Mapping[str, Any], language: str, with_rate: str, without: str) -> str:
    words = {"days": _days(data["days"], data["mode"].counts_workdays)}
    if not data["percent"]:
        return without % words
    return with_rate % {**words, "rate": _rate(data["mode"], _percent(data["percent"], language))}


def _days(count: int, workdays: bool) -> str:
    if workdays:
        return ngettext("%(count)d workday", "%(count)d workdays", count) % {"count": count}
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def _rate(mode: str, rate: str) -> str:
    return str(RATES[mode]) % {"rate": rate}


def _tier_rule(tier: Tier, currency: str, due_on: date, language: str, amount: int | None) -> str:
    words = {"date": short_date(due_on - timedelta(days=tier.days), language)}
    if not tier.percent:
        words["discount"] = format_money(tier.amount, currency, language)
        return _("Until %(date)s: discount of %(discount)s") % words
    words["discount"] = _percent(tier.percent, language)
    if amount is None:
        return _("Until %(date)s: discount of %(discount)s") % words
    words["money"] = format_money(tier_amount(tier, amount), currency, language)
    return _("Until %(date)s: discount of %(discount)s (%(money)s)") % words


def _per_day_rule(terms: Terms, currency: str, due_on: date, language: str) -> str:
    if not terms.per_day:
        return ""
    rate = _value(terms.per_day_percent, terms.per_day_amount, currency, language)
    words = {"date": short_date(due_on, language), "discount": _rate(terms.per_day, rate)}
    return _("Paid before %(date)s: discount of %(discount)s") % words


def _late_rule(terms: Terms, currency: str, language: str) -> str:
    fine = _value(terms.fine_percent, terms.fine_amount, currency, language)
    rate = _value(terms.interest_percent, terms.interest_amount, currency, language)
    words = {"fine": fine, "interest": _rate(terms.interest, rate) if terms.interest else ""}
    if fine and terms.interest:
        return _("After the due date: fine of %(fine)s and interest of %(interest)s.") % words
    if terms.interest:
        return _("After the due date: interest of %(interest)s.") % words
    return _("After the due date: fine of %(fine)s.") % words if fine else ""


def _value(percent: Decimal, amount: int, currency: str, language: str) -> str:
    if percent:
        return _percent(percent, language)
    return format_money(amount, currency, language) if amount else ""
