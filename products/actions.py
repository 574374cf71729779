"""The only writers of products and taxes."""

from decimal import Decimal
from typing import Any

from django.db import transaction

from businesses.events import changes_of, record
from businesses.models import Business
from products.models import Price, Product, Tax


def save(product: Product, *, by: object = None) -> Product:
    """Create or change a product; its Event says what changed from what to what."""
    new = product.pk is None
    product.full_clean()
    product.search_text = product.searchable()
    with transaction.atomic():
        changes = changes_of(product)
        product.save(force_insert=new)
        kind = "product.created" if new else "product.updated"
        record(kind, product, business=product.business_id, by=by, data={"changes": changes})
    return product


def save_price(price: Price, *, by: object = None) -> None:
    price.full_clean()
    with transaction.atomic():
        changes = changes_of(price) or {"price": ["", str(price)]}
        price.save()
        _record_price(price.product, changes, by)


def delete_price(price: Price, *, by: object = None) -> None:
    """Lines written with it keep their amounts."""
    with transaction.atomic():
        changes = {"price": [str(price), ""]}
        price.delete()
        _record_price(price.product, changes, by)


def _record_price(product: Product, changes: dict[str, list[str]], by: object) -> None:
    record("product.updated", product, business=product.business_id, by=by, data={"changes": changes})


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
        changes = changes_of(tax)
        tax.save(force_insert=new)
        kind = "tax.created" if new else "tax.updated"
        record(kind, tax, business=tax.business_id, by=by, data={"changes": changes})
    return tax
