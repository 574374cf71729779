"""The only writers of products and taxes."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from businesses.events import record
from businesses.models import Business
from products.models import Price, Product, Tax


def save(product: Product, *, by: object = None, changed: list[str] | None = None) -> Product:
    new = product.pk is None
    product.full_clean()
    product.search_text = product.searchable()
    with transaction.atomic():
        product.save(force_insert=new)
        kind = "product.created" if new else "product.updated"
        record(
            kind, product, business=product.business_id, by=by, data={"fields": changed} if changed else None
        )
    return product


def create(
    business: Business,
    *,
    by: object = None,
    prices: dict[str, Decimal] | None = None,
    taxes: list[Tax] | None = None,
    **fields: Any,
) -> Product:
    """A product with one price a currency, in major units."""
    with transaction.atomic():
        product = save(Product(business=business, **fields), by=by)
        product.taxes.set(taxes or [])
        for currency, unit_price in (prices or {}).items():
            price = Price(product=product, currency=currency, unit_price=unit_price)
            price.full_clean(exclude=["product"])
            price.save(force_insert=True)
    return product


def save_tax(tax: Tax, *, by: object = None) -> Tax:
    new = tax.pk is None
    tax.full_clean()
    with transaction.atomic():
        tax.save(force_insert=new)
        record("tax.created" if new else "tax.updated", tax, business=tax.business_id, by=by)
    return tax
