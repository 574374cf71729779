"""Credit notes: what invoices asked for too much. They are written at the invoice (`/invoices/{id}/credit`)."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from api import etags, paging, refs, selection, wire
from api.ranges import CreatedQuery
from api.selection import SelectionQuery
from gateway.dialect import ApiRequest
from notifications.told import credit_note as write
from payments.models import CreditNote as NoteRow

router = Router(tags=["Credit notes"])
ORDER = paging.Order("credit_notes", ("id",))


class CreditNoteLine(wire.Answer):
    line: wire.PublicId | None
    name: str
    amount: int


class CreditNote(wire.Resource):
    """`reduces` was not paid yet and is due no more; `gives_back` was paid and became credit or went back."""

    id: wire.PublicId
    number: str
    invoice: wire.PublicId
    on: wire.Day
    reason: str
    currency: wire.Currency
    total: int
    reduces: int
    gives_back: int
    lines: list[CreditNoteLine]
    created_at: wire.Instant


class CreditNoteQuery(CreatedQuery):
    invoice: str = Field("", pattern=f"{wire.PUBLIC_ID}|^$")
    number: str = Field("", max_length=60)


@router.get(
    "/credit-notes", response={200: wire.Page[CreditNote]}, summary="List credit notes, the newest first"
)
def index(request: ApiRequest, query: Query[CreditNoteQuery]) -> HttpResponse:
    chosen = selection.read(request, query, CreditNote.model_fields)
    rows = _rows(request).filter(**query.created(request.caller.business))
    exact = {"invoice__public_id": query.invoice, "number": query.number}
    rows = rows.filter(**{name: value for name, value in exact.items() if value})
    return paging.listed(request, rows, ORDER, query, lambda row: chosen.pick(write(row)))


@router.get("/credit-notes/{id}", response={200: CreditNote}, summary="Get a credit note")
def get(request: ApiRequest, id: str, query: Query[SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, CreditNote.model_fields)
    row = refs.found(_rows(request), id)
    return etags.answer(request, chosen.pick(write(row)), row.updated_at)


def fresh(request: ApiRequest, row: NoteRow) -> HttpResponse:
    """The answer to whoever has just written it."""
    where = {"Location": f"{request.base}/credit-notes/{row.public_id}"}
    return etags.answer(request, write(refs.found(_rows(request), row.public_id)), row.updated_at, 201, where)


def _rows(request: ApiRequest) -> Any:
    rows = NoteRow.objects.for_business(request.caller.business)
    return rows.select_related("invoice").prefetch_related("lines__line")
