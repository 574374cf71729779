"""The customers' screens."""

from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from businesses.admin.keys import key_of
from businesses.admin.owned import OwnedAdmin, OwnedForm, OwnedInline, staff
from businesses.models import Business
from businesses.roles import Can
from core.admin import (
    ChoicesDropdownFilter,
    StackedInline,
    UnfoldAdminTextareaWidget,
    action,
    display,
    register,
)
from core.taxids import format_tax_id
from core.validators import format_phone
from customers import actions
from customers.models import Customer, CustomerAddress, validate_emails
from notifications.mail import admin as mails


class EmailLines(forms.CharField):
    """Several e-mail addresses, one a line."""

    widget = UnfoldAdminTextareaWidget

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        return list(dict.fromkeys((value or "").replace(",", " ").split()))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return (initial or []) != self.to_python(data)  # type: ignore[no-any-return]


class CustomerForm(OwnedForm):
    more_emails = EmailLines(
        label=_("Further e-mails"),
        required=False,
        validators=[validate_emails],
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 2}),
        help_text=_("One a line; each receives the invoices once."),
    )

    class Meta:
        model = Customer
        exclude: list[str] = []


class AddressInline(OwnedInline, StackedInline):
    model = CustomerAddress
    extra = 0
    max_num = 2
    fields = (
        "kind",
        ("street", "number", "complement"),
        ("district", "city", "region"),
        ("postal_code", "country"),
    )

    def get_extra(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> int:
        return 0 if obj is not None else 1


@register(Customer)
class CustomerAdmin(OwnedAdmin):
    form = CustomerForm
    inlines = (AddressInline,)
    search_fields = ("name",)
    search_help_text = _("Name, tax id, e-mail")
    actions_detail = ("new_invoice", "statement", "reminders")
    list_display = ("who", "tax_id_shown", "phone_shown", "language", "business")
    list_filter = (("kind", ChoicesDropdownFilter), ("language", ChoicesDropdownFilter))
    list_select_related = ("business",)
    change_form_before_template = "admin/mail/blocked.html"
    fieldsets = (
        (
            None,
            {"fields": ("business", ("kind", "name"), ("legal_name", "language"), ("tax_id_kind", "tax_id"))},
        ),
        (_("Contact"), {"fields": (("email", "phone"), "more_emails")}),
        (_("More"), {"classes": ("collapse",), "fields": (("code", "external_id"), "notes", "metadata")}),
    )

    @display(description=_("customer"), ordering="name", header=True)
    def who(self, customer: Customer) -> tuple[str, str]:
        return (customer.name, customer.email)

    @display(description=_("tax id"))
    def tax_id_shown(self, customer: Customer) -> str:
        return format_tax_id(customer.tax_id, customer.tax_id_kind) or "—"

    @display(description=_("phone"))
    def phone_shown(self, customer: Customer) -> str:
        return format_phone(customer.phone) or "—"

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """Says which addresses get no e-mails."""
        mine = Customer.objects.for_staff(staff(request)).filter(pk=key_of(object_id) or 0).first()
        context = {**(extra_context or {}), "blocked": mails.blocked(mine) if mine else []}
        return super().change_view(request, object_id, form_url, context)  # type: ignore[no-any-return]

    def has_invoicing_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        """Drafts are for those who may write in the customer's own business."""
        customers = Customer.objects.for_staff(staff(request), Can.WRITE)
        return bool(customers.filter(pk=key_of(str(object_id))).exists())

    @action(description=_("New invoice"), url_path="new-invoice", icon="add", permissions=["invoicing"])
    def new_invoice(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """On to the editor, with this customer and their business chosen."""
        customer = Customer.objects.for_staff(staff(request), Can.WRITE).get(pk=object_id)
        chosen = urlencode({"business": customer.business_id, "customer": customer.pk})
        return redirect(f"{reverse('admin:invoices_invoice_add')}?{chosen}")

    def has_reading_permission(self, request: HttpRequest, object_id: str = "") -> bool:
        customers = Customer.objects.for_staff(staff(request))
        return bool(customers.filter(pk=key_of(str(object_id))).exists())

    @action(description=_("Statement"), url_path="to-statement", icon="receipt_long", permissions=["reading"])
    def statement(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin_statement", object_id)

    @action(
        description=_("Reminders"), url_path="to-reminders", icon="notifications", permissions=["reading"]
    )
    def reminders(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin_customer_reminders", object_id)

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """A new customer reads what the business writes, unless somebody says otherwise."""
        business = Business.objects.for_staff(staff(request), Can.WRITE).order_by("pk").first()
        language = {"language": business.language} if business else {}
        return {**language, **super().get_changeform_initial_data(request)}

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        actions.save(obj, by=request.user)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for address in formset.save(commit=False):
            actions.save_address(address, by=request.user)
        for address in formset.deleted_objects:
            actions.delete_address(address, by=request.user)
