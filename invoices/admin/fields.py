"""What every form of the editor is made of."""

from decimal import Decimal
from typing import Any

from django import forms

from core.typed import TypedDecimalField


def decimal_field(
    label: Any, *, places: int, required: bool = False, negative: bool = False
) -> forms.DecimalField:
    return TypedDecimalField(
        label=label,
        required=required,
        min_value=None if negative else Decimal(0),
        max_digits=18,
        decimal_places=places,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )


class DraftForm(forms.ModelForm):  # type: ignore[type-arg]
    """A form whose rules beyond plain types are the draft's own; the model is not asked."""

    def _post_clean(self) -> None:
        return
