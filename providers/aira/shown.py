"""Invoices as Aira shows them: document 002's shape, and today's. The rows come with PARTS (and PARTS_TODAY)."""

import uuid
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from core.addresses import country_name
from core.ids import as_uuid
from invoices import frozen
from invoices.models import Invoice, Line
from invoices.quote import PartQuote
from invoices.status import Situation, Status
from payments import ledger
from payments.actions import TAKES_MONEY
from payments.models import Allocation
from providers.aira import links
from providers.aira.codec import NAME

PARTS = ("allocations__payment", "waivers")
PARTS_TODAY = ("customer__addresses", "lines__product")
STATUS = {
    Status.DRAFT: "open",
    Status.OPEN: "closed",
    Status.UNCOLLECTIBLE: "closed",
    Status.PAID: "paid",
    Status.VOID: "canceled",
}
STATUS_TODAY = {
    Situation.DRAFT: "open",
    Situation.SCHEDULED: "issued",
    Situation.OPEN: "issued",
    Situation.PROCESSING: "pending",
    Situation.PARTIALLY_PAID: "pending",
    Situation.OVERDUE: "overdue",
    Situation.UNCOLLECTIBLE: "overdue",
    Situation.PAID: "paid",
    Situation.VOID: "canceled",
}
CANCELED = "canceled"
"""Also what a draft becomes that was cancelled: the core deletes it, Aira goes on showing it."""
BOLEPIX = {"pix", "boleto", "bolepix"}
COUNTRY = "Brasil"


def invoice(row: Invoice, today: date) -> dict[str, Any]:
    """Document 002's."""
    told = {
        "id": as_uuid(row.public_id),
        "displayId": display_id(row),
        "customer": _customer(row),
        "paymentAccount": _payment_account(row),
        "startDate": row.period_start or row.issue_on,
        "endDate": row.period_end or row.due_on,
        "totalAmount": row.amount_invoiced,
    }
    if row.status != Status.DRAFT:
        told["closedReason"] = row.extras.get(NAME, {}).get("closedReason", "end_of_cycle")
    status = CANCELED if row.deleted_at else STATUS[Status(row.status)]
    return {**told, "payments": payments(row, today), "status": status}


def display_id(row: Invoice) -> str:
    """A draft has no number yet."""
    return row.number or f"DRAFT-{row.public_id[-8:].upper()}"


def _customer(row: Invoice) -> dict[str, str]:
    who = row.customer
    return {"id": as_uuid(who.public_id), "externalId": who.external_id, "name": _payer_name(row)}


def _payer_name(row: Invoice) -> str:
    return str(row.payer["name"]) if row.payer else row.customer.name


def _issuer(row: Invoice) -> dict[str, Any]:
    """As it was at issue, or as it is."""
    return row.issuer or frozen.issuer(row.business, row.account)


def account_id(row: Invoice) -> str:
    """The one that was asked for, or else the business itself."""
    return row.extras.get(NAME, {}).get("paymentAccountId") or as_uuid(row.business.public_id)


def _payment_account(row: Invoice) -> dict[str, Any]:
    who = _issuer(row)
    return {
        "id": account_id(row),
        "businessName": who["legal_name"],
        "tradeName": who["name"],
        "taxId": who["tax_id"],
        "email": who["email"],
        "address": _address(who["address"]),
    }


def _address(place: dict[str, str]) -> dict[str, str]:
    country = place["country"]
    return {
        "zipCode": place["postal_code"],
        "number": place["number"],
        "street": place["street"],
        "neighborhood": place["district"],
        "city": place["city"],
        "state": place["region"],
        "country": COUNTRY if country in ("BR", "") else country_name(country, "pt-br"),
        "complement": place["complement"],
    }


def payments(row: Invoice, today: date) -> list[dict[str, Any]] | None:
    """The money that came, then a charge for each part that is still owed; None while there is nothing to pay."""
    if row.status == Status.DRAFT:
        return None
    return [*_received(row), *_charges(row, today)]


def _received(row: Invoice) -> Iterator[dict[str, Any]]:
    shares: dict[int, list[Allocation]] = {}
    for share in row.allocations.all():
        shares.setdefault(share.payment_id, []).append(share)
    for mine in shares.values():
        money = mine[0].payment
        yield {
            "id": as_uuid(money.public_id),
            "amount": sum(share.amount for share in mine if share.amount > 0),
            "dueDate": row.due_on,
            "createdAt": money.created_at,
            "processedAt": money.paid_at,
            "paymentMethod": "bolepix" if money.method in BOLEPIX else money.method,
            "status": "paid",
            "pixLink": None,
            "bankSlipLink": None,
        }


def _charges(row: Invoice, today: date) -> Iterator[dict[str, Any]]:
    if row.status not in TAKES_MONEY:
        return
    for part in ledger.owed(row, today).parts:
        if part.remaining:
            yield _charge(row, part)


def _charge(row: Invoice, part: PartQuote) -> dict[str, Any]:
    """Of what is due today. It is no row of ours: its id follows from the invoice and the part."""
    ids = (row.business.public_id, row.public_id)
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{row.public_id}.{part.index}")),
        "amount": part.total,
        "dueDate": part.due_on,
        "createdAt": row.finalized_at,
        "processedAt": None,
        "paymentMethod": "bolepix",
        "status": "pending" if row.amount_processing else "created",
        "pixLink": links.made(*ids, "pix", part.index),
        "bankSlipLink": links.made(*ids, "boleto", part.index),
    }


def status_today(row: Invoice, today: date) -> str:
    return CANCELED if row.deleted_at else STATUS_TODAY[row.situation(today)]


def summary(row: Invoice, today: date) -> dict[str, Any]:
    """In today's list."""
    payer = row.payer or {
        name: getattr(row.customer, name) for name in ("name", "legal_name", "tax_id", "tax_id_kind")
    }
    return {
        "id": as_uuid(row.public_id),
        "customer": _customer(row),
        "billingAccount": {
            "businessName": payer["legal_name"] or payer["name"],
            "taxId": payer["tax_id"],
            "taxIdType": _tax_id_type(payer),
        },
        "invoiceNumber": row.number,
        "invoiceDate": row.issue_on,
        "dueDate": row.due_on,
        "totalAmount": row.amount_invoiced,
        "status": status_today(row, today),
    }


def _tax_id_type(who: dict[str, Any]) -> str | None:
    return who["tax_id_kind"] if who["tax_id"] else None


def today_s(row: Invoice, today: date) -> dict[str, Any]:
    """One invoice in today's shape. `subtotal - discount + adjustment = total`: adjustments are taxes and charges."""
    payer = row.payer or frozen.payer(row.customer)
    return {
        "id": as_uuid(row.public_id),
        "idempotencyKey": row.extras.get(NAME, {}).get("idempotencyKey"),
        "customerId": as_uuid(row.customer.public_id),
        "paymentAccountId": account_id(row),
        "contractId": None,
        "issuingAccount": _party(_issuer(row), [_issuer(row)["email"]]),
        "billingAccount": _party(payer, payer["emails"]),
        "invoiceAllocationStrategy": "single",
        "lastCalculatedAt": row.updated_at,
        "invoiceNumber": row.number,
        "invoiceDate": row.issue_on,
        "memo": row.description,
        "subtotalAmount": row.subtotal,
        "adjustmentAmount": row.amount_invoiced - row.subtotal + row.discount_total,
        "totalAmount": row.amount_invoiced,
        "discountAmount": row.discount_total,
        "status": status_today(row, today),
        "isLocked": row.status != Status.DRAFT or bool(row.deleted_at),
        "failureReason": None,
        "source": "one_off",
        "autoIssue": False,
        "amountDue": row.amount_remaining,
        "dueDate": row.due_on,
        "lineItemGroups": groups(row),
    }


def _party(who: dict[str, Any], emails: Iterable[str]) -> dict[str, Any]:
    return {
        "tradeName": who["name"],
        "businessName": who["legal_name"] or who["name"],
        "emails": [email for email in emails if email],
        "taxId": who["tax_id"],
        "taxIdType": _tax_id_type(who),
        **_address(who["address"]),
    }


def groups(row: Invoice) -> list[dict[str, Any]]:
    """Those that were made, in order; lines outside of any are in one more, called as the invoice is."""
    made = row.extras.get(NAME, {}).get("groups", [])
    lines = list(row.lines.all())
    known = {group["id"] for group in made}
    loose = [line for line in lines if _said(line).get("lineItemGroupId") not in known]
    shown = [
        group_of(row, group, [line for line in lines if _said(line).get("lineItemGroupId") == group["id"]])
        for group in made
    ]
    if loose:
        shown.append(group_of(row, {"id": as_uuid(row.public_id), "name": row.title}, loose))
    return shown


def group_of(row: Invoice, group: dict[str, Any], lines: Iterable[Line]) -> dict[str, Any]:
    lines = list(lines)
    return {
        "id": group["id"],
        "idempotencyKey": group.get("idempotencyKey"),
        "customerId": as_uuid(row.customer.public_id),
        "productId": group.get("productId"),
        "planId": None,
        "name": group["name"],
        "startDate": group.get("startDate") or row.issue_on,
        "endDate": group.get("endDate") or row.issue_on,
        **_sums(lines),
        "lineItems": [line_item(row, line) for line in lines],
    }


def _sums(lines: Iterable[Line]) -> dict[str, int]:
    lines = list(lines)
    return {
        "subtotalAmount": sum(line.gross for line in lines),
        "adjustmentAmount": sum(line.tax - line.tax_included for line in lines),
        "totalAmount": sum(line.total for line in lines),
        "discountAmount": sum(line.discount for line in lines),
    }


def _said(line: Line) -> dict[str, Any]:
    found: dict[str, Any] = line.extras.get(NAME, {})
    return found


def line_id(line: Line) -> str:
    """Its own, which outlives the row: every change of a draft writes its lines anew."""
    return _said(line).get("id") or as_uuid(line.public_id)


def line_item(row: Invoice, line: Line) -> dict[str, Any]:
    said = _said(line)
    return {
        "id": line_id(line),
        "idempotencyKey": said.get("idempotencyKey"),
        "customerId": as_uuid(row.customer.public_id),
        "productId": as_uuid(line.product.public_id) if line.product else None,
        "resourceId": None,
        "lineItemGroupId": said.get("lineItemGroupId"),
        "name": line.name,
        "scope": None,
        "startDate": said.get("startDate") or row.issue_on,
        "endDate": said.get("endDate") or row.issue_on,
        "totalUsage": line.quantity,
        "usageFormat": "unit",
        **_sums([line]),
        "metadata": {},
        "subLineItems": [_sub_line(line, i, part) for i, part in enumerate(said.get("subLineItems", []))],
        "adjustments": [],
        "itemId": said.get("itemId"),
    }


def _sub_line(line: Line, place: int, part: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, f"{line_id(line)}.{place}")),
        "type": "fixed_price",
        "name": part.get("name") or line.name,
        "description": part.get("description") or "",
        "usage": part.get("usage") or 1,
        "amount": part["amount"],
        "metadata": {"type": "fixed_price", "fixedPrice": part["amount"]},
    }
