"""Contacts, as far as invoices need them: make one, bring one up to date, look one up."""

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from customers.models import Customer
from gateway.dialect import ApiRequest
from gateway.refusals import Refused, not_found
from providers.highlevel import contact_wire, lookup, people
from providers.highlevel.api.common import reply

router = Router(tags=["Contacts"])


def _check(request: ApiRequest, location: str | None) -> None:
    if location != request.caller.business.public_id:
        raise Refused(403, "location", _("The token does not have access to this location."))


@router.post("/contacts/upsert", response=contact_wire.Upserted, summary="Create or update a contact")
def upsert(request: ApiRequest, body: contact_wire.UpsertContact) -> HttpResponse:
    """The contact of that e-mail, else of that phone, is brought up to date."""
    _check(request, body.locationId)
    customer, is_new = people.upsert(request.caller.business, body, by=request.caller.actor)
    told = contact_wire.answer(customer, body.locationId)
    return reply({"new": is_new, "contact": told, "traceId": request.trace_id})


@router.post("/contacts", response={201: contact_wire.OneContact}, summary="Create a contact")
def create(request: ApiRequest, body: contact_wire.NewContact) -> HttpResponse:
    _check(request, body.locationId)
    customer = people.create(request.caller.business, body, by=request.caller.actor)
    return reply({"contact": contact_wire.answer(customer, body.locationId)}, 201)


@router.get("/contacts", response=contact_wire.Contacts, summary="List contacts")
def listing(request: ApiRequest, query: Query[contact_wire.ContactQuery]) -> HttpResponse:
    """The oldest first; `startAfterId` is the last one seen."""
    _check(request, query.locationId)
    business = request.caller.business
    rows = Customer.objects.for_business(business).search(query.query or "").order_by("pk")
    total = rows.count()
    if query.startAfterId:
        last = lookup.customer(business, query.startAfterId)
        if last is None:
            raise not_found()
        rows = rows.filter(pk__gt=last.pk)
    found = rows.prefetch_related("addresses")[: query.limit]
    told = [contact_wire.answer(customer, business.public_id) for customer in found]
    return reply({"contacts": told, "count": total})


@router.get("/contacts/{contactId}", response=contact_wire.OneContact, summary="Get a contact")
def get(request: ApiRequest, contactId: str) -> HttpResponse:
    """By our id, or by the caller's own id that came with an invoice."""
    business = request.caller.business
    customer = lookup.customer(business, contactId)
    if customer is None:
        raise not_found()
    return reply({"contact": contact_wire.answer(customer, business.public_id)})
