"""The invoice's forms: its head and a line; each says what was typed as a part of the draft."""

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django import forms
from django.contrib.admin import site
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from businesses.admin.keys import RowsField, key_of
from businesses.models import Account, Business
from core.money import exponent, format_money, major_units, minor_units
from core.numbers import plain
from customers.admin import EmailLines
from customers.models import Customer, validate_emails
from invoices import rows
from invoices.admin.fields import DraftForm, decimal_field
from invoices.admin.parts import MetadataField, is_editable
from invoices.draft import DiscountDraft, InvoiceDraft, LineDraft, TaxDraft
from invoices.models import DiscountKind, Invoice, InvoiceKind, Line
from products.models import Price, PriceKind, Product, Tax

METHODS = [
    ("pix", gettext_lazy("Pix")),
    ("boleto", gettext_lazy("Boleto")),
    ("bolepix", gettext_lazy("Boleto with Pix")),
    ("credit_card", gettext_lazy("Credit card")),
    ("bank_transfer", gettext_lazy("Bank transfer")),
]
HEAD = [
    "currency", "language", "kind", "name", "title", "description", "issue_on", "due_on", "period_start", "period_end",
    "terms", "number_prefix", "wanted_number", "external_id", "live_mode", "tips_enabled",
    "card_instalments",
]  # fmt: skip
LINE = ["name", "detail", "quantity", "unit", "unit_price", "discount_percent", "kind", "is_setup_fee"]
TAX = ["name", "percent", "fixed", "inclusive", "compound", "withheld"]
DATES = ["issue_on", "due_on", "period_start", "period_end"]


class Lookup(AutocompleteSelect):
    """Type to find, among one business's rows only."""

    def __init__(self, model: type[Any], field: str, business: Business, **attrs: Any) -> None:
        super().__init__(model._meta.get_field(field), site, attrs={"data-width": "100%", **attrs})
        self.business = business

    def get_url(self) -> str:
        return f"{super().get_url()}?business={self.business.pk}"

    def optgroups(self, name: str, value: Any, attr: Any = None) -> Any:
        """Whatever was posted is shown again; what cannot be an id has nothing to show."""
        return super().optgroups(name, [key for key in value if key_of(str(key)) is not None], attr)


def offer(form: forms.BaseForm, name: str, rows: QuerySet[Any], widget: forms.Widget | None = None) -> None:
    """Let a field choose among these rows."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)
    field.widget = widget or field.widget
    field.queryset = rows


class HeadForm(DraftForm):
    """An invoice without its lines. `version` is the one that was on screen."""

    version = forms.IntegerField(required=False, widget=forms.HiddenInput)
    discount_kind = forms.ChoiceField(label=gettext_lazy("Discount"), required=False, choices=DiscountKind)
    discount_value = decimal_field(gettext_lazy("Discount value"), places=4)
    recipients = EmailLines(
        label=gettext_lazy("Further recipients"),
        required=False,
        validators=[validate_emails],
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=gettext_lazy("One e-mail address a line."),
    )
    payable_with = forms.MultipleChoiceField(
        label=gettext_lazy("Payable with"),
        required=False,
        choices=METHODS,
        widget=forms.CheckboxSelectMultiple,
    )
    tip_percents = forms.CharField(
        label=gettext_lazy("Suggested tips (%)"),
        required=False,
        max_length=60,
        help_text=gettext_lazy("For example 5, 10, 15"),
    )
    split = forms.IntegerField(
        label=gettext_lazy("Equal monthly parts"),
        required=False,
        min_value=2,
        max_value=36,
        help_text=gettext_lazy("From the due date on; they replace the parts that are listed."),
    )
    metadata = MetadataField(
        label=gettext_lazy("Metadata"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=gettext_lazy("One “key: value” a line."),
    )

    class Meta:
        model = Invoice
        fields = ["customer", "account", *HEAD]
        widgets = {
            **{name: forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}) for name in DATES},
            "description": forms.Textarea(attrs={"rows": 2}),
            "terms": forms.Textarea(attrs={"rows": 3}),
        }

    def __init__(self, business: Business, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self, "customer", Customer.objects.for_business(business), Lookup(Invoice, "customer", business)
        )
        offer(self, "account", Account.objects.for_business(business))
        self.fields["kind"].required = False
        if self.instance.pk:
            self.initial.update(_head_initial(self.instance))

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or InvoiceKind.STANDARD

    def clean_tip_percents(self) -> tuple[Decimal, ...]:
        words = self.cleaned_data["tip_percents"].replace("%", " ").replace(",", " ").split()
        if any(not (word.isascii() and word.isdigit() and 0 < int(word[:4]) <= 100) for word in words):
            raise ValidationError(_("Whole numbers between 1 and 100, with commas between."))
        return tuple(Decimal(word) for word in words)

    def draft(self, business: Business) -> InvoiceDraft:
        """Without lines; what the form does not show stays as it was."""
        data = self.cleaned_data
        before = rows.read(self.instance) if self.instance.pk else _blank(business, data)
        return replace(
            before,
            **{name: data[name] for name in HEAD},
            customer_id=_key(data.get("customer")) or 0,
            account_id=_key(data.get("account")),
            discount=replace(_discount(data), product_refs=before.discount.product_refs),
            recipients=tuple(data["recipients"]),
            payable_with=tuple(data["payable_with"]),
            tip_percents=data["tip_percents"],
            metadata=_unshown(before.metadata) | data["metadata"],
        )


def _unshown(metadata: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in metadata.items() if not is_editable(key, value)}


def _key(row: Any) -> int | None:
    return row.pk if row is not None else None


def _head_initial(invoice: Invoice) -> dict[str, Any]:
    return {
        "version": invoice.version,
        "metadata": invoice.metadata,
        "recipients": invoice.recipients,
        "payable_with": invoice.payable_with,
        "discount_kind": invoice.discount_kind,
        "discount_value": _discount_value(invoice),
        "tip_percents": ", ".join(f"{Decimal(percent).normalize():f}" for percent in invoice.tip_percents),
    }


def _blank(business: Business, data: dict[str, Any]) -> InvoiceDraft:
    return InvoiceDraft(
        currency=data["currency"],
        customer_id=_key(data.get("customer")) or 0,
        issue_on=data["issue_on"],
        due_on=data["due_on"],
        rounding_mode=business.rounding_mode,
        rounding_rule=business.rounding_rule,
    )


def _discount(data: dict[str, Any]) -> DiscountDraft:
    value = data["discount_value"] or Decimal(0)
    if data["discount_kind"] == DiscountKind.PERCENT:
        return DiscountDraft(percent=value)
    if data["discount_kind"] == DiscountKind.AMOUNT:
        return DiscountDraft(amount=minor_units(value, data["currency"], field="discount.amount"))
    return DiscountDraft()


def _discount_value(invoice: Invoice) -> Decimal | None:
    if invoice.discount_kind == DiscountKind.PERCENT:
        return plain(invoice.discount_percent)
    return major_units(invoice.discount_amount, invoice.currency) if invoice.discount_amount else None


class LineForm(DraftForm):
    product = forms.ModelChoiceField(Product.objects.none(), label=gettext_lazy("Product"), required=False)
    price = forms.CharField(required=False, widget=forms.HiddenInput)
    quantity = decimal_field(gettext_lazy("Quantity"), places=4, required=True)
    unit_price = decimal_field(gettext_lazy("Price"), places=6, required=True, negative=True)
    discount_percent = decimal_field(gettext_lazy("Discount (%)"), places=4)
    taxes = RowsField(
        Tax.objects.none(), label=gettext_lazy("Taxes"), required=False, widget=forms.CheckboxSelectMultiple
    )

    class Meta:
        model = Line
        fields = ["product", *LINE]
        widgets = {"detail": forms.Textarea(attrs={"rows": 1})}

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self, "product", Product.objects.for_business(business), Lookup(Line, "product", business))
        chosen = [tax.tax_id for tax in self.instance.taxes.all() if tax.tax_id] if self.instance.pk else []
        taxes = Tax.objects.for_business(business).filter(Q(active=True) | Q(pk__in=chosen))
        offer(self, "taxes", taxes)
        self.fields["kind"].required = False
        for name, hint in (
            ("product", _("Product")),
            ("name", _("Description")),
            ("detail", _("Details, if any")),
        ):
            self.fields[name].widget.attrs |= {
                "placeholder": hint,
                "data-placeholder": hint,
                "aria-label": hint,
            }
        if self.instance.pk:
            self.initial["taxes"] = chosen
            self.initial["price"] = self.instance.price_id or ""
            places = exponent(self.instance.invoice.currency)
            self.initial["unit_price"] = plain(self.instance.unit_price, places)
            self.initial["quantity"] = plain(self.instance.quantity)
            self.initial["discount_percent"] = plain(self.instance.discount_percent) or None
        else:
            self.initial.update({"quantity": 1, "discount_percent": None})

    def clean_discount_percent(self) -> Decimal:
        return self.cleaned_data["discount_percent"] or Decimal(0)

    def clean_kind(self) -> str:
        return self.cleaned_data["kind"] or "one_time"

    def clean_price(self) -> int | None:
        """The price that filled the line; one that is not the product's is as if none had."""
        product, key = self.cleaned_data.get("product"), key_of(self.cleaned_data["price"])
        if key == self.instance.price_id and product == self.instance.product:
            return key
        found = Price.objects.filter(pk=key, product=product).first() if product and key else None
        return _key(found)

    @property
    def tag(self) -> str:
        """Said beside a line that is not the usual one."""
        return str(PriceKind.RECURRING.label) if self["kind"].value() == PriceKind.RECURRING else ""

    @property
    def fixed_discount(self) -> str:
        """One that came from elsewhere; the form has no field for it."""
        old = self.instance
        if not old.pk or not old.discount_amount:
            return ""
        return format_money(old.discount_amount, old.invoice.currency, get_language() or "en")

    def draft(self) -> LineDraft:
        """The line as typed; what the form does not show (fixed discounts, extras) stays as it was."""
        data, old, product = self.cleaned_data, self.instance, self.cleaned_data["product"]
        is_same = product == old.product
        return LineDraft(
            **{name: data[name] for name in LINE},
            taxes=tuple(self._taxes()),
            product_id=_key(product),
            product_ref=old.product_ref if is_same else (product.public_id if product else ""),
            price_id=data["price"],
            discount_amount=old.discount_amount,
            extras=old.extras,
        )

    def _taxes(self) -> Iterator[TaxDraft]:
        """Those ticked, as they were when the line got them; then those of no list of ours, which had no box."""
        old = list(self.instance.taxes.all()) if self.instance.pk else []
        known = {tax.tax_id: tax for tax in old}
        for tax in self.cleaned_data["taxes"]:
            source = known.get(tax.pk, tax)
            extras = source.extras if source is not tax else {}
            yield TaxDraft(tax_id=tax.pk, extras=extras, **{name: getattr(source, name) for name in TAX})
        for kept in old:
            if kept.tax_id is None:
                yield TaxDraft(extras=kept.extras, **{name: getattr(kept, name) for name in TAX})
