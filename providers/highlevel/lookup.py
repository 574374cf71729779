"""The rows of a business that a request names (contacts, products, prices, taxes), and what an invoice starts from."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from businesses.models import Account, Business
from core.problems import Problem
from core.text import refused_character
from customers.models import Customer
from invoices.draft import InvoiceDraft, TaxDraft
from products.models import Price, Product, Tax
from providers.highlevel import wire
from providers.highlevel.codec import Known

MAX_ID = 100


def customers(business: Business, wanted: str) -> QuerySet[Customer]:
    """By our id, or by the one that the caller's own system has for the contact."""
    rows: QuerySet[Customer] = Customer.objects.for_business(business)
    return rows.filter(Q(public_id=wanted) | Q(external_id=wanted)) if _may_be_an_id(wanted) else rows.none()


def _may_be_an_id(text: str | None) -> bool:
    """Nothing else is looked for: our columns refuse what they could not hold."""
    return bool(text) and len(text or "") <= MAX_ID and refused_character(text or "", lines=False) is None


def customer(business: Business, wanted: str) -> Customer | None:
    """Ours first: nobody takes over a customer by choosing our id as theirs."""
    found = list(customers(business, wanted)[:2])
    return next((row for row in found if row.public_id == wanted), found[0] if found else None)


def contact(business: Business, wanted: str) -> Customer:
    found = customer(business, wanted)
    if found is None:
        raise Problem(_("No such customer."), field="contactId", code="not_found")
    return found


def start(business: Business, customer: Customer) -> InvoiceDraft:
    """What a new invoice says unless told otherwise: the same as on our own screens."""
    today = business.today()
    account = Account.objects.for_business(business).filter(is_default=True)
    return InvoiceDraft(
        currency=business.currency,
        customer_id=customer.pk,
        issue_on=today,
        due_on=today + timedelta(days=business.due_days),
        rounding_mode=business.rounding_mode,
        rounding_rule=business.rounding_rule,
        language=customer.language,
        account_id=account.values_list("pk", flat=True).first(),
        terms=business.terms,
    )


def known(business: Business, items: Iterable[wire.Item]) -> Known:
    """Which of the ids in the lines are the business's own; others are only kept."""
    items = list(items)
    products = set(filter(_may_be_an_id, (item.productId for item in items)))
    prices = set(filter(_may_be_an_id, (item.priceId for item in items)))
    taxes = set(filter(_may_be_an_id, _tax_ids(items)))
    return Known(
        _keys(Product.objects.for_business(business), products) if products else {},
        _price_keys(business, prices) if prices else {},
        _taxes(business, taxes) if taxes else {},
        business.payment_terms,
    )


def _tax_ids(items: Iterable[wire.Item]) -> Iterator[str | None]:
    for item in items:
        for tax in item.taxes or ():
            yield from (tax.id, tax.taxId)


def _keys(rows: Any, wanted: set[Any]) -> dict[str, int]:
    named = rows.filter(Q(public_id__in=wanted) | Q(external_id__in=wanted))
    found = list(named.values_list("pk", "public_id", "external_id"))
    return {external: pk for pk, _ours, external in found} | {ours: pk for pk, ours, _external in found}


def _price_keys(business: Business, wanted: set[Any]) -> dict[str, int]:
    rows = Price.objects.filter(product__business=business, external_id__in=wanted)
    return dict(rows.values_list("external_id", "pk"))


def _taxes(business: Business, wanted: set[Any]) -> dict[str, TaxDraft]:
    rows = Tax.objects.for_business(business).filter(Q(public_id__in=wanted) | Q(external_id__in=wanted))
    found: dict[str, TaxDraft] = {}
    for row in rows:
        draft = TaxDraft(
            row.name, fixed=row.fixed, compound=row.compound, withheld=row.withheld, tax_id=row.pk
        )
        found |= {row.external_id: draft, row.public_id: draft}
    return found
