"""The screens for products, prices and taxes."""

from decimal import Decimal
from typing import Any

from django import forms
from django.db.models import Q
from django.http import HttpRequest
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from businesses.admin.keys import RowsField, key_of
from businesses.admin.owned import OwnedAdmin, OwnedForm, OwnedInline, staff
from core.admin import (
    TabularInline,
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminTextInputWidget,
    display,
    register,
)
from core.fields import ScaledField
from core.languages import language
from core.money import format_money, major_units, minor_units
from core.numbers import number_text, plain, unit_price_text
from core.problems import Problem
from products import actions
from products.models import Price, Product, Tax


class DecimalText(UnfoldAdminTextInputWidget):
    """The reader's own decimal mark: a browser's number field shows nothing of `180,25`, and drops a typed comma."""

    def __init__(self, attrs: dict[str, Any] | None = None) -> None:
        super().__init__({"inputmode": "decimal", "autocomplete": "off", **(attrs or {})})

    def format_value(self, value: Any) -> Any:
        """Without the zeros beyond cents that the column carries."""
        return super().format_value(plain(value, 2) if isinstance(value, Decimal) else value)


DECIMALS = {ScaledField: {"widget": DecimalText}}


class TaxesField(RowsField):
    """Says whose a tax is: before the business is chosen, those of several are offered."""

    def label_from_instance(self, tax: Any) -> str:
        return f"{tax} · {tax.business}"


class PriceInline(OwnedInline, TabularInline):
    model = Price
    formfield_overrides = DECIMALS
    hide_title = True
    extra = 0
    min_num = 1
    fields = ("currency", "unit_price", "kind", "interval", "interval_count", "name")


class ProductForm(OwnedForm):
    class Meta:
        model = Product
        exclude: list[str] = []

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        business = data.get("business") or (self.instance.business if self.instance.pk else None)
        if business and any(tax.business_id != business.pk for tax in data.get("taxes", [])):
            self.add_error("taxes", _("These taxes belong to another business."))
        return data


@register(Product)
class ProductAdmin(OwnedAdmin):
    form = ProductForm
    inlines = (PriceInline,)
    search_fields = ("name",)
    search_help_text = gettext_lazy("Name or SKU")
    list_display = ("name", "sku", "prices_shown", "unit", "is_active", "business")
    list_filter = ("active",)
    list_select_related = ("business",)
    fieldsets = (
        (None, {"fields": ("business", ("name", "unit"), "description", "taxes", "active")}),
        (gettext_lazy("More"), {"classes": ("collapse",), "fields": (("sku", "external_id"), "metadata")}),
    )

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("prices")

    def offered(self, rows: Any) -> Any:
        return rows.active()

    @display(description=gettext_lazy("prices"))
    def prices_shown(self, product: Product) -> str:
        rows = product.prices.all()
        prices = [unit_price_text(row.unit_price, row.currency, language()) for row in rows]
        return ", ".join(prices) or "—"

    @display(description=gettext_lazy("active"), boolean=True, ordering="active")
    def is_active(self, product: Product) -> bool:
        return product.active

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The business's taxes that are offered, and those that the product has although they no longer are."""
        where = request.resolver_match.kwargs if request.resolver_match else {}
        product = (
            Product.objects.for_staff(staff(request)).filter(pk=key_of(where.get("object_id", ""))).first()
        )
        taxes = Tax.objects.for_staff(staff(request)).select_related("business")
        if product:
            taxes = taxes.for_business(product.business)
        kept = Product.taxes.through.objects.filter(product=product).values("tax")
        kwargs["queryset"] = taxes.filter(Q(active=True) | Q(pk__in=kept))
        kwargs["form_class"] = TaxesField
        kwargs["widget"] = UnfoldAdminCheckboxSelectMultipleWidget()
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        field = super().formfield_for_dbfield(db_field, request, **kwargs)
        if db_field.name == "description":
            field.widget.attrs["rows"] = 3
        return field

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        actions.save(obj, by=request.user)

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        """The taxes through the action as well: Django would write them past it, and off the record."""
        actions.set_taxes(form.instance, form.cleaned_data["taxes"], by=request.user)
        for formset in formsets:
            self.save_formset(request, form, formset, change)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for price in formset.save(commit=False):
            actions.save_price(price, by=request.user)
        for price in formset.deleted_objects:
            actions.delete_price(price, by=request.user)


class TaxForm(OwnedForm):
    """The amount is typed as on paper, in the business's currency; the row keeps it in the smallest unit."""

    fixed = forms.DecimalField(
        label=gettext_lazy("fixed amount"),
        required=False,
        min_value=Decimal(0),
        max_digits=15,
        localize=True,
        widget=DecimalText,
        help_text=gettext_lazy("A line, on top of the rate, in the business's currency."),
    )

    class Meta:
        model = Tax
        exclude: list[str] = []

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["fixed"] = major_units(self.instance.fixed, self.instance.business.currency)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        business = data.get("business") or (self.instance.business if self.instance.pk else None)
        if business and "fixed" in data:
            try:
                data["fixed"] = minor_units(data["fixed"] or Decimal(0), business.currency)
            except Problem as problem:
                self.add_error("fixed", problem.messages)
        return data


@register(Tax)
class TaxAdmin(OwnedAdmin):
    form = TaxForm
    formfield_overrides = DECIMALS
    search_fields = ("name",)
    list_display = ("name", "rate", "inclusive", "compound", "withheld", "active", "business")
    list_filter = ("active",)
    fields = (
        "business",
        "name",
        ("percent", "fixed"),
        ("inclusive", "compound", "withheld"),
        ("order", "active"),
    )

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Who only reads has no form that would convert the amount."""
        if self.has_change_permission(request, obj):
            return self.fields
        return [("percent", "fixed_shown") if "fixed" in field else field for field in self.fields]

    @display(description=gettext_lazy("fixed amount"))
    def fixed_shown(self, tax: Tax) -> str:
        return format_money(tax.fixed, tax.business.currency, language())

    @display(description=gettext_lazy("rate (%)"), ordering="percent")
    def rate(self, tax: Tax) -> str:
        return number_text(tax.percent, language())

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return queryset.filter(name__icontains=search_term), False

    def save_model(self, request: HttpRequest, obj: Tax, form: Any, change: bool) -> None:
        actions.save_tax(obj, by=request.user)
