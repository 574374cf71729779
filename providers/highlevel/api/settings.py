"""What new invoices of a location start from: settings, and the number that comes next."""

from django.http import HttpResponse
from ninja import Query, Router

from businesses.models import Business
from businesses.terms import Terms
from core.series import counts_by_customer, series_for
from gateway.dialect import ApiRequest
from invoices import numbering
from providers.highlevel import answering, late_fees, shapes, wire
from providers.highlevel.api.common import place_of, reply

router = Router(tags=["Settings"])


@router.get(
    "/invoices/generate-invoice-number", response=shapes.NextNumber, summary="Tell the next invoice number"
)
def next_number(request: ApiRequest, query: Query[wire.PlaceQuery]) -> HttpResponse:
    """It is not reserved. Empty where each customer has numbers of their own."""
    place_of(request.caller, query)
    return reply({"invoiceNumber": _next(request.caller.business)})


def _next(business: Business) -> str:
    if counts_by_customer(business.number_pattern):
        return ""
    return numbering.peek(business, series_for(business.number_pattern, day=business.today()))


@router.get("/invoices/settings", response=shapes.Settings, summary="Get the invoice settings")
def get(request: ApiRequest, query: Query[wire.PlaceQuery]) -> HttpResponse:
    place = place_of(request.caller, query)
    business = request.caller.business
    fees = late_fees.write(Terms.of(business.payment_terms), business.currency)
    told = {
        "altId": place.alt_id,
        "altType": place.alt_type,
        "termsNote": business.terms,
        "title": "",
        "invoiceNumberPrefix": "",
        "dueAfterXDays": business.due_days,
        "businessDetails": answering.business_details(business, {}),
        "senderConfiguration": {"fromName": business.name, "fromEmail": business.email},
        "tipsConfiguration": {"tipsPercentage": [], "tipsEnabled": False},
    }
    return reply({**told, **({"lateFeesConfiguration": fees} if fees else {})})
