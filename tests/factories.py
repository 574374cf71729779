"""Rows for tests, made through the real actions. Every value has a default; name only what the test is about."""

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from itertools import count
from typing import Any

from businesses.models import Business, Membership, User
from businesses.roles import Role
from customers import actions as customers
from customers.models import Customer
from invoices import actions as invoices
from invoices.draft import InvoiceDraft, LineDraft, TaxDraft
from invoices.models import Invoice
from products import actions as products
from products.models import Product, Tax

ISSUED = date(2026, 3, 2)
DUE = date(2026, 3, 16)
CNPJ = "12ABC34501DE35"
CPF = "07120188917"
PASSWORD = "correct horse battery"

_serial = count(1)


def make_business(**fields: Any) -> Business:
    """A Brazilian company; each call makes another one."""
    defaults: dict[str, Any] = {
        "slug": f"business-{next(_serial)}",
        "legal_name": "Padaria São João Ltda",
        "tax_id": CNPJ,
        "email": "contas@padaria.example",
        "street": "Rua das Flores",
        "number": "10",
        "city": "São Paulo",
        "region": "SP",
        "postal_code": "01000-000",
    }
    business = Business(**{**defaults, **fields})
    business.full_clean()
    business.save(force_insert=True)
    return business


def make_customer(business: Business, name: str = "Maria Souza", **fields: Any) -> Customer:
    return customers.create(business, name=name, **fields)


def make_product(
    business: Business, name: str = "Consulting", price: str = "100.00", **fields: Any
) -> Product:
    return products.create(business, name=name, prices={business.currency: Decimal(price)}, **fields)


def make_tax(business: Business, name: str = "ISS", percent: str = "5", **fields: Any) -> Tax:
    return products.save_tax(Tax(business=business, name=name, percent=Decimal(percent), **fields))


def make_staff(business: Business | None, role: str = Role.BILLER, **fields: Any) -> User:
    """Someone who can sign in with PASSWORD, with this role in the business (in none when it is None)."""
    username = fields.pop("username", f"{role}-{next(_serial)}")
    user = User.objects.create_user(username, password=PASSWORD, **{"is_staff": True, **fields})
    if business:
        Membership.objects.create(user=user, business=business, role=role)
    return user


def tax(percent: str = "0", **fields: Any) -> TaxDraft:
    return TaxDraft(fields.pop("name", f"tax {percent}"), Decimal(percent), **fields)


def line(unit_price: str = "100.00", quantity: str = "1", *taxes: TaxDraft, **fields: Any) -> LineDraft:
    return LineDraft(
        fields.pop("name", "Work"), Decimal(unit_price), Decimal(quantity), taxes=taxes, **fields
    )


def make_draft(
    customer: Customer | int, lines: Sequence[LineDraft] | None = None, **fields: Any
) -> InvoiceDraft:
    """One line of 100.00 in BRL unless told otherwise."""
    key = customer.pk if isinstance(customer, Customer) else customer
    defaults: dict[str, Any] = {"currency": "BRL", "issue_on": ISSUED, "due_on": DUE}
    given = tuple([line()] if lines is None else lines)
    return InvoiceDraft(customer_id=key, lines=given, **{**defaults, **fields})


def make_invoice(
    customer: Customer, lines: Sequence[LineDraft] | None = None, *, by: object = None, **fields: Any
) -> Invoice:
    """A stored draft."""
    currency = {"currency": customer.business.currency}
    return invoices.create(customer.business, make_draft(customer, lines, **{**currency, **fields}), by=by)


def issue(invoice: Invoice, *, by: object = None, at: datetime | None = None) -> Invoice:
    """Finalise a draft."""
    return invoices.finalize(invoice, by=by, at=at)
