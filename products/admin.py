"""The screens for products, prices and taxes."""

from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from businesses.admin.keys import RowsField
from businesses.admin.owned import OwnedAdmin, may, staff
from businesses.roles import Can
from core.admin import TabularInline, display, register
from core.numbers import unit_price_text
from products import actions
from products.models import Price, Product, Tax


class PriceInline(TabularInline):
    model = Price
    extra = 0
    min_num = 1
    fields = ("currency", "unit_price", "kind", "interval", "interval_count", "name")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.VIEW, obj)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.WRITE, obj)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return may(request, Can.WRITE, obj)

    has_delete_permission = has_change_permission


class ProductForm(forms.ModelForm):  # type: ignore[type-arg]
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

    @display(description=gettext_lazy("prices"))
    def prices_shown(self, product: Product) -> str:
        language = get_language() or "en"
        prices = [unit_price_text(row.unit_price, row.currency, language) for row in product.prices.all()]
        return ", ".join(prices) or "—"

    @display(description=gettext_lazy("active"), boolean=True, ordering="active")
    def is_active(self, product: Product) -> bool:
        return product.active

    def formfield_for_manytomany(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        kwargs["queryset"] = Tax.objects.for_staff(staff(request)).filter(active=True)
        kwargs["form_class"] = RowsField
        return super().formfield_for_manytomany(db_field, request, **kwargs)

    def save_model(self, request: HttpRequest, obj: Product, form: Any, change: bool) -> None:
        actions.save(obj, by=request.user)

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        for price in formset.save(commit=False):
            actions.save_price(price, by=request.user)
        for price in formset.deleted_objects:
            actions.delete_price(price, by=request.user)


@register(Tax)
class TaxAdmin(OwnedAdmin):
    search_fields = ("name",)
    list_display = ("name", "percent", "inclusive", "compound", "withheld", "active", "business")
    list_filter = ("active",)
    fields = (
        "business",
        "name",
        ("percent", "fixed"),
        ("inclusive", "compound", "withheld"),
        ("order", "active"),
    )

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> Any:
        return queryset.filter(name__icontains=search_term), False

    def save_model(self, request: HttpRequest, obj: Tax, form: Any, change: bool) -> None:
        actions.save_tax(obj, by=request.user)
