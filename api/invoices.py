"""Invoices: list, read, write, delete."""

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from api import etags, invoice_input, paging, refs, selection, wire
from api.access import Problem
from api.invoice_answers import EXPAND, PARTS, Found, invoices, written
from api.invoice_filters import InvoiceQuery, matching
from api.invoice_wire import CreateInvoice, Invoice, UpdateInvoice
from api.selection import SelectionQuery
from businesses.roles import Can
from core.problems import Problem as Wrong
from gateway.dialect import ApiRequest
from gateway.refusals import not_found
from invoices import actions, revisions, rows
from invoices.models import Invoice as InvoiceRow
from invoices.status import Status
from payments import actions as payments

router = Router(tags=["Invoices"])
ORDER = paging.Order("invoices", ("issue_on", "id"))
FIXED = ("issue_on", "number_prefix", "wanted_number")


@router.get("/invoices", response={200: wire.Page[Invoice]}, summary="List invoices, the newest first")
def index(request: ApiRequest, query: Query[InvoiceQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Invoice.model_fields, EXPAND)
    business = request.caller.business
    found = invoices(business, paging.window(matching(business, query), ORDER, query), chosen)
    found.sort(key=_position, reverse=True)
    page, cursor = paging.cut(found, ORDER, query, _position)
    return paging.answer(request, [item.data for item in page], cursor)


def _position(item: Found) -> tuple[Any, int]:
    return item.issue_on, item.key


@router.post("/invoices", response={201: Invoice, 409: Problem}, summary="Create an invoice")
def create(request: ApiRequest, body: CreateInvoice) -> HttpResponse:
    said = [name for name in PARTS if getattr(body, name)]
    return created(request, store(request, body), said)


def store(request: ApiRequest, body: CreateInvoice, *, issue: bool = False) -> InvoiceRow:
    """As a draft, or issued at once."""
    caller = request.caller
    if body.issue:
        caller.require(Can.ISSUE)
    draft, known = invoice_input.new(caller.business, body)
    invoice = actions.create(caller.business, draft, known=known, by=caller.actor)
    return payments.issue(invoice, by=caller.actor) if issue or body.issue else invoice


def created(request: ApiRequest, invoice: InvoiceRow, parts: Sequence[str] = PARTS) -> HttpResponse:
    where = {"Location": f"{request.base}/invoices/{invoice.public_id}"}
    found = written(request.caller.business, invoice.pk, parts)
    return etags.answer(request, found.data, found.version, 201, where)


@router.get("/invoices/{id}", response={200: Invoice}, summary="Get an invoice")
def get(request: ApiRequest, id: str, query: Query[SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Invoice.model_fields, EXPAND)
    wanted = InvoiceRow.objects.for_business(request.caller.business).current().filter(public_id=id)
    found = invoices(request.caller.business, wanted, chosen, parts=PARTS)
    if not found:
        raise not_found()
    return etags.answer(request, found[0].data, found[0].version)


@router.patch(
    "/invoices/{id}", response={200: Invoice, 409: Problem, 412: Problem}, summary="Change an invoice"
)
def update(request: ApiRequest, id: str, body: UpdateInvoice) -> HttpResponse:
    """A draft, or an issued invoice of which nothing was paid or credited: it gets a new version of its PDF, under the
    same number and date.
    """
    invoice = one(request, id)
    etags.require(request, invoice.version)
    draft = invoice_input.changed(invoice.business, rows.read(invoice), body)
    return shown(request, revise(request, invoice, draft, body.model_fields_set))


def revise(request: ApiRequest, invoice: InvoiceRow, draft: Any, said: set[str]) -> InvoiceRow:
    """Replace the content of a draft, or of an issued invoice that nothing has happened to."""
    caller = request.caller
    if invoice.status == Status.DRAFT:
        return actions.revise(invoice, draft, version=invoice.version, by=caller.actor)
    caller.require(Can.ISSUE)
    for name in FIXED:
        if name in said:
            raise Wrong(_("Issuing has fixed this."), field=name, code="fixed")
    return revisions.revise(invoice, draft, version=invoice.version, by=caller.actor)


@router.delete("/invoices/{id}", response={204: None, 409: Problem, 412: Problem}, summary="Delete a draft")
def delete(request: ApiRequest, id: str) -> HttpResponse:
    invoice = one(request, id)
    etags.require(request, invoice.version)
    actions.delete(invoice, by=request.caller.actor)
    return HttpResponse(status=204)


def one(request: ApiRequest, id: str) -> InvoiceRow:
    """The caller's invoice that the address names; 404 when there is none."""
    return _one(request, InvoiceRow.objects.for_business(request.caller.business).current(), id)


def locked(request: ApiRequest, id: str) -> InvoiceRow:
    """The same as the caller has seen it (If-Match), held until the answer: nobody changes it in between."""
    rows = InvoiceRow.objects.for_business(request.caller.business).current()
    invoice = _one(request, rows.select_for_update(of=("self",)), id)
    etags.require(request, invoice.version)
    return invoice


def _one(request: ApiRequest, rows: Any, id: str) -> InvoiceRow:
    invoice: InvoiceRow = refs.found(rows, id)
    invoice.business = request.caller.business
    return invoice


def shown(request: ApiRequest, invoice: InvoiceRow) -> HttpResponse:
    """The whole invoice as it now is."""
    found = written(request.caller.business, invoice.pk)
    return etags.answer(request, found.data, found.version)
