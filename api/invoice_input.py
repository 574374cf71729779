"""From what a caller says of an invoice to the draft of it: ids become rows of its own business."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from django.db.models import Model, QuerySet
from django.utils.translation import gettext as _

from api import refs
from api.invoice_wire import CreateInvoice, LineInput, PaymentTerms, ScheduleInput, TaxInput, UpdateInvoice
from businesses.models import Account, Business
from core.problems import Problem
from customers.models import Customer
from invoices.draft import AttachmentDraft, ChargeDraft, DiscountDraft, InvoiceDraft, LineDraft, TaxDraft
from products.models import Price, Product, Tax


@dataclass
class Catalogue:
    """The products and taxes that lines name, by public id."""

    products: dict[str, Product] = field(default_factory=dict)
    taxes: dict[str, Tax] = field(default_factory=dict)

    @classmethod
    def of(cls, business: Business, lines: Iterable[LineInput]) -> "Catalogue":
        products = {line.product for line in lines if line.product}
        taxes = {tax.tax for line in lines for tax in line.taxes or () if tax.tax}
        rows = Product.objects.for_business(business).prefetch_related("prices", "taxes")
        return cls(_by_id(rows, products), _by_id(Tax.objects.for_business(business), taxes))

    def rows(self) -> Iterator[Model]:
        for product in self.products.values():
            yield product
            for price in product.prices.all():
                price.product = product
                yield price
            yield from product.taxes.all()
        yield from self.taxes.values()


def _by_id(rows: QuerySet[Any], wanted: set[str]) -> dict[str, Any]:
    return {row.public_id: row for row in rows.filter(public_id__in=wanted)} if wanted else {}


def new(business: Business, body: CreateInvoice) -> tuple[InvoiceDraft, list[Model]]:
    """The draft and the rows of the business that were read for it. What is left out is as the business has it:
    currency, days to pay, receiving account, terms, rounding.
    """
    customer = refs.one(Customer.objects.for_business(business), body.customer, field="customer")
    currency = body.currency or business.currency
    issue_on = body.issue_on or business.today()
    usual: dict[str, Any] = {
        "currency": currency,
        "customer_id": customer.pk,
        "issue_on": issue_on,
        "due_on": issue_on + timedelta(days=business.due_days),
        "language": customer.language,
        "terms": business.terms,
        "rounding_mode": business.rounding_mode,
        "rounding_rule": business.rounding_rule,
    }
    catalogue = Catalogue.of(business, body.lines)
    account = _usual_account(business) if "account" not in body.model_fields_set else None
    usual["account_id"] = account and account.pk
    said = _said(business, body, currency, catalogue, skip={"customer", "issue"})
    return InvoiceDraft(**{**usual, **said}), [customer, *([account] if account else []), *catalogue.rows()]


def _usual_account(business: Business) -> Account | None:
    return Account.objects.for_business(business).filter(is_default=True).first()


def changed(business: Business, before: InvoiceDraft, body: UpdateInvoice) -> InvoiceDraft:
    """The draft with what was said in place of what was there."""
    if "lines" not in body.model_fields_set and body.currency not in (None, before.currency):
        _require_prices_in(business, body.currency, before.lines)
    catalogue = Catalogue.of(business, body.lines)
    return replace(before, **_said(business, body, body.currency or before.currency, catalogue))


def _require_prices_in(business: Business, currency: str, lines: Iterable[LineDraft]) -> None:
    keys = {line.price_id for line in lines if line.price_id}
    prices = Price.objects.filter(product__business=business, pk__in=keys).exclude(currency=currency)
    if keys and prices.exists():
        raise Problem(_("A line has a price in another currency."), field="currency", code="currency")


def _said(
    business: Business,
    body: UpdateInvoice,
    currency: str,
    catalogue: Catalogue,
    skip: Iterable[str] = (),
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in body.model_fields_set.difference(skip):
        value = getattr(body, name)
        if name == "lines":
            found[name] = tuple(
                line(said, catalogue, currency, f"lines.{i}.") for i, said in enumerate(value)
            )
        elif name in ROWS:
            column, model = ROWS[name]
            found[column] = value and refs.one(model.objects.for_business(business), value, field=name).pk
        else:
            found[name] = READERS[name](value) if name in READERS else value
    return found


ROWS: dict[str, tuple[str, Any]] = {"customer": ("customer_id", Customer), "account": ("account_id", Account)}
READERS: dict[str, Callable[[Any], Any]] = {
    "discount": lambda said: DiscountDraft(said.percent, said.amount, tuple(said.products)),
    "charges": lambda rows: tuple(ChargeDraft(row.name, row.amount) for row in rows),
    "attachments": lambda rows: tuple(AttachmentDraft(**row.model_dump()) for row in rows),
    "tip_percents": tuple,
    "payable_with": tuple,
    "recipients": tuple,
    "schedule": lambda said: _schedule(said),
    "payment_terms": lambda said: _terms(said),
}


def _schedule(said: ScheduleInput) -> dict[str, Any]:
    return said.model_dump(mode="json", exclude_none=True) if said.parts else {}


def _terms(said: PaymentTerms | None) -> dict[str, Any]:
    return said.model_dump(mode="json", exclude_unset=True) if said else {}


def line(said: LineInput, catalogue: Catalogue, currency: str, path: str) -> LineDraft:
    """`path` is what stands before its fields in refusals."""
    product = _product(said, catalogue, path)
    price = _price(said, product, currency, path)
    unit_price = price.unit_price if price and said.unit_price is None else said.unit_price
    if unit_price is None:
        raise Problem(_("This field is required."), field=f"{path}unit_price", code="required")
    return LineDraft(
        name=said.name or (product.name if product else ""),
        unit_price=unit_price,
        quantity=said.quantity,
        detail=said.detail,
        unit=said.unit or (product.unit if product else ""),
        discount_percent=said.discount_percent,
        discount_amount=said.discount_amount,
        taxes=_taxes(said, product, catalogue, path),
        kind=price.kind if price and "kind" not in said.model_fields_set else said.kind,
        is_setup_fee=said.is_setup_fee,
        product_id=product.pk if product else None,
        product_ref=product.public_id if product else "",
        price_id=price.pk if price else None,
    )


def _product(said: LineInput, catalogue: Catalogue, path: str) -> Product | None:
    if said.product is None:
        return None
    if said.product not in catalogue.products:
        raise _unknown(Product, f"{path}product")
    return catalogue.products[said.product]


def _price(said: LineInput, product: Product | None, currency: str, path: str) -> Price | None:
    """The one named; or the product's oldest in the invoice's currency, when the line says no price itself."""
    rows: list[Price] = list(product.prices.all()) if product else []
    if said.price is not None:
        rows = [row for row in rows if row.public_id == said.price]
        if not rows:
            raise _unknown(Price, f"{path}price")
    elif said.unit_price is not None:
        return None
    rows = [row for row in rows if row.currency == currency]
    if said.price is not None and not rows:
        raise Problem(_("This price is in another currency."), field=f"{path}price", code="currency")
    return rows[0] if rows else None


def _taxes(said: LineInput, product: Product | None, catalogue: Catalogue, path: str) -> tuple[TaxDraft, ...]:
    if said.taxes is None:
        return tuple(map(_registered, product.taxes.all())) if product else ()
    return tuple(_tax(tax, catalogue, f"{path}taxes.{i}") for i, tax in enumerate(said.taxes))


def _tax(said: TaxInput, catalogue: Catalogue, path: str) -> TaxDraft:
    if said.tax is None:
        return TaxDraft(**said.model_dump(exclude={"tax"}))
    if said.model_fields_set != {"tax"}:
        raise Problem(_("A registered tax is named by its id alone."), field=path, code="both")
    if said.tax not in catalogue.taxes:
        raise _unknown(Tax, f"{path}.tax")
    return _registered(catalogue.taxes[said.tax])


def _registered(tax: Tax) -> TaxDraft:
    return TaxDraft(
        tax.name, tax.percent, tax.fixed, tax.inclusive, tax.compound, tax.withheld, tax_id=tax.pk
    )


def _unknown(model: Any, field: str) -> Problem:
    message = _("No such %(what)s.") % {"what": model._meta.verbose_name}
    return Problem(message, field=field, code="not_found")
