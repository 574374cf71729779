"""The lines of one invoice, one at a time: each change is a change of the whole invoice, which adds up anew."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.http import HttpResponse
from ninja import Query, Router

from api import etags, invoice_input, paging, selection, wire
from api.access import Problem
from api.invoice_answers import line_answers
from api.invoice_input import Catalogue
from api.invoice_wire import Line, LineInput
from api.invoices import one, revise
from api.paging import PageQuery
from api.selection import Selection, SelectionQuery
from core.problems import Problem as Wrong
from gateway.dialect import ApiRequest
from gateway.refusals import not_found
from invoices import rows
from invoices.draft import LineDraft
from invoices.models import Invoice

router = Router(tags=["Lines"])
COLUMNS = {"product": ("product_id", "product_ref", "price_id"), "price": ("price_id", "unit_price")}
"""What a word of a line stands for in its draft; any other stands for itself."""


class UpdateLine(LineInput):
    """Only what is sent changes."""


@router.get(
    "/invoices/{id}/lines", response={200: wire.Page[Line]}, summary="List an invoice's lines, in order"
)
def index(request: ApiRequest, id: str, query: Query[PageQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Line.model_fields)
    invoice = one(request, id)
    order = paging.Order(f"lines of {invoice.pk}", ("position", "id"), descending=False)
    found = line_answers(paging.window(invoice.lines.all(), order, query))
    page, cursor = paging.cut(found, order, query, lambda item: (item[0]["position"], item[0]["id"]))
    return paging.answer(request, [chosen.pick(data) for _row, data in page], cursor)


@router.post(
    "/invoices/{id}/lines", response={201: Line, 409: Problem, 412: Problem}, summary="Add a line at the end"
)
def create(request: ApiRequest, id: str, body: LineInput) -> HttpResponse:
    invoice = one(request, id)
    catalogue = Catalogue.of(invoice.business, [body])
    added = invoice_input.line(body, catalogue, invoice.currency, "")
    lines = [*rows.read(invoice).lines, added]
    invoice = _stored(request, invoice, lines, len(lines) - 1)
    (line,) = invoice.lines.order_by("-position", "-pk")[:1]
    where = {"Location": f"{request.base}/invoices/{invoice.public_id}/lines/{line.public_id}"}
    return _shown(request, invoice, line.public_id, Selection(), 201, where)


@router.get("/invoices/{id}/lines/{line}", response={200: Line}, summary="Get a line")
def get(request: ApiRequest, id: str, line: str, query: Query[SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Line.model_fields)
    return _shown(request, one(request, id), line, chosen)


@router.patch(
    "/invoices/{id}/lines/{line}", response={200: Line, 409: Problem, 412: Problem}, summary="Change a line"
)
def update(request: ApiRequest, id: str, line: str, body: UpdateLine) -> HttpResponse:
    invoice, lines, place = _found(request, id, line)
    said = body.model_fields_set
    if "unit_price" not in said and "price" not in said:
        body = body.model_copy(update={"unit_price": lines[place].unit_price})
    new = invoice_input.line(body, Catalogue.of(invoice.business, [body]), invoice.currency, "")
    names = {column for name in said for column in COLUMNS.get(name, (name,))}
    if "unit_price" in said:
        names.add("price_id")
    lines[place] = replace(lines[place], **{name: getattr(new, name) for name in names})
    return _shown(request, _stored(request, invoice, lines, place), line, Selection())


@router.delete(
    "/invoices/{id}/lines/{line}", response={204: None, 409: Problem, 412: Problem}, summary="Take a line out"
)
def delete(request: ApiRequest, id: str, line: str) -> HttpResponse:
    invoice, lines, place = _found(request, id, line)
    _stored(request, invoice, lines[:place] + lines[place + 1 :], place)
    return HttpResponse(status=204)


def _found(request: ApiRequest, id: str, line: str) -> tuple[Invoice, list[LineDraft], int]:
    """An invoice, the drafts of its lines, and where among them the line is that the address names."""
    invoice = one(request, id)
    lines = list(rows.read(invoice).lines)
    for place, draft in enumerate(lines):
        if draft.public_id == line:
            return invoice, lines, place
    raise not_found()


def _stored(request: ApiRequest, invoice: Invoice, lines: Sequence[LineDraft], place: int) -> Invoice:
    """What is wrong with the line at `place` is told in the words of a request that knows only that line."""
    etags.require(request, invoice.version)
    try:
        return revise(request, invoice, replace(rows.read(invoice), lines=tuple(lines)), set())
    except Wrong as problem:
        field = problem.field.removeprefix(f"lines.{place}.")
        raise Wrong(problem.text, field=field, code=str(problem.code)) from problem


def _shown(
    request: ApiRequest,
    invoice: Invoice,
    line: str,
    chosen: Selection,
    status: int = 200,
    headers: dict[str, Any] | None = None,
) -> HttpResponse:
    """One line, with the version of its invoice."""
    found = line_answers(invoice.lines.filter(public_id=line))
    if not found:
        raise not_found()
    return etags.answer(request, chosen.pick(found[0][1]), invoice.version, status, headers)
