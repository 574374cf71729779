"""The business's own card: names, address, look, invoice defaults, receiving accounts."""

from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from businesses import actions
from businesses.admin.keys import SafeKeys
from businesses.admin.owned import OwnedInline, Unlogged, staff
from businesses.admin.rules import TIERS, RuleFields, shown
from businesses.logos import logo_address, store_logo
from businesses.models import Account, Business
from businesses.roles import Can
from businesses.terms import Terms, warnings
from core.admin import (
    StackedInline,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
    display,
    register,
)
from core.boleto_banks import as_typed, max_number
from core.boleto_banks import check as check_bank_account
from core.pix import parse_key
from core.problems import Conflict, Problem
from core.series import check_pattern, counts_by_customer, series_for
from invoices import numbering

LOOKS: dict[type[forms.Widget], type[forms.Widget]] = {
    forms.TextInput: UnfoldAdminTextInputWidget,
    forms.Select: UnfoldAdminSelectWidget,
    forms.CheckboxInput: UnfoldBooleanWidget,
}
"""How the rules' fields look here."""


class BusinessForm(RuleFields, forms.ModelForm):  # type: ignore[type-arg]
    new_logo = forms.FileField(
        label=_("Logo"), required=False, widget=UnfoldAdminFileFieldWidget, help_text=_("PNG or JPEG.")
    )
    remove_logo = forms.BooleanField(label=_("Remove the logo"), required=False, widget=UnfoldBooleanWidget)
    website = forms.URLField(
        label=_("website"), required=False, assume_scheme="https", widget=UnfoldAdminTextInputWidget
    )
    first_number = forms.IntegerField(
        label=_("First number"),
        required=False,
        min_value=1,
        max_value=10**12,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Where today's series begins, as long as no invoice has a number of it yet."),
    )

    class Meta:
        model = Business
        exclude: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        terms = Terms.of(self.instance.payment_terms)
        self.initial = {**shown(terms, self.instance.currency), **self.initial}
        for name in RuleFields.base_fields:
            self._dress(self.fields[name])
        field, address = self.fields["new_logo"], logo_address(self.instance.logo)
        if address:
            field.help_text = format_html(
                '{} <img src="{}" alt="{}" height="60">', field.help_text, address, _("The logo as it is")
            )

    @staticmethod
    def _dress(field: forms.Field) -> None:
        look = LOOKS[type(field.widget)](attrs=field.widget.attrs)
        look.is_localized = field.localize
        if isinstance(field, forms.ChoiceField):
            field.widget, field.choices = look, field.choices
        else:
            field.widget = look

    def _read_rules(self, data: dict[str, Any]) -> None:
        """What is granted and charged, as long as every number is one."""
        if "currency" not in data or self.errors.keys() & RuleFields.base_fields.keys():
            return
        try:
            self.instance.payment_terms = self.rules(data["currency"]).as_dict()
        except Problem as problem:
            self.show_rule(problem)

    def clean_number_pattern(self) -> str:
        """Here already: the model's own validators run after `clean`, which counts on a pattern that is one."""
        pattern = str(self.cleaned_data["number_pattern"])
        check_pattern(pattern)
        return pattern

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("remove_logo") and not data.get("new_logo"):
            self.instance.logo = ""
        if data.get("first_number") and counts_by_customer(data.get("number_pattern", "")):
            self.add_error("first_number", _("Each customer's numbers begin with 1 here: leave this empty."))
        self._read_rules(data)
        self._try_series(data)
        return data

    def _try_series(self, data: dict[str, Any]) -> None:
        """Start the series and take it back: that it has begun already is an error on its field."""
        if data.get("first_number") and not self.errors and self.instance.pk:
            try:
                with transaction.atomic():
                    self.start_series()
                    transaction.set_rollback(True)
            except Conflict as conflict:
                self.add_error("first_number", conflict.text)

    def start_series(self, *, by: object = None) -> None:
        business, first = self.instance, self.cleaned_data["first_number"]
        pattern = self.cleaned_data["number_pattern"]
        if first:
            numbering.start_at(business, series_for(pattern, day=business.today()), first, by=by)

    def clean_new_logo(self) -> Any:
        upload = self.cleaned_data["new_logo"]
        if upload:
            self.instance.logo = store_logo(upload.read())
        return upload


class AccountForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Account
        exclude: list[str] = []
        help_texts = {
            "pix_key": _("CPF, CNPJ, e-mail, phone with +55, or the random key; printed in every QR code."),
            "wallet": _("Carteira, as your contract with the bank names it: 109 at Itaú, 09 at Bradesco."),
            "agreement": _("Convênio or código do beneficiário, digits only; not every bank has one."),
            "next_our_number": _("“Nosso número” of the next boleto; it goes up by one with every slip."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        number = self.fields.get("next_our_number")
        if number is not None:
            number.show_hidden_initial, number.required = True, False

    def clean_pix_key(self) -> str:
        return parse_key(self.cleaned_data["pix_key"], field="pix_key")

    def clean_next_our_number(self) -> int:
        """Issuing moves it on: one that nobody touched here must not be set back."""
        typed: int | None = self.cleaned_data["next_our_number"]
        if typed is None or "next_our_number" not in self.changed_data:
            return int(self.instance.next_our_number)
        if typed < 1:
            raise Problem(gettext("The first number is 1."), field="next_our_number", code="number")
        return typed

    def clean(self) -> dict[str, Any]:
        """The bank's own rules, each on the field that it is about."""
        data = super().clean() or {}
        if data.get("bank_code") and not self.errors:
            held = as_typed(
                *(data[name] for name in ("bank_code", "branch", "number", "wallet", "agreement"))
            )
            try:
                check_bank_account(held)
                if data["next_our_number"] > max_number(held):
                    raise Problem(gettext("This bank’s numbers have fewer digits."), field="next_our_number")
            except Problem as problem:
                self.add_error(BANK_FIELDS.get(problem.field, problem.field), problem.messages)
        return data

    def _update_errors(self, errors: ValidationError) -> None:
        """The model says the same once more, without the field."""
        if not self.errors:
            super()._update_errors(errors)  # type: ignore[misc]


BANK_FIELDS = {"bank": "bank_code", "account": "number"}
"""The boleto rules' names of our columns, where they differ."""


class AccountInline(OwnedInline, StackedInline):
    model = Account
    form = AccountForm
    extra = 0
    fields = (
        ("name", "is_default"),
        ("bank", "branch", "number"),
        ("pix_key", "iban"),
        ("bank_code", "wallet"),
        ("agreement", "next_our_number"),
    )
    writes = Can.MANAGE
    is_removable = False


@register(Business)
class BusinessAdmin(Unlogged, SafeKeys):
    form = BusinessForm
    inlines = (AccountInline,)
    list_display = ("shown_name", "tax_id_shown", "city", "currency", "language")
    list_fullwidth = True
    prepopulated_fields = {"slug": ("legal_name",)}
    warn_unsaved_form = True
    fieldsets = (
        (None, {"fields": (("legal_name", "trade_name"), ("tax_id_kind", "tax_id"), "slug")}),
        (_("Contact"), {"fields": (("email", "phone"), "website")}),
        (
            _("Address"),
            {
                "fields": (
                    ("street", "number", "complement"),
                    ("district", "city", "region"),
                    ("postal_code", "country"),
                )
            },
        ),
        (_("Look"), {"fields": (("new_logo", "accent"), "remove_logo")}),
        (
            _("Invoices"),
            {
                "fields": (
                    ("currency", "language", "time_zone"),
                    ("number_pattern", "first_number"),
                    ("credit_note_pattern", "due_days"),
                    ("rounding_mode", "rounding_rule"),
                    "terms",
                )
            },
        ),
        (
            _("Discount, fine and interest"),
            {
                "description": _("For every new invoice; a draft may have its own rules."),
                "fields": (
                    *((f"tier_{row}_days", f"tier_{row}_percent", f"tier_{row}_amount") for row in TIERS),
                    ("per_day", "per_day_value"),
                    ("fine_percent", "fine_amount"),
                    ("interest", "interest_value"),
                    ("tolerance", "moves_to_workday"),
                ),
            },
        ),
    )

    @display(description=_("name"), ordering="legal_name")
    def shown_name(self, business: Business) -> str:
        return business.name

    @display(description=_("tax id"))
    def tax_id_shown(self, business: Business) -> str:
        return business.tax_id_label

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """A logo that is not there cannot be removed."""
        sheets = super().get_fieldsets(request, obj)
        if obj is not None and obj.logo:
            return sheets
        return [
            (title, {**sheet, "fields": [field for field in sheet["fields"] if field != "remove_logo"]})
            for title, sheet in sheets
        ]

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).for_staff(staff(request))

    def has_module_permission(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and staff(request).can(Can.VIEW)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff(request).can(Can.VIEW, obj)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return staff(request).can(Can.MANAGE)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff(request).can(Can.MANAGE, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Business, form: Any, change: bool) -> None:
        actions.save_business(obj, by=request.user)
        form.start_series(by=request.user)
        for sentence in warnings(Terms.of(obj.payment_terms)):
            messages.warning(request, sentence)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for account in formset.save(commit=False):
            actions.save_account(account, by=request.user)
