"""Every row that a draft points at belongs to its business; anything else is as if it did not exist."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db import models
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from businesses.models import Account, Business
from core.problems import Problem
from customers.models import Customer
from invoices.draft import InvoiceDraft
from products.models import Price, Product, Tax


def check(business: Business, draft: InvoiceDraft, known: Iterable[models.Model] = ()) -> Customer:
    """The draft's customer; raises Problem with the field that names a row of somebody else.

    `known` are rows that the caller has just read: what their own columns prove is not asked again.
    """
    mine = {(type(row), row.pk): row for row in known if _owner(row) == business.pk}
    customer: Any = mine.get((Customer, draft.customer_id))
    if customer is None:
        customer = Customer.objects.for_business(business).filter(pk=draft.customer_id).first()
    if customer is None:
        raise _unknown(Customer, "customer")
    for field, rows, keys in _references(business, draft):
        wanted = {key for key in keys if key is not None and (rows.model, key) not in mine}
        if wanted and rows.filter(pk__in=wanted).count() != len(wanted):
            raise _unknown(rows.model, field)
    return customer  # type: ignore[no-any-return]


def _owner(row: Any) -> int:
    """A price is its product's, which must have been read too."""
    return int(row.product.business_id if isinstance(row, Price) else row.business_id)


def _references(
    business: Business, draft: InvoiceDraft
) -> Iterator[tuple[str, QuerySet[Any], set[int | None]]]:
    yield "account", Account.objects.for_business(business), {draft.account_id}
    yield "lines", Product.objects.for_business(business), {line.product_id for line in draft.lines}
    yield "lines", Price.objects.filter(product__business=business), {line.price_id for line in draft.lines}
    taxes = {tax.tax_id for line in draft.lines for tax in line.taxes}
    yield "lines", Tax.objects.for_business(business), taxes


def _unknown(model: Any, field: str) -> Problem:
    message = _("No such %(what)s.") % {"what": model._meta.verbose_name}
    return Problem(message, field=field, code="not_found")
