"""Webhooks: addresses that want to hear of events.

A key that may write may manage them: its role decides what it does with money, not who is told of it.
"""

from typing import Annotated, Any, Literal

from django.http import HttpResponse
from ninja import Query, Router
from pydantic import Field

from api import etags, paging, refs, selection, wire
from api.access import Problem
from api.deliveries import Delivery
from api.deliveries import write as write_delivery
from api.ranges import CreatedQuery
from core.targets import MAX_HEADERS
from gateway import answers
from gateway.dialect import ApiRequest
from notifications import actions
from notifications.catalogue import KINDS, PATTERNS
from notifications.models import SEALED, WebhookEndpoint
from notifications.webhooks import WEBHOOKS
from outbox.actions import deliver, reopen
from outbox.models import Delivery as DeliveryRow

router = Router(tags=["Webhooks"])
ORDER = paging.Order("webhooks", ("id",))
COLUMNS = {"active": "is_active"}
"""Where the wire says another word than the column."""
Pattern = Annotated[str, Field(json_schema_extra={"enum": sorted(PATTERNS)})]


class ChangeWebhook(wire.Request):
    """Only what is sent changes; `events` and `headers` are replaced as a whole."""

    url: str = Field("", max_length=500, description="http or https, on the public internet.")
    events: list[Pattern] = Field([], min_length=1, max_length=50)
    name: str = Field("", max_length=100)
    active: wire.Yes = True
    headers: dict[str, str] = Field(
        {}, max_length=MAX_HEADERS, description="Sent along with every call; never shown again."
    )


class CreateWebhook(ChangeWebhook):
    url: str = Field(max_length=500, description="http or https, on the public internet.")
    events: list[Pattern] = Field(min_length=1, max_length=50)


class Webhook(wire.Resource):
    """`api` is the API in whose words it is told. While `health` is paused, what it would be told waits for a resume:
    `pause_reason` is person, gone (it answered 410), exhausted (it failed for three days) or unreadable (its secret).
    """

    id: wire.PublicId
    api: str
    name: str
    url: str
    events: list[str]
    active: bool
    health: Literal["well", "failing", "paused", "off"]
    paused_at: wire.Instant | None
    pause_reason: str
    failing_since: wire.Instant | None
    told_at: wire.Instant | None = Field(description="When it last took something.")
    created_at: wire.Instant
    updated_at: wire.Instant


class WebhookWithSecret(Webhook):
    """`secret` signs what is sent (Standard Webhooks); it is shown here and never again. The one before it signs too
    for another 24 hours.
    """

    secret: str


class EventKinds(wire.Answer):
    data: list[str]


class WebhookQuery(CreatedQuery):
    active: bool | None = None


def write(row: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": row.public_id,
        "api": row.dialect,
        "name": row.name,
        "url": row.url,
        "events": row.events,
        "active": row.is_active,
        "health": row.health,
        "paused_at": row.paused_at,
        "pause_reason": row.pause_reason,
        "failing_since": row.failing_since,
        "told_at": row.told_at,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


@router.get("/webhooks", response={200: wire.Page[Webhook]}, summary="List webhooks")
def index(request: ApiRequest, query: Query[WebhookQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Webhook.model_fields)
    rows = _rows(request).filter(**query.created(request.caller.business))
    rows = rows if query.active is None else rows.filter(is_active=query.active)
    return paging.listed(request, rows, ORDER, query, lambda row: chosen.pick(write(row)))


@router.post("/webhooks", response={201: WebhookWithSecret}, summary="Create a webhook")
def create(request: ApiRequest, body: CreateWebhook) -> HttpResponse:
    caller = request.caller
    row, secret = actions.create(caller.business, by=caller.actor, **_columns(body))
    where = {"Location": f"{request.base}/webhooks/{row.public_id}"}
    return etags.answer(request, {**write(row), "secret": secret}, row.updated_at, 201, where)


@router.get(
    "/webhooks/events", response={200: EventKinds}, summary="List the events that webhooks can hear of"
)
def events(request: ApiRequest) -> HttpResponse:
    return answers.json({"data": sorted(KINDS)})


@router.get("/webhooks/{id}", response={200: Webhook}, summary="Get a webhook")
def get(request: ApiRequest, id: str, query: Query[selection.SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Webhook.model_fields)
    row = refs.found(_rows(request), id)
    return etags.answer(request, chosen.pick(write(row)), row.updated_at)


@router.patch("/webhooks/{id}", response={200: Webhook, 412: Problem}, summary="Change a webhook")
def update(request: ApiRequest, id: str, body: ChangeWebhook) -> HttpResponse:
    row = _one_to_change(request, id)
    actions.change(row, by=request.caller.actor, **_columns(body))
    return etags.answer(request, write(row), row.updated_at)


@router.post(
    "/webhooks/{id}/rotate-secret",
    response={200: WebhookWithSecret, 412: Problem},
    summary="Replace a webhook's secret",
)
def rotate(request: ApiRequest, id: str) -> HttpResponse:
    row = _one_to_change(request, id)
    secret = actions.rotate_secret(row, by=request.caller.actor)
    return etags.answer(request, {**write(row), "secret": secret}, row.updated_at)


@router.post("/webhooks/{id}/test", response={201: Delivery}, summary="Send a test event to a webhook")
def test(request: ApiRequest, id: str) -> HttpResponse:
    """Only this webhook hears of it, whatever it listens to and even while it is paused; it is tried once."""
    row = refs.found(_rows(request), id)
    event = actions.test(row, by=request.caller.actor)
    deliver(list(WEBHOOKS.wanted([event])))
    delivery = (
        DeliveryRow.objects.for_business(request.caller.business).select_related("event").get(event=event)
    )
    where = {"Location": f"{request.base}/deliveries/{delivery.public_id}"}
    return etags.answer(request, write_delivery(delivery), delivery.updated_at, 201, where)


@router.post("/webhooks/{id}/pause", response={200: Webhook}, summary="Let what a webhook would be told wait")
def pause(request: ApiRequest, id: str) -> HttpResponse:
    row = _one_to_change(request, id)
    actions.pause(row, by=request.caller.actor)
    return etags.answer(request, write(row), row.updated_at)


@router.post("/webhooks/{id}/resume", response={200: Webhook}, summary="Send what has waited")
def resume(request: ApiRequest, id: str) -> HttpResponse:
    """In order, for each object."""
    row = _one_to_change(request, id)
    actions.resume(row, by=request.caller.actor)
    reopen(row.route)
    return etags.answer(request, write(row), row.updated_at)


@router.delete("/webhooks/{id}", response={204: None, 412: Problem}, summary="Delete a webhook")
def delete(request: ApiRequest, id: str) -> HttpResponse:
    actions.delete(_one_to_change(request, id), by=request.caller.actor)
    return HttpResponse(status=204)


def _rows(request: ApiRequest) -> Any:
    """Without what is sealed: a secret that no key opens must not hide the rest."""
    return WebhookEndpoint.objects.for_business(request.caller.business).defer(*SEALED)


def _one_to_change(request: ApiRequest, id: str) -> WebhookEndpoint:
    row: WebhookEndpoint = refs.found(_rows(request).select_for_update(), id)
    etags.require(request, row.updated_at)
    return row


def _columns(body: ChangeWebhook) -> dict[str, Any]:
    return {COLUMNS.get(name, name): value for name, value in body.model_dump(exclude_unset=True).items()}
