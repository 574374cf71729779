"""The business's own card: names, address, look, invoice defaults, receiving accounts."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from businesses import actions
from businesses.admin.owned import changed_fields, staff
from businesses.logos import store_logo
from businesses.models import Account, Business
from businesses.roles import Can
from core.admin import ModelAdmin, StackedInline, UnfoldAdminFileFieldWidget, display, register


class BusinessForm(forms.ModelForm):  # type: ignore[type-arg]
    new_logo = forms.FileField(
        label=_("Logo"), required=False, widget=UnfoldAdminFileFieldWidget, help_text=_("PNG or JPEG.")
    )

    class Meta:
        model = Business
        exclude: list[str] = []

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
                    ("number_pattern", "due_days"),
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
        actions.save_business(obj, by=request.user, changed=changed_fields(form))

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for account in formset.save(commit=False):
            actions.save_account(account, by=request.user)

    def log_addition(self, *_args: Any) -> None:
        """Events are the record."""

    log_change = log_addition
