"""The days that reports ask for, as they come in an address; what makes no sense is said and the usual day is used."""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

FIRST = date(1990, 1, 1)


class Day(forms.DateField):
    """A browser's own date picker; the address holds year-month-day."""

    def __init__(self, label: Any) -> None:
        picker = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(label=label, required=False, widget=picker, input_formats=["%Y-%m-%d"])

    def clean(self, value: Any) -> date | None:
        day: date | None = super().clean(value)
        if day and not FIRST <= day <= date(2200, 12, 31):
            raise forms.ValidationError(_("This date is too far away."), code="date")
        return day


def _typed(data: Any, usual: dict[str, date]) -> dict[str, str]:
    return {name: (data.get(name) or "").strip() or day.isoformat() for name, day in usual.items()}


class AsOf(forms.Form):
    """One day, today or before: nobody knows yet what will be paid."""

    as_of = Day(gettext_lazy("As of"))

    def __init__(self, data: Any, *, last: date) -> None:
        self.last = last
        super().__init__(_typed(data, {"as_of": last}))

    def clean_as_of(self) -> date:
        day: date = self.cleaned_data["as_of"]
        if day > self.last:
            raise forms.ValidationError(_("This day lies in the future."), code="future")
        return day

    def day(self) -> date:
        return self.cleaned_data["as_of"] if self.is_valid() else self.last


class Period(forms.Form):
    """Two days in their order; the last 90 days unless somebody says otherwise."""

    start = Day(gettext_lazy("From"))
    end = Day(gettext_lazy("To"))

    def __init__(self, data: Any, *, today: date) -> None:
        self.usual = (today - timedelta(days=89), today)
        super().__init__(_typed(data, dict(zip(("start", "end"), self.usual, strict=True))))

    def clean(self) -> dict[str, Any]:
        given = self.cleaned_data
        if "start" in given and "end" in given and given["start"] > given["end"]:
            self.add_error("end", _("The period ends before it begins."))
        return given

    def days(self) -> tuple[date, date]:
        if not self.is_valid():
            return self.usual
        return self.cleaned_data["start"], self.cleaned_data["end"]


@dataclass(frozen=True)
class Preset:
    label: str
    start: date
    end: date


def presets(today: date) -> list[Preset]:
    """The periods that people mean most."""
    month, year = today.replace(day=1), today.replace(month=1, day=1)
    before = month - timedelta(days=1)
    return [
        Preset(_("This month"), month, today.replace(day=monthrange(today.year, today.month)[1])),
        Preset(_("Last month"), before.replace(day=1), before),
        Preset(_("Last 90 days"), today - timedelta(days=89), today),
        Preset(_("This year"), year, today.replace(month=12, day=31)),
        Preset(_("Last year"), year.replace(year=today.year - 1), year - timedelta(days=1)),
    ]
