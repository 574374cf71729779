"""Stored invoices as HighLevel's calls answer them: what they were made from, and what only the server knows.

HighLevel's own words are said to whoever asks with `altId`. Whoever asks with `locationId` (document 000) gets the same
invoice with `locationId` and `contactId`, that document's status words, and lines that say `description`, `quantity`
and `unitAmount` besides.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from businesses.models import Business
from core.addresses import Address
from customers.models import Customer
from invoices import rows
from invoices.models import Invoice, Line
from invoices.status import Status
from providers.highlevel import codec, parts
from providers.highlevel.figures import number
from providers.highlevel.parts import NAME, Json

WORDS: dict[str, str] = {
    Status.DRAFT: "draft",
    Status.OPEN: "sent",
    Status.PAID: "paid",
    Status.VOID: "void",
    Status.UNCOLLECTIBLE: "sent",
}
SIMPLE_WORDS: dict[str, str] = {
    Status.DRAFT: "draft",
    Status.OPEN: "open",
    Status.PAID: "paid",
    Status.VOID: "void",
    Status.UNCOLLECTIBLE: "uncollectible",
}


@dataclass(frozen=True)
class Place:
    """Whose invoices, and in which words: what the request says and the answer repeats."""

    alt_id: str
    alt_type: str = "location"
    is_simple: bool = False


def status(invoice: Invoice) -> str:
    if WORDS[invoice.status] != "sent":
        return WORDS[invoice.status]
    if invoice.amount_processing:
        return "payment_processing"
    return "partially_paid" if invoice.amount_paid else "sent"


def answer(invoice: Invoice, place: Place, *, summary: bool = False) -> Json:
    """Three of its parts prefetched: lines with taxes, charges, attachments."""
    lines = list(invoice.lines.all())
    links = [link for link in invoice.attachments.all() if not link.key]
    draft = rows.assemble(invoice, lines, invoice.charges.all(), links)
    kept = draft.extras.get(NAME, {})
    business = kept.get("businessDetails") or business_details(invoice.business, invoice.issuer)
    found = codec.write(draft, contact_of(invoice, kept), business)
    found["invoiceItems"] = [_numbered(*pair) for pair in zip(found.pop("items"), lines, strict=True)]
    for told, link in zip(found.get("attachments", ()), links, strict=True):
        told["id"] = told["id"] or link.public_id
    found |= _state(invoice, place) | {"invoiceNumber": number_of(invoice)}
    found.setdefault("paymentSchedule", {})
    if invoice.status == Status.PAID and draft.charges and "miscellaneousCharges" not in kept:
        found["miscellaneousCharges"] |= parts.collected(found["miscellaneousCharges"]["charges"])
    if summary:
        found["totalSummary"] = _summary(invoice)
    return _simple(found, invoice) if place.is_simple else found


def _state(invoice: Invoice, place: Place) -> Json:
    currency = invoice.currency
    return {
        "_id": invoice.public_id,
        "status": status(invoice),
        "amountPaid": number(invoice.amount_paid, currency),
        "amountDue": number(invoice.amount_remaining, currency),
        "total": number(invoice.total, currency),
        "altId": place.alt_id,
        "altType": place.alt_type,
        "automaticTaxesCalculated": False,
        "createdAt": instant(invoice.created_at),
        "updatedAt": instant(invoice.updated_at),
    }


def _summary(invoice: Invoice) -> Json:
    sums = {"subTotal": invoice.subtotal, "discount": invoice.discount_total, "tax": invoice.tax_total}
    return {name: number(amount, invoice.currency) for name, amount in sums.items()}


def number_of(invoice: Invoice) -> str:
    """Without its prefix, which is told apart; a draft's is what was asked for, or nothing."""
    return (invoice.number or "").removeprefix(invoice.number_prefix) or invoice.wanted_number


def _numbered(item: Json, line: Line) -> Json:
    for told, tax in zip(item["taxes"], line.taxes.all(), strict=True):
        if "_id" not in told and tax.tax:
            told["_id"] = told["taxId"] = tax.tax.public_id
    return {**item, "_id": line.public_id}


def _simple(found: Json, invoice: Invoice) -> Json:
    items = [
        {
            **item,
            "description": item.get("description", item["name"]),
            "quantity": item["qty"],
            "unitAmount": item["amount"],
        }
        for item in found["invoiceItems"]
    ]
    own = {
        "status": SIMPLE_WORDS[invoice.status],
        "locationId": found["altId"],
        "contactId": found.get("contactId") or found["contactDetails"]["id"],
    }
    return {**found, **own, "invoiceItems": items}


def contact_of(invoice: Invoice, kept: Json) -> Json:
    """As it was sent, while it is still that customer; else as frozen at issue, else as it is now."""
    customer = invoice.customer
    said = kept.get("contactDetails")
    if said and said["id"] in (customer.public_id, customer.external_id):
        return dict(said)
    payer = invoice.payer
    return _contact(customer, payer) if payer else contact_details(customer)


def contact_details(customer: Customer) -> Json:
    about = {"name": customer.name, "emails": customer.emails, "phone": customer.phone}
    return _contact(customer, {**about, "address": customer.address().as_dict()})


def _contact(customer: Customer, payer: dict[str, Any]) -> Json:
    emails = payer.get("emails", [])
    found: Json = {
        "id": customer.public_id,
        "name": payer["name"],
        "phoneNo": payer.get("phone", ""),
        "email": emails[0] if emails else "",
        "customFields": [],
    }
    if emails[1:]:
        found["additionalEmails"] = [{"email": email} for email in emails[1:]]
    address = address_out(Address(**payer.get("address", {})))
    return found | ({"address": address} if address else {})


def business_details(business: Business, issuer: dict[str, Any]) -> Json:
    """As frozen at issue, else as it is now."""
    address = Address(**issuer["address"]) if issuer else business.address()
    return {
        "name": issuer["name"] if issuer else business.name,
        "phoneNo": issuer["phone"] if issuer else business.phone,
        "website": issuer["website"] if issuer else business.website,
        "address": address_out(address),
    }


def address_out(address: Address) -> Json:
    """Empty lines left out; a country alone is no address."""
    found = {
        "addressLine1": ", ".join(filter(None, [address.street, address.number])),
        "addressLine2": ", ".join(filter(None, [address.complement, address.district])),
        "city": address.city,
        "state": address.region,
        "postalCode": address.postal_code,
    }
    said = {name: value for name, value in found.items() if value}
    return {**said, "countryCode": address.country} if said else {}


def instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
