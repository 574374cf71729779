"""What the forms about money are made of: amounts in one currency, days, and refusals put where they belong."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy

from core.money import major_units, minor_units
from core.problems import Conflict, Problem
from core.typed import TypedDecimalField
from payments.models import Method


class MoneyField(TypedDecimalField):
    """Typed in major units, cleaned to minor ones; decimals that the currency does not have are refused."""

    currency = "BRL"

    def __init__(self, label: Any, *, required: bool = True, **more: Any) -> None:
        widget = forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})
        more |= {"max_digits": 21, "decimal_places": 6, "localize": True, "widget": widget}
        super().__init__(label=label, required=required, **more)

    def clean(self, value: Any) -> Any:
        amount: Decimal | None = super().clean(value)
        return None if amount is None else minor_units(amount, self.currency)


def day_field(label: Any) -> forms.DateField:
    return forms.DateField(
        label=label, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "autocomplete": "off"})
    )


def method_field(label: Any = None, **more: Any) -> forms.ChoiceField:
    choices = more.pop("choices", Method.choices)
    return forms.ChoiceField(label=label or gettext_lazy("Method"), choices=choices, **more)


class MoneyForm(forms.Form):
    """A form about money of one currency. `places` says on which field what an action refuses is shown."""

    places: ClassVar[Mapping[str, str]] = {}

    def __init__(self, data: Any = None, *, currency: str, initial: Any = None, **more: Any) -> None:
        super().__init__(data, initial=initial, **more)
        self.currency = currency
        for name, field in self.fields.items():
            if isinstance(field, MoneyField):
                field.currency = currency
                if isinstance(self.initial.get(name), int):
                    self.initial[name] = major_units(self.initial[name], currency)

    def show(self, refusal: Problem | Conflict) -> None:
        asked = refusal.field if isinstance(refusal, Problem) else ""
        name = self.places.get(asked, asked)
        self.add_error(name if name in self.fields else None, refusal.text)
