"""Deliveries: which event waits to be told to whom, and how that went."""

from typing import Any, Literal

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from api import etags, filters, paging, refs, selection, wire
from api.ranges import CreatedQuery
from gateway.dialect import ApiRequest
from notifications.catalogue import KINDS
from outbox.models import ChannelName, State
from outbox.models import Delivery as DeliveryRow

router = Router(tags=["Deliveries"])
ORDER = paging.Order("deliveries", ("id",))


class DeliveredEvent(wire.Answer):
    id: wire.PublicId
    kind: str
    at: wire.Instant


class Delivery(wire.Resource):
    """`target` is the id of the webhook, also of one that was deleted since."""

    id: wire.PublicId
    channel: Literal["webhook"]
    target: str
    state: Literal["waiting", "sent", "dead", "needs_person"]
    event: DeliveredEvent
    created_at: wire.Instant
    updated_at: wire.Instant


class DeliveryQuery(CreatedQuery):
    state: str = Field("", max_length=100, description=f"By commas: {', '.join(State.values)}.")
    event: str = Field("", max_length=1000, description="Kinds of event, by commas.")
    webhook: str = Field("", max_length=24, description="A webhook's id.")


def write(row: DeliveryRow) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "channel": row.channel,
        "target": row.target,
        "state": row.state,
        "event": {"id": row.event.digest[:24], "kind": row.event.kind, "at": row.event.at},
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


@router.get("/deliveries", response={200: wire.Page[Delivery]}, summary="List deliveries")
def index(request: ApiRequest, query: Query[DeliveryQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Delivery.model_fields)
    rows = _rows(request).filter(**query.created(request.caller.business))
    states = filters.choices(query.state, State.values, field="state")
    kinds = filters.choices(query.event, KINDS, field="event")
    rows = rows.filter(state__in=states) if states else rows
    rows = rows.filter(event__kind__in=kinds) if kinds else rows
    rows = rows.filter(channel=ChannelName.WEBHOOK, target=query.webhook) if query.webhook else rows
    return paging.listed(request, rows, ORDER, query, lambda row: chosen.pick(write(row)))


@router.get("/deliveries/{id}", response={200: Delivery}, summary="Get a delivery")
def get(request: ApiRequest, id: str, query: Query[selection.SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Delivery.model_fields)
    row = refs.found(_rows(request), id)
    return etags.answer(request, chosen.pick(write(row)), row.updated_at)


def _rows(request: ApiRequest) -> Any:
    return DeliveryRow.objects.for_business(request.caller.business).select_related("event")
