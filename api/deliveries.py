"""Deliveries: which event waits to be told to whom, how each try went, and trying again."""

from contextlib import suppress
from typing import Any, Literal

from django.http import HttpResponse
from django.utils.translation import gettext as _
from ninja import Query, Router
from pydantic import Field

from api import etags, filters, paging, refs, selection, wire
from api.ranges import CreatedQuery
from businesses.roles import Can
from core.problems import Conflict
from core.secrets import SecretUnreadable
from gateway import answers
from gateway.dialect import ApiRequest
from notifications.catalogue import INTERNAL, KINDS, TESTED
from outbox import actions
from outbox.models import Attempt as AttemptRow
from outbox.models import ChannelName, State
from outbox.models import Delivery as DeliveryRow

router = Router(tags=["Deliveries"])
ORDER = paging.Order("deliveries", ("id",))
MAX_ATTEMPTS = 100


class DeliveredEvent(wire.Answer):
    id: wire.PublicId
    kind: str
    at: wire.Instant


class Delivery(wire.Resource):
    """`target` is the id of a webhook, also of one that was deleted since; of a push, the connection's id with what is
    done there; else an address. `error` is a word for what went wrong at the last try, `due_at` when the next one is.
    """

    id: wire.PublicId
    channel: Literal["webhook", "push", "email", "notice"]
    target: str
    state: Literal["waiting", "sent", "skipped", "dead", "needs_person"]
    tries: int
    due_at: wire.Instant
    error: str
    detail: str
    event: DeliveredEvent
    created_at: wire.Instant
    updated_at: wire.Instant


class Attempt(wire.Answer):
    """One call of one try. `status` is null when there was no answer; `took` in milliseconds.

    `request` and `answer` are null for what only keys that may manage are shown: anything but a webhook's; and when the
    key that they were stored with is gone.
    """

    number: int
    at: wire.Instant
    method: str
    url: str
    status: int | None
    took: int
    error: str
    request: str | None = Field(description="The body that was sent, its first 8,000 characters.")
    answer: str | None = Field(description="The body that came back, its first 8,000 characters.")


class Attempts(wire.Answer):
    data: list[Attempt]


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
        "tries": row.tries,
        "due_at": row.due_at,
        "error": row.code,
        "detail": row.detail,
        "event": {"id": row.event.digest[:24], "kind": row.event.kind, "at": row.event.at},
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def write_attempt(row: AttemptRow) -> dict[str, Any]:
    """Without the bodies when they were not read."""
    hidden = row.get_deferred_fields()
    return {
        "number": row.number,
        "at": row.at,
        "method": row.method,
        "url": row.url,
        "status": row.status,
        "took": row.took,
        "error": row.code,
        "request": None if "request" in hidden else row.request,
        "answer": None if "answer" in hidden else row.answer,
    }


@router.get("/deliveries", response={200: wire.Page[Delivery]}, summary="List deliveries")
def index(request: ApiRequest, query: Query[DeliveryQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Delivery.model_fields)
    rows = _rows(request).filter(**query.created(request.caller.business))
    states = filters.choices(query.state, State.values, field="state")
    kinds = filters.choices(query.event, KINDS | INTERNAL | {TESTED}, field="event")
    rows = rows.filter(state__in=states) if states else rows
    rows = rows.filter(event__kind__in=kinds) if kinds else rows
    rows = rows.filter(channel=ChannelName.WEBHOOK, target=query.webhook) if query.webhook else rows
    return paging.listed(request, rows, ORDER, query, lambda row: chosen.pick(write(row)))


@router.get("/deliveries/{id}", response={200: Delivery}, summary="Get a delivery")
def get(request: ApiRequest, id: str, query: Query[selection.SelectionQuery]) -> HttpResponse:
    chosen = selection.read(request, query, Delivery.model_fields)
    row = refs.found(_rows(request), id)
    return etags.answer(request, chosen.pick(write(row)), row.updated_at)


@router.get("/deliveries/{id}/attempts", response={200: Attempts}, summary="List a delivery's tries")
def attempts(request: ApiRequest, id: str) -> HttpResponse:
    """The newest hundred, the newest first; they are kept for 30 days."""
    row = refs.found(_rows(request), id)
    may_read = row.channel == ChannelName.WEBHOOK or request.caller.may(Can.MANAGE)
    found = _attempts(row, may_read=may_read)
    return answers.json({"data": [write_attempt(attempt) for attempt in found]})


def _attempts(row: DeliveryRow, *, may_read: bool) -> list[AttemptRow]:
    rows = AttemptRow.objects.filter(delivery=row).order_by("-pk")
    with suppress(SecretUnreadable):
        if may_read:
            return list(rows[:MAX_ATTEMPTS])
    return list(rows.defer("request", "answer")[:MAX_ATTEMPTS])


@router.post("/deliveries/{id}/replay", response={200: Delivery}, summary="Send a delivery again")
def replay(request: ApiRequest, id: str) -> HttpResponse:
    """Under the same `webhook-id`. One that still waits, or needs a person, is refused with 409."""
    row = refs.found(_rows(request), id)
    if row.state == State.NEEDS_PERSON:
        raise Conflict(_("A person has to look there first."))
    actions.again(row, by=request.caller.actor)
    return etags.answer(request, write(row), row.updated_at)


def _rows(request: ApiRequest) -> Any:
    return DeliveryRow.objects.for_business(request.caller.business).select_related("event")
