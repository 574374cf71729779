"""The only writers of customers."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from businesses.events import changes_of, record, save_recorded
from businesses.models import Business
from core.addresses import Address
from core.taxids import compact
from customers.models import Customer, CustomerAddress


def match(business: Business, *, tax_id: str = "", external_id: str = "") -> Customer | None:
    """The customer that a caller means: by its external id first, then by tax id."""
    rows = Customer.objects.for_business(business)
    for column, value in (("external_id", external_id.strip()), ("tax_id", compact(tax_id))):
        found: Customer | None = rows.filter(**{column: value}).first() if value else None
        if found:
            return found
    return None


def save(customer: Customer, *, by: object = None) -> Customer:
    """Create or change a customer; its Event says what changed from what to what."""
    customer.full_clean()
    customer.search_text = customer.searchable()
    save_recorded(customer, ("customer.created", "customer.updated"), by=by)
    return customer


def save_address(address: CustomerAddress, *, by: object = None) -> None:
    address.full_clean()
    with transaction.atomic():
        changes = changes_of(address) or {"address": ["", str(address)]}
        address.save()
        _record_address(address.customer, changes, by)


def delete_address(address: CustomerAddress, *, by: object = None) -> None:
    with transaction.atomic():
        changes = {"address": [str(address), ""]}
        address.delete()
        _record_address(address.customer, changes, by)


def _record_address(customer: Customer, changes: dict[str, list[str]], by: object) -> None:
    record("customer.updated", customer, business=customer.business_id, by=by, data={"changes": changes})


def create(
    business: Business, *, by: object = None, address: Address | None = None, **fields: Any
) -> Customer:
    with transaction.atomic():
        customer = save(Customer(business=business, **fields), by=by)
        if address and any(address.as_dict().values()):
            row = CustomerAddress(customer=customer, **address.as_dict())
            row.full_clean(exclude=["customer"])
            row.save(force_insert=True)
    return customer


def upsert(
    business: Business, *, by: object = None, address: Address | None = None, **fields: Any
) -> Customer:
    """Match by external id or tax id and bring up to date, or create (document 003: customers come with invoices)."""
    ids = {name: fields.get(name, "") for name in ("tax_id", "external_id")}
    found = match(business, **ids)
    if found is None:
        try:
            return create(business, by=by, address=address, **fields)
        except (IntegrityError, ValidationError):
            found = match(business, **ids)  # someone else created it in between
            if found is None:
                raise
    before = {name: getattr(found, name) for name in fields}
    for name, value in fields.items():
        setattr(found, name, value)
    found.clean()
    changed = [name for name, value in before.items() if getattr(found, name) != value]
    return save(found, by=by) if changed else found
