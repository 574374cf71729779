"""The lines of a draft, and the groups that they stand in."""

from django.http import HttpResponse
from ninja import Router

from gateway import answers
from gateway.dialect import ApiRequest
from invoices.models import Invoice
from providers.aira import shown, store, wire

router = Router(tags=["line items"])


@router.post("/{invoice_id}/line-item-groups", response={201: wire.LineItemGroup}, summary="Create a group")
def create_group(request: ApiRequest, invoice_id: str, body: wire.CreateGroup) -> HttpResponse:
    """Empty at first: its amounts are those of its line items."""
    group_id = store.new_id()
    row = store.revise(request.caller, invoice_id, store.add_group(request.caller, body, group_id))
    return _group(row, group_id, 201)


@router.put(
    "/{invoice_id}/line-item-groups/{group_id}", response=wire.LineItemGroup, summary="Change a group"
)
def change_group(request: ApiRequest, invoice_id: str, group_id: str, body: wire.UpdateGroup) -> HttpResponse:
    row = store.revise(request.caller, invoice_id, store.change_group(body, group_id))
    return _group(row, group_id)


@router.post("/{invoice_id}/line-items", response={201: wire.LineItem}, summary="Create a line item")
def create_line(request: ApiRequest, invoice_id: str, body: wire.CreateLineItem) -> HttpResponse:
    line_id = store.new_id()
    row = store.revise(request.caller, invoice_id, store.add_line(request.caller, body, line_id))
    return _line(row, line_id, 201)


@router.put("/{invoice_id}/line-items/{line_id}", response=wire.LineItem, summary="Change a line item")
def change_line(
    request: ApiRequest, invoice_id: str, line_id: str, body: wire.UpdateLineItem
) -> HttpResponse:
    row = store.revise(request.caller, invoice_id, store.change_line(body, line_id))
    return _line(row, line_id)


def _group(row: Invoice, group_id: str, status: int = 200) -> HttpResponse:
    return answers.json(next(group for group in shown.groups(row) if group["id"] == group_id), status)


def _line(row: Invoice, line_id: str, status: int = 200) -> HttpResponse:
    line = next(line for line in row.lines.all() if shown.line_id(line) == line_id)
    return answers.json(shown.line_item(row, line), status)
