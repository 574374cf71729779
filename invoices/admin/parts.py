"""The editor's smaller parts: a charge, a link, a part of the payment schedule; and metadata as lines of text."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from core.money import major_units, minor_units
from core.numbers import number_text
from core.typed import TypedDecimalField
from invoices.admin.fields import DraftForm, decimal_field
from invoices.draft import AttachmentDraft, ChargeDraft
from invoices.models import Attachment, Charge, Invoice
from invoices.schedule import MAX_PARTS, Part, parts_of


class ChargeForm(DraftForm):
    value = decimal_field(gettext_lazy("Amount"), places=3, required=True)

    class Meta:
        model = Charge
        fields = ["name"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["value"] = major_units(self.instance.amount, self.instance.invoice.currency)

    def draft(self, currency: str) -> ChargeDraft:
        amount = minor_units(self.cleaned_data["value"], currency, field="charges")
        return ChargeDraft(self.cleaned_data["name"], amount, self.instance.extras)


class LinkForm(DraftForm):
    url = forms.URLField(label=gettext_lazy("Link"), max_length=500, assume_scheme="https")

    class Meta:
        model = Attachment
        fields = ["name", "url"]

    def draft(self) -> AttachmentDraft:
        old = self.instance
        data = self.cleaned_data
        return AttachmentDraft(data["name"], data["url"], old.content_type, old.size, old.external_id)


@dataclass(frozen=True)
class Share:
    """A part typed as a percentage of what is due."""

    percent: Decimal


class AmountOrShareField(TypedDecimalField):
    """`250,00` or `30 %`."""

    def clean(self, value: Any) -> Any:
        text = str(value or "").strip()
        return Share(super().clean(text[:-1].strip())) if text.endswith("%") else super().clean(value)

    def prepare_value(self, value: Any) -> Any:
        if isinstance(value, Share):
            return f"{number_text(value.percent, get_language() or 'en')} %"
        return super().prepare_value(value)

    def has_changed(self, initial: Any, data: Any) -> bool:
        if not str(data or "").strip():
            return initial is not None
        try:
            return bool(self.clean(data) != initial)
        except ValidationError:
            return True


class PartForm(forms.Form):
    """A part of the payment schedule; `kept` is what the stored one says besides."""

    due_on = forms.DateField(
        label=gettext_lazy("Due date"), widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
    )
    amount = AmountOrShareField(
        label=gettext_lazy("Amount or %"),
        min_value=Decimal(0),
        max_digits=18,
        decimal_places=4,
        localize=True,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}),
    )

    def part(self, currency: str) -> dict[str, Any]:
        """As the schedule holds it; a percentage gets its amount when the draft is stored."""
        kept = {name: value for name, value in self.initial.get("kept", {}).items() if name != "percent"}
        part = {**kept, "due_on": self.cleaned_data["due_on"].isoformat()}
        typed = self.cleaned_data["amount"]
        if isinstance(typed, Share):
            return {**part, "percent": f"{typed.percent:f}", "amount": 0}
        return {**part, "amount": minor_units(typed, currency, field="schedule.parts")}


PARTS = forms.formset_factory(
    PartForm, extra=0, can_delete=True, max_num=MAX_PARTS, absolute_max=MAX_PARTS + 10
)


def parts_formset(invoice: Invoice, data: Any) -> Any:
    stored = invoice.schedule.get("parts", [])
    initial = [
        {"due_on": part.due_on, "amount": _typed(part, kept, invoice.currency), "kept": kept}
        for part, kept in zip(parts_of(invoice.schedule), stored, strict=True)
    ]
    return PARTS(data, prefix="parts", initial=initial)


def _typed(part: Part, kept: dict[str, Any], currency: str) -> Decimal | Share:
    percent = kept.get("percent")
    return Share(Decimal(percent)) if percent else major_units(part.amount, currency)


class MetadataField(forms.Field):
    """`key: value`, one a line; what is not a text cannot be edited here."""

    widget = forms.Textarea

    def prepare_value(self, value: Any) -> Any:
        if not isinstance(value, dict):
            return value
        shown = sorted(pair for pair in value.items() if is_editable(*pair))
        return "\n".join(f"{key}: {text}" for key, text in shown)

    def to_python(self, value: Any) -> dict[str, str]:
        pairs: dict[str, str] = {}
        for line in filter(str.strip, (value or "").splitlines()):
            key, colon, text = (word.strip() for word in line.partition(":"))
            if not key or not colon:
                raise ValidationError(_("One “key: value” a line."), code="metadata")
            if key in pairs:
                raise ValidationError(_("“%(key)s” is there twice.") % {"key": key}, code="metadata")
            pairs[key] = text
        return pairs


def is_editable(key: str, value: object) -> bool:
    """Whether one line of text holds the pair without changing it."""
    return (
        isinstance(value, str)
        and ":" not in key
        and key == key.strip() != ""
        and value == value.strip()
        and len(f"{key}: {value}".splitlines()) == 1
    )
