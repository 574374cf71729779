"""The only writers of products and taxes."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django.db import transaction

from businesses.events import changes_of, record, save_recorded
from businesses.models import Business
from products.models import Price, Product, Tax


def save(product: Product, *, by: object = None) -> Product:
    """Create or change a product; its Event says what changed from what to what."""
    product.full_clean()
    product.search_text = product.searchable()
    save_recorded(product, ("product.created", "product.updated"), by=by)
    return product


def set_taxes(product: Product, taxes: Iterable[Tax], *, by: object = None) -> None:
    """The taxes that new lines with this product start from; their names, before and after, are on the record."""
    with transaction.atomic():
        before, after = _in_order(product.taxes.all()), _in_order(taxes)
        if before == after:
            return
        product.taxes.set(after)
        names = [", ".join(tax.name for tax in rows) for rows in (before, after)]
        _record_change(product, {"taxes": names}, by)


def _in_order(taxes: Iterable[Tax]) -> list[Tax]:
    return sorted(taxes, key=lambda tax: (tax.order, tax.name, tax.pk))


def save_price(price: Price, *, by: object = None) -> None:
    price.full_clean()
    with transaction.atomic():
        changes = changes_of(price) or {"price": ["", str(price)]}
        price.save()
        _record_change(price.product, changes, by)


def delete_price(price: Price, *, by: object = None) -> None:
    """Lines written with it keep their amounts."""
    with transaction.atomic():
        changes = {"price": [str(price), ""]}
        price.delete()
        _record_change(price.product, changes, by)


def _record_change(product: Product, changes: dict[str, list[str]], by: object) -> None:
    record("product.updated", product, business=product.business_id, by=by, data={"changes": changes})


def create(
    business: Business,
    *,
    by: object = None,
    prices: dict[str, Decimal] | Iterable[Price] = (),
    taxes: list[Tax] | None = None,
    **fields: Any,
) -> Product:
    """A product with its prices: one a currency, in major units, or as rows that have no product yet."""
    if isinstance(prices, dict):
        prices = [Price(currency=currency, unit_price=unit) for currency, unit in prices.items()]
    with transaction.atomic():
        product = save(Product(business=business, **fields), by=by)
        set_taxes(product, taxes or [], by=by)
        for price in prices:
            price.product = product
            price.full_clean(exclude=["product"])
            price.save(force_insert=True)
    return product


def save_tax(tax: Tax, *, by: object = None) -> Tax:
    tax.full_clean()
    save_recorded(tax, ("tax.created", "tax.updated"), by=by)
    return tax
