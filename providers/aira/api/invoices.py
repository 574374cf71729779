"""Invoices: listed in document 002's shape or today's, looked up, created one by one, cancelled."""

from typing import Any

from django.http import HttpResponse
from ninja import Router

from gateway import answers
from gateway.callers import Caller
from gateway.dialect import ApiRequest
from invoices.models import Invoice
from providers import pages
from providers.aira import filters, shown, store, wire

router = Router(tags=["invoices"])


@router.get(
    "",
    response=list[wire.Invoice] | wire.Page,
    summary="List invoices",
    openapi_extra={"parameters": filters.PARAMETERS},
)
def listed(request: ApiRequest) -> HttpResponse:
    """A bare array, at most 100, the rest behind the Link header. With `customerIds`, `status`, `invoiceDate.gte`,
    `invoiceDate.lte`, `offset` or `limit`: a page in Aira's shape of today.
    """
    rows = filters.narrowed(store.of_caller(request.caller), request.GET, request.caller.business)
    return _page(request, rows) if filters.is_of_today(request.GET) else _array(request, rows)


def _array(request: ApiRequest, rows: Any) -> HttpResponse:
    rows = rows.prefetch_related(*shown.PARTS)
    found, headers = pages.page(request, rows, request.GET.get("after", ""))
    business = request.caller.business
    today = business.today()
    for row in found:
        row.business = business
    return answers.json([shown.invoice(row, today) for row in found], headers=headers)


def _page(request: ApiRequest, rows: Any) -> HttpResponse:
    start, limit = filters.window(request.GET)
    found = list(rows.order_by("-issue_on", "-pk")[start : start + limit + 1])
    today = request.caller.business.today()
    items = [shown.summary(row, today) for row in found[:limit]]
    return answers.json({"items": items, "hasMore": len(found) > limit})


@router.post("", response={201: wire.InvoiceToday}, summary="Create a one-off invoice")
def create(request: ApiRequest, body: wire.CreateInvoice) -> HttpResponse:
    """A draft, which Aira calls open; line items follow."""
    row = store.create(request.caller, body)
    return _today_s(request.caller, store.again(request.caller, row), 201)


@router.get(
    "/by-provider-id/{provider_id}", response=wire.Fetched, summary="Get an invoice by a provider's id"
)
def by_provider(request: ApiRequest, provider_id: str) -> HttpResponse:
    return _fetched(request.caller, store.by_external(request.caller, provider_id))


@router.get(
    "/by-processor-id/{processor_id}", response=wire.Fetched, summary="Get an invoice by a processor's id"
)
def by_processor(request: ApiRequest, processor_id: str) -> HttpResponse:
    return _fetched(request.caller, store.by_external(request.caller, processor_id))


@router.get(
    "/by-external-id/{external_id}", response=wire.Fetched, summary="Get an invoice by its external id"
)
def by_external(request: ApiRequest, external_id: str) -> HttpResponse:
    return _fetched(request.caller, store.by_external(request.caller, external_id))


@router.get("/{invoice_id}", response=wire.Fetched, summary="Get an invoice")
def get(request: ApiRequest, invoice_id: str) -> HttpResponse:
    """Both shapes in one: document 002's fields, and today's under `invoice`."""
    return _fetched(request.caller, store.one(request.caller, invoice_id))


@router.put("/{invoice_id}", response=wire.InvoiceToday, summary="Change a draft's date or memo")
def update(request: ApiRequest, invoice_id: str, body: wire.UpdateInvoice) -> HttpResponse:
    return _today_s(request.caller, store.revise(request.caller, invoice_id, store.update(body)))


@router.post("/{invoice_id}/cancel", response=wire.InvoiceToday, summary="Cancel an invoice")
def cancel(request: ApiRequest, invoice_id: str) -> HttpResponse:
    return _today_s(request.caller, store.cancel(request.caller, invoice_id))


def _fetched(caller: Caller, row: Invoice) -> HttpResponse:
    today = caller.business.today()
    return answers.json({**shown.invoice(row, today), "invoice": shown.today_s(row, today)})


def _today_s(caller: Caller, row: Invoice, status: int = 200) -> HttpResponse:
    return answers.json(shown.today_s(row, caller.business.today()), status)
