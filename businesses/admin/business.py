"""The business's own card: names, address, look, invoice defaults, receiving accounts."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from businesses import actions
from businesses.admin.keys import SafeKeys
from businesses.admin.owned import OwnedInline, Unlogged, staff
from businesses.logos import logo_address, store_logo
from businesses.models import Account, Business
from businesses.roles import Can
from core.admin import (
    StackedInline,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    UnfoldBooleanWidget,
    display,
    register,
)
from core.problems import Conflict
from core.series import check_pattern, counts_by_customer, series_for
from invoices import numbering


class BusinessForm(forms.ModelForm):  # type: ignore[type-arg]
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
        field, address = self.fields["new_logo"], logo_address(self.instance.logo)
        if address:
            field.help_text = format_html(
                '{} <img src="{}" alt="{}" height="60">', field.help_text, address, _("The logo as it is")
            )

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


class AccountInline(OwnedInline, StackedInline):
    model = Account
    extra = 0
    fields = (("name", "is_default"), ("bank", "branch", "number"), ("pix_key", "iban"))
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
                    ("number_pattern", "first_number", "due_days"),
                    ("rounding_mode", "rounding_rule"),
                    "terms",
                )
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

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for account in formset.save(commit=False):
            actions.save_account(account, by=request.user)
