"""The rules of early discount, fine and interest as fields of a form: a business's own, or one invoice's."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy, pgettext_lazy

from businesses.terms import MAX_TIERS, PLACES, Interest, PerDay, Terms, Tier, check
from core.money import major_units, minor_units
from core.numbers import plain
from core.problems import Problem
from core.typed import TypedDecimalField

TIERS = range(MAX_TIERS)
ZERO = Decimal(0)


def number_field(label: Any, *, places: int = 6, **more: Any) -> TypedDecimalField:
    """Signs and sizes are the rules' own business: they say it in a sentence."""
    widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
    more |= {"max_digits": 18, "decimal_places": places, "localize": True, "widget": widget}
    return TypedDecimalField(label=label, required=False, **more)


def percent_field(label: Any, **more: Any) -> TypedDecimalField:
    return number_field(label, places=PLACES, **more)


def days_field() -> forms.IntegerField:
    widget = forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"})
    return forms.IntegerField(label=gettext_lazy("Days before the due date"), required=False, widget=widget)


class RuleFields(forms.Form):
    """Amounts are typed in major units of a currency that whoever uses the form knows."""

    tier_0_days, tier_1_days, tier_2_days = days_field(), days_field(), days_field()
    tier_0_percent = percent_field(gettext_lazy("Discount (%)"))
    tier_1_percent = percent_field(gettext_lazy("Discount (%)"))
    tier_2_percent = percent_field(gettext_lazy("Discount (%)"))
    tier_0_amount = number_field(gettext_lazy("or amount"))
    tier_1_amount = number_field(gettext_lazy("or amount"))
    tier_2_amount = number_field(gettext_lazy("or amount"))
    per_day = forms.ChoiceField(
        label=gettext_lazy("Or discount per day"), required=False, choices=PerDay.choices
    )
    per_day_value = number_field(gettext_lazy("Discount for each day"))
    fine_percent = percent_field(pgettext_lazy("rule", "Fine (%)"))
    fine_amount = number_field(gettext_lazy("or fixed fine"))
    interest = forms.ChoiceField(
        label=pgettext_lazy("rule", "Interest"), required=False, choices=Interest.choices
    )
    interest_value = number_field(gettext_lazy("Interest rate or amount"))
    moves_to_workday = forms.BooleanField(
        label=gettext_lazy("Due on a holiday: late only after the next workday"), required=False
    )
    tolerance = number_field(
        gettext_lazy("Tolerance"),
        help_text=gettext_lazy("How much may be missing from a payment that still settles the invoice."),
    )

    def rules(self, currency: str, *, path: str = "payment_terms") -> Terms:
        """What was typed; raises Problem with a dotted path below `path` when it makes no sense."""
        data = self.cleaned_data
        per_day, interest = PerDay(data["per_day"]), Interest(data["interest"])
        terms = Terms(
            tiers=tuple(self._tiers(currency, path)),
            per_day=per_day,
            **self._valued("per_day", per_day.is_amount, currency, path),
            fine_percent=data["fine_percent"] or ZERO,
            fine_amount=self._minor("fine_amount", currency, f"{path}.fine_amount"),
            interest=interest,
            **self._valued("interest", interest.is_amount, currency, path),
            moves_to_workday=data["moves_to_workday"],
            tolerance=self._minor("tolerance", currency, f"{path}.tolerance"),
        )
        return check(terms, field=path)

    def _typed_tiers(self) -> list[int]:
        """The rows of which anything is filled in."""
        names = ("days", "percent", "amount")
        return [
            row for row in TIERS if any(self.cleaned_data.get(f"tier_{row}_{n}") is not None for n in names)
        ]

    def _tiers(self, currency: str, path: str) -> Iterator[Tier]:
        for place, row in enumerate(self._typed_tiers()):
            amount = self._minor(f"tier_{row}_amount", currency, f"{path}.tiers.{place}.amount")
            days = self.cleaned_data[f"tier_{row}_days"] or 0
            yield Tier(days, self.cleaned_data[f"tier_{row}_percent"] or ZERO, amount)

    def _valued(self, name: str, is_amount: bool, currency: str, path: str) -> dict[str, Any]:
        if is_amount:
            return {f"{name}_amount": self._minor(f"{name}_value", currency, f"{path}.{name}_amount")}
        return {f"{name}_percent": self.cleaned_data[f"{name}_value"] or ZERO}

    def _minor(self, name: str, currency: str, path: str) -> int:
        return minor_units(self.cleaned_data[name] or ZERO, currency, field=path)

    def show_rule(self, problem: Problem) -> None:
        """Put a refusal on its field: `payment_terms.tiers.1.days` is the second row that was filled in."""
        _path, _dot, rest = problem.field.partition(".")
        self.add_error(self._field_of(rest), problem.messages)

    def _field_of(self, rest: str) -> str | None:
        if rest.startswith("tiers."):
            place, _dot, name = rest.removeprefix("tiers.").partition(".")
            return f"tier_{self._typed_tiers()[int(place)]}_{name or 'percent'}"
        for name in ("per_day", "interest"):
            if rest.startswith(f"{name}_"):
                return f"{name}_value"
        return rest if rest in self.fields else None


def shown(terms: Terms, currency: str) -> dict[str, Any]:
    """Initial values of the fields; what is not set stays empty."""
    values: dict[str, Any] = {
        "per_day": terms.per_day,
        "interest": terms.interest,
        "moves_to_workday": terms.moves_to_workday,
        "per_day_value": _value(terms.per_day_percent, terms.per_day_amount, currency),
        "interest_value": _value(terms.interest_percent, terms.interest_amount, currency),
        "fine_percent": _value(terms.fine_percent, 0, currency),
        "fine_amount": _value(ZERO, terms.fine_amount, currency),
        "tolerance": _value(ZERO, terms.tolerance, currency),
    }
    for row, tier in enumerate(terms.tiers):
        values |= {
            f"tier_{row}_days": tier.days,
            f"tier_{row}_percent": _value(tier.percent, 0, currency),
            f"tier_{row}_amount": _value(ZERO, tier.amount, currency),
        }
    return values


def _value(percent: Decimal, amount: int, currency: str) -> Decimal | None:
    if percent:
        return plain(percent)
    return major_units(amount, currency) if amount else None
