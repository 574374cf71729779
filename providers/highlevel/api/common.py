"""What every call of this API does: whose invoices, refusals in its words, answers with its version."""

from contextlib import AbstractContextManager
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _

from gateway import answers
from gateway.callers import Caller
from gateway.dialect import ApiRequest
from gateway.refusals import Refused, not_found
from invoices.models import Invoice
from providers import loading
from providers.highlevel import access, answering, wire
from providers.highlevel.answering import Place
from providers.wording import spoken

FIELDS = {
    "lines": "items",
    "unit_price": "amount",
    "quantity": "qty",
    "detail": "description",
    "percent": "rate",
    "product_ref": "productId",
    "due_on": "dueDate",
    "issue_on": "issueDate",
    "terms": "termsNotes",
    "number_prefix": "invoiceNumberPrefix",
    "wanted_number": "invoiceNumber",
    "recipients": "sentTo",
    "tip_percents": "tipsConfiguration.tipsPercentage",
    "charges": "miscellaneousCharges.charges",
    "schedule": "paymentSchedule",
    "parts": "schedules",
    "payment_terms": "lateFeesConfiguration",
    "content_type": "type",
    "paid_at": "fulfilledAt",
    "note": "notes",
    "extras": "",
}
SIMPLE_FIELDS = {
    **FIELDS,
    "lines": "invoiceItems",
    "unit_price": "unitAmount",
    "quantity": "quantity",
    "name": "description",
}


def in_words(*, is_simple: bool = False) -> AbstractContextManager[None]:
    """Refusals name the fields as the request did."""
    return spoken(SIMPLE_FIELDS if is_simple else FIELDS)


def reply(data: Any, status: int = 200) -> HttpResponse:
    return answers.json(data, status, {"Version": access.VERSION})


def place_of(caller: Caller, said: wire.Place | wire.PlaceQuery | wire.SimpleInvoice) -> Place:
    """Raises a 403 unless the location is the key's business."""
    named = {getattr(said, "altId", None), getattr(said, "locationId", None)} - {None}
    if named != {caller.business.public_id}:
        raise Refused(403, "location", _("The token does not have access to this location."))
    is_simple = getattr(said, "altId", None) is None
    return Place(caller.business.public_id, getattr(said, "altType", "location"), is_simple)


def rows_of(caller: Caller) -> Any:
    """Invoices with all that an answer tells of them."""
    return loading.of_caller(caller).prefetch_related("lines__taxes__tax", "customer__addresses")


def found(request: ApiRequest, public_id: str) -> Invoice:
    """To do something with; 404 when there is none."""
    rows = Invoice.objects.for_business(request.caller.business).current().select_related("customer")
    return _one(request, rows, public_id)


def shown(request: ApiRequest, public_id: str, place: Place, *, summary: bool = False) -> dict[str, Any]:
    """As it stands now."""
    invoice = _one(request, rows_of(request.caller), public_id)
    return answering.answer(invoice, place, summary=summary)


def _one(request: ApiRequest, rows: Any, public_id: str) -> Invoice:
    invoice: Invoice | None = rows.filter(public_id=public_id).first()
    if invoice is None:
        raise not_found()
    invoice.business = request.caller.business
    return invoice
