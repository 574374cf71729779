"""Taxes: what lines are taxed with. One that is no longer used is made inactive, never deleted."""

from decimal import Decimal
from functools import partial

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field, StrictInt

from api import etags, paging, refs, selection, wire
from api.access import Problem
from api.saving import change
from gateway.dialect import ApiRequest
from notifications.told import tax as write
from products import actions
from products.models import Tax as TaxRow

router = Router(tags=["Taxes"])
ORDER = paging.Order("taxes", ("id",))


class ChangeTax(wire.Request):
    """Only what is sent changes; lines that are written keep the tax as it was."""

    name: str = Field("", min_length=1, max_length=100)
    percent: wire.Exact = Field(Decimal(0), ge=0, description="At most 4 decimal places.")
    fixed: wire.Amount = Field(0, description="Minor units a line, on top of the rate.")
    inclusive: wire.Yes = Field(False, description="Part of the price already.")
    compound: wire.Yes = Field(False, description="Reckoned on top of the taxes before it.")
    withheld: wire.Yes = Field(False, description="Kept back by the payer.")
    order: StrictInt = Field(0, ge=0, le=32_767)
    active: wire.Yes = True
    external_id: str = Field("", max_length=100)


class CreateTax(ChangeTax):
    name: str = Field(min_length=1, max_length=100)


class Tax(wire.Resource):
    id: wire.PublicId
    name: str
    percent: str
    fixed: int
    inclusive: bool
    compound: bool
    withheld: bool
    order: int
    active: bool
    external_id: str
    created_at: wire.Instant
    updated_at: wire.Instant


class TaxQuery(paging.PageQuery):
    active: bool | None = None
    external_id: str = Field("", max_length=100)


@router.get("/taxes", response={200: wire.Page[Tax]}, summary="List taxes")
def index(request: ApiRequest, query: Query[TaxQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Tax.model_fields)
    rows = TaxRow.objects.for_business(request.caller.business)
    rows = rows if query.active is None else rows.filter(active=query.active)
    rows = rows.filter(external_id=query.external_id) if query.external_id else rows
    return paging.listed(request, rows, ORDER, query, lambda row: chosen.pick(write(row)))


@router.post("/taxes", response={201: Tax}, summary="Create a tax")
def create(request: ApiRequest, body: CreateTax) -> HttpResponse:
    row = TaxRow(business=request.caller.business, **body.model_dump())
    actions.save_tax(row, by=request.caller.actor)
    where = {"Location": f"{request.base}/taxes/{row.public_id}"}
    return etags.answer(request, write(row), row.updated_at, 201, where)


@router.get("/taxes/{id}", response={200: Tax}, summary="Get a tax")
def get(request: ApiRequest, id: str, query: Query[selection.SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Tax.model_fields)
    row = refs.found(TaxRow.objects.for_business(request.caller.business), id)
    return etags.answer(request, chosen.pick(write(row)), row.updated_at)


@router.patch("/taxes/{id}", response={200: Tax, 412: Problem}, summary="Change a tax")
def update(request: ApiRequest, id: str, body: ChangeTax) -> HttpResponse:
    row = refs.found(TaxRow.objects.for_business(request.caller.business).select_for_update(), id)
    etags.require(request, row.updated_at)
    change(row, body.model_dump(exclude_unset=True), partial(actions.save_tax, by=request.caller.actor))
    return etags.answer(request, write(row), row.updated_at)
