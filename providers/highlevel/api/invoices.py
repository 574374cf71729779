"""Invoices: create, list, get, replace, delete."""

from typing import Any

from django.http import HttpResponse
from ninja import Query, Router

from gateway.dialect import ApiRequest
from invoices import actions
from invoices.models import Invoice
from providers.highlevel import answering, selection, shapes, wire, writing
from providers.highlevel.api.common import found, in_words, place_of, reply, rows_of, shown

router = Router(tags=["Invoices"], by_alias=True)


@router.post("/invoices", response={201: shapes.Invoice}, summary="Create an invoice")
def create(request: ApiRequest, body: wire.NewInvoice) -> HttpResponse:
    """A draft; in document 000's form (`locationId`), a draft or an open invoice."""
    said = body.root
    place = place_of(request.caller, said)
    with in_words(is_simple=place.is_simple):
        invoice = _created(request, said)
    return reply(shown(request, invoice.public_id, place), 201)


def _created(request: ApiRequest, said: wire.CreateInvoice | wire.SimpleInvoice) -> Invoice:
    if isinstance(said, wire.SimpleInvoice):
        return writing.create_simple(request.caller, said)
    return writing.create(request.caller, said)


@router.get("/invoices", response=shapes.InvoiceList, summary="List invoices")
def listing(request: ApiRequest, query: Query[wire.ListQuery]) -> HttpResponse:
    """The latest issue date first. Either vocabulary of statuses filters; the answer speaks the asker's own."""
    place = place_of(request.caller, query)
    rows, total = selection.page(request.caller.business, query, rows_of(request.caller))
    told: list[dict[str, Any]] = [answering.answer(invoice, place, summary=True) for invoice in rows]
    return reply({"invoices": told, "total": total})


@router.get("/invoices/{invoiceId}", response=shapes.InvoiceRead, summary="Get an invoice")
def get(request: ApiRequest, invoiceId: str, query: Query[wire.PlaceQuery]) -> HttpResponse:
    place = place_of(request.caller, query)
    return reply(shown(request, invoiceId, place, summary=True))


@router.put("/invoices/{invoiceId}", response=shapes.Invoice, summary="Replace an invoice's content")
def update(request: ApiRequest, invoiceId: str, body: wire.UpdateInvoice) -> HttpResponse:
    """A draft is replaced wholly. A sent invoice that nothing was paid of gets a new revision under its number."""
    place = place_of(request.caller, body)
    invoice = found(request, invoiceId)
    with in_words():
        writing.update(request.caller, invoice, body)
    return reply(shown(request, invoiceId, place))


@router.delete("/invoices/{invoiceId}", response=shapes.Invoice, summary="Delete a draft")
def delete(request: ApiRequest, invoiceId: str, query: Query[wire.PlaceQuery]) -> HttpResponse:
    place = place_of(request.caller, query)
    told = shown(request, invoiceId, place)
    actions.delete(found(request, invoiceId), by=request.caller.actor)
    return reply(told)
