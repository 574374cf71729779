"""What is done with an invoice: void, send, a payment recorded, late fees set, a link to pay by, a visit told."""

from typing import Any

from django.db import transaction
from django.http import HttpResponse
from django.utils import timezone
from ninja import Router

from businesses.roles import Can
from core.problems import Problem
from gateway.dialect import ApiRequest
from invoices import rows
from invoices.models import Invoice
from invoices.pdf import public_url
from invoices.status import Status
from notifications.mail import actions as mail
from payments import actions as payments
from portal import visits
from providers.highlevel import codec, paying, shapes, wire, writing
from providers.highlevel.api.common import found, in_words, place_of, reply, shown

router = Router(tags=["Invoices"], by_alias=True)


@router.post(
    "/invoices/text2pay", response=shapes.PayLink, summary="Create or replace an invoice and get its link"
)
def text2pay(request: ApiRequest, body: wire.Text2Pay) -> HttpResponse:
    """`action: send` issues it; the link opens our public page."""
    place = place_of(request.caller, body)
    with in_words():
        invoice = _written(request, _with_terms(body, request.caller.business.terms))
        if body.action == "send" and invoice.status == Status.DRAFT:
            invoice = writing.issue(request.caller, invoice)
    url = public_url(invoice.token)
    return reply({"invoice": shown(request, invoice.public_id, place), "invoiceUrl": url})


def _with_terms(body: wire.Text2Pay, usual: str) -> wire.Text2Pay:
    if body.termsNotes is not None or body.includeTermsNote is None:
        return body
    return body.model_copy(update={"termsNotes": usual if body.includeTermsNote else ""})


def _written(request: ApiRequest, body: wire.Text2Pay) -> Invoice:
    if body.id:
        return writing.update(request.caller, found(request, body.id), body)
    return writing.create(request.caller, body)


@router.patch(
    "/invoices/stats/last-visited-at", response=dict[str, str], summary="Tell that an invoice was looked at"
)
def last_visited(request: ApiRequest, body: wire.LastVisited) -> HttpResponse:
    """Kept with the visits of its public page."""
    invoice = found(request, body.invoiceId)
    visits.record(invoice, visits.visitor(request, invoice.token), timezone.now())
    return reply({})


@router.post("/invoices/{invoiceId}/void", response=shapes.Invoice, summary="Void a sent invoice")
def void(request: ApiRequest, invoiceId: str, body: wire.Place) -> HttpResponse:
    place = place_of(request.caller, body)
    request.caller.require(Can.VOID)
    payments.void(found(request, invoiceId), by=request.caller.actor)
    return reply(shown(request, invoiceId, place))


MAILED = ("email", "sms_and_email")


@router.post("/invoices/{invoiceId}/send", response=shapes.Sent, summary="Issue an invoice and e-mail it")
def send(request: ApiRequest, invoiceId: str, body: wire.SendInvoice) -> HttpResponse:
    """A draft gets its number and can be paid. With an action that says e-mail it is mailed, once more each time."""
    place = place_of(request.caller, body)
    with in_words(), transaction.atomic():
        writing.send(request.caller, found(request, invoiceId), body)
        told = _mailed(request, invoiceId) if body.action in MAILED else {}
    return reply({"invoice": shown(request, invoiceId, place), "smsData": {}, "emailData": told})


def _mailed(request: ApiRequest, invoice_id: str) -> dict[str, Any]:
    """To `sentTo` when the invoice names anybody there; else to the contact. Queued is not sent yet."""
    invoice = found(request, invoice_id)
    said = (invoice.extras.get("highlevel") or {}).get("sentTo") or {}
    to = [*(said.get("email") or []), *(said.get("emailCc") or [])]
    try:
        return {"status": "queued", "to": mail.request_send(invoice, to=to, by=request.caller.actor)}
    except Problem as problem:
        return {"status": "not_sent", "error": problem.text}


@router.post("/invoices/{invoiceId}/record-payment", response=shapes.Recorded, summary="Record a payment")
def record_payment(request: ApiRequest, invoiceId: str, body: wire.RecordPayment) -> HttpResponse:
    """Without an amount, all that is due on that day; what is more than due becomes the contact's credit."""
    place = place_of(request.caller, body)
    with in_words():
        paying.record(request.caller, found(request, invoiceId), body)
    return reply({"success": True, "invoice": shown(request, invoiceId, place)})


@router.patch(
    "/invoices/{invoiceId}/late-fees-configuration", response=shapes.Invoice, summary="Set the late fees"
)
def set_late_fees(request: ApiRequest, invoiceId: str, body: wire.LateFeesChange) -> HttpResponse:
    """A fee once or a day is charged; other rhythms, grace and caps are kept and told, not charged."""
    place = place_of(request.caller, body)
    invoice = found(request, invoiceId)
    with in_words():
        usual = request.caller.business.payment_terms
        draft = codec.with_late_fees(rows.read(invoice), body.lateFeesConfiguration, usual)
        writing.store(request.caller, invoice, draft)
    return reply(shown(request, invoiceId, place))
