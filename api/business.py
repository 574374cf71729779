"""The business that a key acts for, and the accounts where it receives money."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from api import etags, paging, refs, selection, wire
from api.customers import Address
from api.saving import version
from businesses.models import Account as AccountRow
from businesses.models import Business as BusinessRow
from gateway.dialect import ApiRequest

router = Router(tags=["Business"])
ORDER = paging.Order("accounts", ("id",))


class Business(wire.Resource):
    """`role` is what the key may do; `payment_terms` are the usual discount, fine and interest."""

    id: wire.PublicId
    slug: str
    legal_name: str
    trade_name: str
    tax_id: str
    tax_id_kind: str
    email: str
    phone: str
    website: str
    address: Address
    currency: wire.Currency
    time_zone: str
    language: str
    rounding_mode: str
    rounding_rule: str
    number_pattern: str
    credit_note_pattern: str
    due_days: int
    payment_terms: wire.Json
    terms: str
    role: str
    created_at: wire.Instant


class Account(wire.Resource):
    id: wire.PublicId
    name: str
    bank: str
    bank_code: str
    branch: str
    number: str
    pix_key: str
    iban: str
    external_id: str
    default: bool
    created_at: wire.Instant
    updated_at: wire.Instant


class AccountQuery(paging.PageQuery):
    external_id: str = Field("", max_length=100)


SAME = (
    "slug", "legal_name", "trade_name", "tax_id", "tax_id_kind", "email", "phone", "website", "currency", "time_zone",
    "language", "rounding_mode", "rounding_rule", "number_pattern", "credit_note_pattern", "due_days", "payment_terms",
    "terms", "created_at",
)  # fmt: skip


def write(row: BusinessRow, role: str) -> dict[str, Any]:
    same = {name: getattr(row, name) for name in SAME}
    return {"id": row.public_id, **same, "address": row.address().as_dict(), "role": role}


def write_account(row: AccountRow) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "name": row.name,
        "bank": row.bank,
        "bank_code": row.bank_code,
        "branch": row.branch,
        "number": row.number,
        "pix_key": row.pix_key,
        "iban": row.iban,
        "external_id": row.external_id,
        "default": row.is_default,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


@router.get("/business", response={200: Business}, summary="Get the key's business")
def get(request: ApiRequest, query: Query[selection.SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Business.model_fields)
    data = write(request.caller.business, request.caller.key.role)
    return etags.answer(request, chosen.pick(data), version(data))


@router.get("/accounts", response={200: wire.Page[Account]}, summary="List receiving accounts")
def accounts(request: ApiRequest, query: Query[AccountQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Account.model_fields)
    rows = AccountRow.objects.for_business(request.caller.business)
    rows = rows.filter(external_id=query.external_id) if query.external_id else rows
    return paging.listed(request, rows, ORDER, query, lambda row: chosen.pick(write_account(row)))


@router.get("/accounts/{id}", response={200: Account}, summary="Get a receiving account")
def account(request: ApiRequest, id: str, query: Query[selection.SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Account.model_fields)
    row = refs.found(AccountRow.objects.for_business(request.caller.business), id)
    return etags.answer(request, chosen.pick(write_account(row)), row.updated_at)
