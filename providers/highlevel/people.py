"""Contacts: HighLevel's customers, as they come with invoices and by themselves.

An invoice's contact is found by our id or by the caller's own, never by e-mail alone: an accountant's address serves
many customers. Only somebody of the same name and e-mail whom no other system has named is taken for the same. A
contact that an invoice finds is not changed by it; the invoice keeps its own copy.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from businesses.models import Business
from core import inbound_json
from core.addresses import Address
from core.problems import Problem
from core.taxids import TaxIdKind
from core.validators import countries, e164
from customers import actions
from customers.models import AddressKind, Customer, CustomerAddress, CustomerKind
from gateway.refusals import Refused
from providers.highlevel import contact_wire, lookup, wire
from providers.highlevel.parts import NAME
from providers.wording import spoken

FIELDS = {"external_id": "id", "phone": "phoneNo", "more_emails": "additionalEmails"}
CONTACT_FIELDS = {"street": "address1", "region": "state", "postal_code": "postalCode"}
OURS = {"name", "email", "phone", "locationId", "createNewIfDuplicateAllowed"}


def of_invoice(business: Business, said: wire.ContactDetails, *, by: object) -> Customer:
    """Whom an invoice is for; an unknown contact becomes a customer under the caller's id for it."""
    found = lookup.customer(business, said.id) or _namesake(business, said, by)
    if found is not None:
        return found
    try:
        with spoken(FIELDS, inside="contactDetails"), transaction.atomic():
            return actions.create(
                business, by=by, address=_address(business, said), **_fields(business, said)
            )
    except (IntegrityError, Refused):  # perhaps the same contact came with another invoice at this moment
        found = lookup.customer(business, said.id)
        if found is None:
            raise
        return found


def _namesake(business: Business, said: wire.ContactDetails, by: object) -> Customer | None:
    if not said.email.strip():
        return None
    rows = Customer.objects.for_business(business).filter(external_id="", email__iexact=said.email.strip())
    found = list(rows.filter(name__iexact=said.name.strip())[:2])
    if len(found) != 1:
        return None
    found[0].external_id = said.id
    with spoken(FIELDS, inside="contactDetails"):
        return actions.save(found[0], by=by)


def _fields(business: Business, said: wire.ContactDetails) -> dict[str, Any]:
    more = [row.email for row in said.additionalEmails or () if row.email != said.email]
    is_company = bool(said.companyName)
    return {
        "name": said.name or said.companyName or said.email,
        "kind": CustomerKind.COMPANY if is_company else CustomerKind.PERSON,
        "tax_id_kind": TaxIdKind.CNPJ if is_company else TaxIdKind.CPF,
        "legal_name": said.companyName or "",
        "email": said.email.strip(),
        "more_emails": more,
        "phone": _phone(business, said.phoneNo),
        "language": business.language,
        "external_id": said.id,
    }


def _phone(business: Business, text: str) -> str:
    """Document 004's own example is no phone number; the invoice keeps it as it came."""
    try:
        return e164(text, business.country)
    except ValidationError:
        return ""


def _address(business: Business, said: wire.ContactDetails) -> Address | None:
    """None in a country that we cannot tell: better no address than one elsewhere."""
    if said.address is None:
        return None
    country = said.address.countryCode or business.country
    if country not in countries():
        return None
    return Address(
        street=said.address.addressLine1 or "",
        complement=said.address.addressLine2 or "",
        city=said.address.city or "",
        region=said.address.state or "",
        postal_code=said.address.postalCode or "",
        country=country,
    )


def create(business: Business, said: contact_wire.NewContact, *, by: object) -> Customer:
    fields = {"language": business.language, "metadata": {NAME: kept(said)}, **_said(said)}
    if not fields.get("name"):
        raise Problem(_("This field is required."), field="name", code="required")
    is_company = bool(said.companyName)
    fields["kind"] = CustomerKind.COMPANY if is_company else CustomerKind.PERSON
    fields["tax_id_kind"] = TaxIdKind.CNPJ if is_company else TaxIdKind.CPF
    with spoken(CONTACT_FIELDS):
        customer = actions.create(business, by=by, **fields)
        _save_address(customer, said, by)
    return customer


def upsert(business: Business, said: contact_wire.UpsertContact, *, by: object) -> tuple[Customer, bool]:
    """The contact of that e-mail, else of that phone, brought up to date; or a new one. Whether it is new."""
    found = None if said.createNewIfDuplicateAllowed else _match(business, said)
    if found is None:
        return create(business, said, by=by), True
    changed = {name: value for name, value in _said(said).items() if value}
    changed["metadata"] = {**found.metadata, NAME: {**found.metadata.get(NAME, {}), **kept(said)}}
    with spoken(CONTACT_FIELDS):
        if any(getattr(found, name) != value for name, value in changed.items()):
            for name, value in changed.items():
                setattr(found, name, value)
            actions.save(found, by=by)
        _save_address(found, said, by)
    return found, False


def _match(business: Business, said: contact_wire.NewContact) -> Customer | None:
    rows = Customer.objects.for_business(business).order_by("pk")
    phone = _phone(business, said.phone or "")
    by_email: Customer | None = rows.filter(email__iexact=said.email.strip()).first() if said.email else None
    return by_email or (rows.filter(phone=phone).first() if phone else None)


def _said(said: contact_wire.NewContact) -> dict[str, Any]:
    full = " ".join(filter(None, [said.firstName, said.lastName]))
    name = said.name or full or said.companyName or said.email or said.phone or ""
    own = said.name or full or said.companyName
    return {"name": name if own else "", "email": (said.email or "").strip(), "phone": said.phone or ""}


def kept(said: contact_wire.NewContact) -> dict[str, Any]:
    """What only HighLevel has a place for."""
    raw = said.model_dump(exclude_unset=True)
    return dict(inbound_json.plain({name: value for name, value in raw.items() if name not in OURS}))


def _save_address(customer: Customer, said: contact_wire.NewContact, by: object) -> None:
    told = {"street": said.address1, "city": said.city, "region": said.state, "postal_code": said.postalCode}
    fields = {name: value for name, value in told.items() if value}
    if not fields:
        return
    row = customer.addresses.filter(kind=AddressKind.BILLING).first() or CustomerAddress(
        customer=customer, country=customer.business.country
    )
    for name, value in {**fields, **({"country": said.country} if said.country else {})}.items():
        setattr(row, name, value)
    actions.save_address(row, by=by)
