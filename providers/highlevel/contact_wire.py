"""HighLevel's contacts in its own words (its public contacts document), as far as invoices need them."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from core.addresses import Address
from customers.models import Customer
from providers.highlevel.answering import instant
from providers.highlevel.parts import NAME, Json
from providers.highlevel.wire import Object

ECHOED = (
    "firstName",
    "lastName",
    "companyName",
    "timezone",
    "website",
    "source",
    "dnd",
    "dndSettings",
    "assignedTo",
)


class NewContact(BaseModel):
    """Whatever else is said is kept."""

    model_config = ConfigDict(extra="allow")

    locationId: str
    firstName: str | None = None
    lastName: str | None = None
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    companyName: str | None = None
    address1: str | None = None
    city: str | None = None
    state: str | None = None
    country: str | None = None
    postalCode: str | None = None
    website: str | None = None
    timezone: str | None = None
    source: str | None = None
    assignedTo: str | None = None
    dnd: bool | None = None
    dndSettings: Object | None = None
    tags: list[str] | None = None
    customFields: list[Object] | None = None


class UpsertContact(NewContact):
    createNewIfDuplicateAllowed: bool = False


class ContactQuery(BaseModel):
    locationId: str | None = None
    query: str | None = Field(None, max_length=200)
    limit: int = Field(20, ge=1, le=100)
    startAfterId: str | None = None


class CustomField(BaseModel):
    id: str
    value: str


class Contact(BaseModel):
    model_config = ConfigDict(extra="allow")

    id: str
    locationId: str
    name: str
    email: str
    phone: str
    tags: list[str]
    customFields: list[CustomField]
    dateAdded: str
    dateUpdated: str


class OneContact(BaseModel):
    contact: Contact


class Upserted(BaseModel):
    new: bool
    contact: Contact
    traceId: str


class Contacts(BaseModel):
    contacts: list[Contact]
    count: int


def answer(customer: Customer, location: str) -> Json:
    """Its addresses prefetched."""
    kept = customer.metadata.get(NAME, {})
    found = {
        "id": customer.public_id,
        "locationId": location,
        "name": customer.name,
        "email": customer.email,
        "emailLowerCase": customer.email.lower(),
        "phone": customer.phone,
        "tags": kept.get("tags") or [],
        "customFields": [_field(row) for row in kept.get("customFields") or ()],
        "dateAdded": instant(customer.created_at),
        "dateUpdated": instant(customer.updated_at),
    }
    said = {name: kept[name] for name in ECHOED if kept.get(name) is not None}
    return {**found, **said, **_address(customer.address())}


def _field(row: Json) -> dict[str, Any]:
    """Requests say `field_value` of any type, answers `value` as text."""
    value = row.get("field_value", row.get("value", ""))
    return {"id": str(row.get("id", "")), "value": value if isinstance(value, str) else str(value)}


def _address(address: Address) -> Json:
    found = {
        "address1": ", ".join(filter(None, [address.street, address.number])),
        "city": address.city,
        "state": address.region,
        "postalCode": address.postal_code,
    }
    said = {name: value for name, value in found.items() if value}
    return {**said, "country": address.country} if said else {}
