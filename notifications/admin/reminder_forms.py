"""The forms of the reminder rule: steps as days to tick, in words, and any other day as a number."""

import re
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from notifications.admin.reminder_words import step_words
from notifications.models import ReminderRule
from notifications.models_reminders import check_steps
from notifications.reminders import FIRST_HOUR, LAST_HOUR

USUAL = (-15, -10, -7, -5, -3, -1, 0, 1, 3, 5, 7, 10, 15, 30)
SEPARATORS = re.compile(r"[\s,;]+")
WHOLE = re.compile(r"[+-]?[0-9]{1,3}", re.ASCII)
HOURS = ("send_hour", "quiet_hour")


class OtherDays(forms.CharField):
    """`-20, 45`: days before the due date with a minus."""

    def to_python(self, value: Any) -> Any:
        words = SEPARATORS.split((value or "").replace("−", "-").strip())
        return [self._day(word) for word in words if word]

    @staticmethod
    def _day(word: str) -> int:
        if not WHOLE.fullmatch(word):
            raise forms.ValidationError(_("Enter whole days, such as -20 or 45."), code="steps")
        return int(word)


class StepsForm(forms.ModelForm):  # type: ignore[type-arg]
    chosen = forms.TypedMultipleChoiceField(
        label=gettext_lazy("When"), required=False, coerce=int, widget=forms.CheckboxSelectMultiple
    )
    others = OtherDays(
        label=gettext_lazy("Other days"),
        required=False,
        max_length=100,
        help_text=gettext_lazy("Days after the due date, with a minus before it: -20, 45."),
    )

    class Meta:
        model = ReminderRule
        fields: tuple[str, ...] = ("is_active", "every", "until")
        help_texts = {"every": gettext_lazy("After the last step; 0 for no more.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        steps = self.instance.steps
        shown = sorted({*USUAL, *steps})
        self.fields["chosen"].choices = [(step, step_words(step)) for step in shown]  # type: ignore[attr-defined]
        self.initial["chosen"] = steps

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        steps = sorted({*data.get("chosen", []), *data.get("others", [])})
        try:
            check_steps(steps)
        except forms.ValidationError as error:
            self.add_error("others", error)
        else:
            self.instance.steps = steps
        return data


def _hours(first: int, last: int) -> list[tuple[int, str]]:
    return [(hour, f"{hour:02}:00") for hour in range(first, last + 1)]


class RuleForm(StepsForm):
    """A business's; an hour is one of the business's own clock."""

    send_hour = forms.TypedChoiceField(
        label=gettext_lazy("Send at"), coerce=int, choices=_hours(FIRST_HOUR, LAST_HOUR - 1)
    )
    quiet_hour = forms.TypedChoiceField(
        label=gettext_lazy("Never after"), coerce=int, choices=_hours(FIRST_HOUR + 1, LAST_HOUR)
    )

    class Meta(StepsForm.Meta):
        fields = (*StepsForm.Meta.fields, *HOURS)


THEIRS, NONE, OWN = "", "none", "own"


class CustomerRuleForm(StepsForm):
    """Whose steps count for one customer."""

    whose = forms.ChoiceField(
        label=gettext_lazy("Reminders of this customer"),
        required=False,
        widget=forms.RadioSelect,
        choices=[
            (THEIRS, gettext_lazy("as for everybody")),
            (OWN, gettext_lazy("steps of their own")),
            (NONE, gettext_lazy("none")),
        ],
    )

    class Meta(StepsForm.Meta):
        fields = ("every", "until")

    def __init__(self, customer: Customer, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.instance.business_id, self.instance.customer = customer.business_id, customer
        self.initial["whose"] = (
            THEIRS if self.instance.pk is None else OWN if self.instance.is_active else NONE
        )

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        self.instance.is_active = data.get("whose") == OWN
        return data
