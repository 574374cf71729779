"""What is done with an invoice after it is written, and what is asked about it."""

from datetime import date
from typing import Annotated, Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import BaseModel, Field

from api import wire
from api.access import Problem
from api.credit_notes import CreditNote, fresh
from api.invoice_wire import Invoice, Method
from api.invoices import created, locked, one, shown
from api.ranges import FIRST, LAST
from api.selection import require_known
from businesses.roles import Can
from core.languages import language
from core.paper import PaperError
from core.problems import Problem as Wrong
from gateway import answers
from gateway.dialect import ApiRequest
from gateway.refusals import Refused
from invoices import actions, documents, ways
from invoices.models import Invoice as InvoiceRow
from invoices.moves import require
from invoices.quote import PartQuote, Quote
from invoices.quote_words import label
from notifications.mail import actions as mail
from payments import actions as payments
from payments import credit_notes, ledger
from payments.credit_notes import Credit

router = Router(tags=["Invoices"])
MOVED: dict[Any, Any] = {200: Invoice, 409: Problem, 412: Problem}
PDF = {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}


def _asked(request: ApiRequest, id: str, can: Can) -> InvoiceRow:
    """The invoice that is to be moved on, as the caller has seen it."""
    request.caller.require(can)
    return locked(request, id)


@router.post("/invoices/{id}/issue", response=MOVED, summary="Issue a draft")
def issue(request: ApiRequest, id: str) -> HttpResponse:
    """It gets its number, copies of both parties are frozen, and its customer's credit pays it."""
    return shown(request, payments.issue(_asked(request, id, Can.ISSUE), by=request.caller.actor))


class SendInput(wire.Request):
    to: list[Annotated[str, Field(max_length=254)]] = Field(
        default_factory=list,
        max_length=20,
        description="E-mail addresses; left out, those of the customer and the invoice's further recipients.",
    )


class Queued(wire.Answer):
    """Whether it was sent, `invoice.sent` and `invoice.send_failed` say."""

    to: list[str]


@router.post(
    "/invoices/{id}/send",
    response={202: Queued, 409: Problem, 412: Problem},
    summary="E-mail an issued invoice",
)
def send(request: ApiRequest, id: str, body: SendInput) -> HttpResponse:
    """With its PDF and the link to pay it, in the invoice's language."""
    to = mail.request_send(_asked(request, id, Can.ISSUE), to=body.to, by=request.caller.actor)
    return answers.json({"to": to}, status=202)


@router.post("/invoices/{id}/void", response=MOVED, summary="Void an invoice that nobody has paid")
def void(request: ApiRequest, id: str) -> HttpResponse:
    return shown(request, payments.void(_asked(request, id, Can.VOID), by=request.caller.actor))


@router.post("/invoices/{id}/uncollectible", response=MOVED, summary="Give up on an open invoice")
def uncollectible(request: ApiRequest, id: str) -> HttpResponse:
    """A later payment is still welcome."""
    return shown(request, actions.mark_uncollectible(_asked(request, id, Can.VOID), by=request.caller.actor))


@router.post("/invoices/{id}/duplicate", response={201: Invoice}, summary="Copy an invoice to a new draft")
def duplicate(request: ApiRequest, id: str) -> HttpResponse:
    """With the same content, dated today, without number, payments or history."""
    return created(request, actions.duplicate(one(request, id), by=request.caller.actor))


class CreditInput(wire.Request):
    line: wire.PublicId | None = Field(None, description="Left out: off the invoice as a whole.")
    amount: wire.Amount
    name: str = Field("", max_length=200)


class CreateCredit(wire.Request):
    reason: str = Field(min_length=1, max_length=200)
    lines: list[CreditInput] = Field(min_length=1, max_length=500)
    refund_by: Method | None = Field(
        None, description="Record what was paid too much as given back this way."
    )


@router.post(
    "/invoices/{id}/credit",
    response={201: CreditNote, 409: Problem, 412: Problem},
    summary="Write a credit note",
)
def credit(request: ApiRequest, id: str, body: CreateCredit) -> HttpResponse:
    """What was not paid yet is due no more; what was paid becomes the customer's credit, or is given back."""
    invoice = _asked(request, id, Can.REFUND)
    keys = dict(invoice.lines.values_list("public_id", "pk"))
    rows = [_credit(said, keys, f"lines.{i}.line") for i, said in enumerate(body.lines)]
    note = credit_notes.issue(
        invoice, rows, reason=body.reason, refund_by=body.refund_by or "", by=request.caller.actor
    )
    return fresh(request, note)


def _credit(said: CreditInput, keys: dict[str, int], field: str) -> Credit:
    if said.line and said.line not in keys:
        raise Wrong(_("No such line."), field=field, code="not_found")
    return Credit(said.amount, keys[said.line] if said.line else None, said.name)


class QuoteQuery(BaseModel):
    on: Annotated[date | None, Field(ge=FIRST, le=LAST)] = Field(None, description="Today when left out.")


class Step(wire.Answer):
    kind: Literal["principal", "paid", "credited", "discount", "fine", "interest", "waived"]
    label: str
    amount: int


class QuotedPart(wire.Answer):
    part: int
    due_on: wire.Day
    late_from: wire.Day
    days_late: int
    amount: int
    paid: int
    granted: int
    credited: int
    remaining: int
    discount: int
    fine: int
    interest: int
    waived: int
    total: int
    steps: list[Step]


class Boleto(wire.Answer):
    part: int
    line: str
    barcode: str
    due_on: wire.Day
    amount: int
    is_sample: bool = Field(description="Samples cannot be paid: the account has no bank's boletos.")


class QuoteAnswer(wire.Answer):
    """`steps` of all parts sum to `total`."""

    on: wire.Day
    currency: wire.Currency
    principal: int
    discount: int
    fine: int
    interest: int
    waived: int
    total: int
    parts: list[QuotedPart]
    pix_code: str | None
    boletos: list[Boleto]


@router.get(
    "/invoices/{id}/quote",
    response={200: QuoteAnswer, 409: Problem},
    summary="What is owed on a day, and why",
)
def quote(request: ApiRequest, id: str, query: Query[QuoteQuery]) -> HttpResponse:
    """Discounts for paying early, fine and interest for paying late, and what was paid, credited and waived."""
    require_known(request, QuoteQuery)
    invoice = one(request, id)
    require(invoice, actions.PAYABLE)
    owed = ledger.owed(invoice, query.on or invoice.business.today())
    return answers.json(_quote(invoice, owed))


SUMS = ("principal", "discount", "fine", "interest", "waived", "total")
PART = (
    "due_on", "late_from", "days_late", "amount", "paid", "granted", "credited", "remaining", "discount", "fine",
    "interest", "waived", "total",
)  # fmt: skip
SLIP = ("part", "line", "barcode", "due_on", "amount", "is_sample")


def _quote(invoice: InvoiceRow, owed: Quote) -> dict[str, Any]:
    return {
        "on": owed.on,
        "currency": invoice.currency,
        **{name: getattr(owed, name) for name in SUMS},
        "parts": [_part(part) for part in owed.parts],
        "pix_code": ways.pix_code(invoice, owed.total) or None,
        "boletos": [{name: getattr(slip, name) for name in SLIP} for slip in ways.slips(invoice)],
    }


def _part(part: PartQuote) -> dict[str, Any]:
    steps = [
        {"kind": str(step.kind), "label": label(step, language()), "amount": step.amount}
        for step in part.steps
    ]
    return {"part": part.index, **{name: getattr(part, name) for name in PART}, "steps": steps}


@router.get(
    "/invoices/{id}/pdf",
    response={503: Problem},
    openapi_extra={"responses": {200: {"description": "OK", "content": PDF}}},
    summary="The PDF; of a draft, a preview",
)
def pdf(request: ApiRequest, id: str) -> HttpResponse:
    try:
        file = documents.download(one(request, id))
    except PaperError as error:
        wait = {"Retry-After": "60"}
        raise Refused(503, "pdf_pending", documents.why_not(error), headers=wait) from error
    headers = {"Content-Disposition": f'attachment; filename="{file.filename}"'}
    return HttpResponse(file.content, content_type="application/pdf", headers=headers)
