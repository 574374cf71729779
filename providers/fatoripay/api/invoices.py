"""Invoices: created and issued in one step, listed, captured, changed, given back, cancelled."""

from django.http import HttpResponse
from ninja import Router

from businesses.roles import Can
from gateway import answers
from gateway.callers import Caller
from gateway.dialect import ApiRequest
from invoices.models import Invoice
from payments import actions as payments
from providers import pages
from providers.fatoripay import codec, shown, store, wire

router = Router(tags=["invoices"])


@router.post(
    "/createRequest", response=wire.Invoice, summary="Create an invoice", operation_id="createRequest"
)
@router.post("/create", response=wire.Invoice, summary="Create an invoice", operation_id="create")
def create(request: ApiRequest, body: wire.CreateInvoice) -> HttpResponse:
    """The same `ref` again is another invoice: clients repeat it for every attempt to pay."""
    caller = request.caller
    invoice = store.create(caller, codec.read(body, caller.business.today()))
    return _answer(caller, store.again(caller, invoice))


@router.get("", response=list[wire.Invoice], summary="List invoices")
def listed(request: ApiRequest, after: str = "") -> HttpResponse:
    """A bare array, the newest first; at most 100, those `after` the last of them behind the Link header."""
    caller = request.caller
    found, headers = pages.page(request, store.of_caller(caller), after)
    return answers.json([_shown(caller, row) for row in found], headers=headers)


@router.post("/capture/{invoice_id}", response=wire.Invoice, summary="Capture an invoice by Pix or boleto")
def capture(request: ApiRequest, invoice_id: str, body: wire.Capture) -> HttpResponse:
    caller = request.caller
    invoice = store.one(caller, invoice_id)
    store.capture(invoice, body.method, caller.business.today())
    return _answer(caller, store.again(caller, invoice))


@router.post("/{invoice_id}/refund", response=wire.Invoice, summary="Give money back", operation_id="refund")
@router.post("/refund/{invoice_id}", response=wire.Invoice, summary="Give money back", operation_id="refund2")
def refund(request: ApiRequest, invoice_id: str, body: wire.GiveBack | None = None) -> HttpResponse:
    """All of it without an `amount`. Whole JSON numbers are cents."""
    caller, asked = request.caller, body or wire.GiveBack()
    invoice = store.one(caller, invoice_id)
    amount = None if asked.amount is None else codec.amount(asked.amount, "amount", in_cents=True)
    store.refund(caller, invoice, amount, asked.reason)
    return _answer(caller, store.again(caller, invoice))


@router.post(
    "/{invoice_id}/cancel", response=wire.Invoice, summary="Cancel an invoice", operation_id="cancel"
)
@router.post(
    "/cancel/{invoice_id}", response=wire.Invoice, summary="Cancel an invoice", operation_id="cancel2"
)
def cancel(request: ApiRequest, invoice_id: str) -> HttpResponse:
    caller = request.caller
    caller.require(Can.VOID)
    invoice = store.one(caller, invoice_id)
    payments.void(invoice, by=caller.actor)
    return _answer(caller, store.again(caller, invoice))


@router.get("/{invoice_id}", response=wire.Invoice, summary="Get an invoice")
def get(request: ApiRequest, invoice_id: str) -> HttpResponse:
    return _answer(request.caller, store.one(request.caller, invoice_id))


@router.patch("/{invoice_id}", response=wire.Invoice, summary="Change an open invoice")
def update(request: ApiRequest, invoice_id: str, body: wire.UpdateInvoice) -> HttpResponse:
    """Its number and issue date stay; the PDF of the version before is kept."""
    caller = request.caller
    invoice = store.one(caller, invoice_id)
    store.update(caller, invoice, body)
    return _answer(caller, store.again(caller, invoice))


def _answer(caller: Caller, invoice: Invoice) -> HttpResponse:
    return answers.json(_shown(caller, invoice))


def _shown(caller: Caller, invoice: Invoice) -> dict[str, object]:
    invoice.business = caller.business
    return shown.invoice(invoice, caller.business.today())
