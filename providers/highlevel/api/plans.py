"""Invoice templates and recurring schedules, of which there are none: lists are empty, and none can be made."""

from typing import NoReturn

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router

from gateway.dialect import ApiRequest
from gateway.refusals import Refused
from providers.highlevel import shapes, wire
from providers.highlevel.api.common import place_of, reply

router = Router(tags=["Templates and schedules"])


@router.get("/invoices/template", response=shapes.Templates, summary="List invoice templates")
def templates(request: ApiRequest, query: Query[wire.ListQuery]) -> HttpResponse:
    place_of(request.caller, query)
    return reply({"data": [], "totalCount": 0})


@router.post("/invoices/template", response={400: None}, summary="Refused: there are no invoice templates")
def create_template(request: ApiRequest) -> NoReturn:
    raise Refused(400, "not_served", _("Invoice templates cannot be stored here."))


@router.get("/invoices/schedule", response=shapes.Schedules, summary="List recurring invoices")
def schedules(request: ApiRequest, query: Query[wire.ListQuery]) -> HttpResponse:
    place_of(request.caller, query)
    return reply({"schedules": [], "total": 0})


@router.post("/invoices/schedule", response={400: None}, summary="Refused: there are no recurring invoices")
def create_schedule(request: ApiRequest) -> NoReturn:
    raise Refused(400, "not_served", _("Recurring invoices cannot be stored here."))
