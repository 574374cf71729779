"""The business's own card: names, address, look, invoice defaults, receiving accounts."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from businesses import actions
from businesses.admin.owned import staff
from businesses.logos import store_logo
from businesses.models import Account, Business
from businesses.roles import Can
from core.admin import (
    ModelAdmin,
    StackedInline,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminTextInputWidget,
    display,
    register,
)
from core.problems import Conflict
from core.series import series_for
from invoices import numbering


class BusinessForm(forms.ModelForm):  # type: ignore[type-arg]
    new_logo = forms.FileField(
        label=_("Logo"), required=False, widget=UnfoldAdminFileFieldWidget, help_text=_("PNG or JPEG.")
    )

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

    def clean(self) -> dict[str, Any]:
        """Try the start of the series and take it back: a series that has begun is an error on its field."""
        data = super().clean() or {}
        if data.get("first_number") and not self.errors and self.instance.pk:
            try:
                with transaction.atomic():
                    self.start_series()
                    transaction.set_rollback(True)
            except Conflict as conflict:
                self.add_error("first_number", str(conflict))
        return data

    def start_series(self) -> None:
        business, first = self.instance, self.cleaned_data["first_number"]
        pattern = self.cleaned_data["number_pattern"]
        if first:
            numbering.start_at(business, series_for(pattern, day=business.today()), first)

    def clean_new_logo(self) -> Any:
        upload = self.cleaned_data["new_logo"]
        if upload:
            self.instance.logo = store_logo(upload.read())
        return upload


class AccountInline(StackedInline):
    model = Account
    extra = 0
    fields = (("name", "is_default"), ("bank", "branch", "number"), ("pix_key", "iban"))

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff(request).can(Can.VIEW, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff(request).can(Can.MANAGE, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return staff(request).can(Can.MANAGE, obj)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@register(Business)
class BusinessAdmin(ModelAdmin):
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
        (_("Look"), {"fields": (("new_logo", "accent"),)}),
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
        form.start_series()

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for account in formset.save(commit=False):
            actions.save_account(account, by=request.user)

    def log_addition(self, *_args: Any) -> None:
        """Events are the record."""

    log_change = log_addition
