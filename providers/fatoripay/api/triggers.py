"""FatoriPay's triggers: addresses that are told when something happens."""

from typing import Any

from django.http import HttpResponse
from ninja import Router

from core.ids import as_uuid, from_uuid
from gateway import answers
from gateway.callers import Caller
from gateway.dialect import ApiRequest
from gateway.refusals import not_found
from notifications import actions
from notifications.models import WebhookEndpoint
from providers.fatoripay import wire
from providers.fatoripay.codec import NAME
from providers.fatoripay.notices import TRIGGERS
from providers.wording import spoken

router = Router(tags=["triggers"])


@router.post("/create", response=wire.Trigger, summary="Create a trigger")
def create(request: ApiRequest, body: wire.CreateTrigger) -> HttpResponse:
    caller = request.caller
    with spoken({"url": "notification_url", "events": "action"}):
        row, _secret = actions.create(
            caller.business,
            by=caller.actor,
            dialect=NAME,
            name=body.name,
            url=body.notification_url,
            events=TRIGGERS[body.action],
            extras={"action": body.action},
        )
    return answers.json(_shown(row))


@router.get("", response=list[wire.Trigger], summary="List triggers")
def listed(request: ApiRequest) -> HttpResponse:
    return answers.json([_shown(row) for row in _of_caller(request.caller)])


@router.delete("/{trigger_id}", response=wire.Message, summary="Delete a trigger")
def delete(request: ApiRequest, trigger_id: str) -> HttpResponse:
    row = _of_caller(request.caller).filter(public_id=from_uuid(trigger_id)).first()
    if row is None:
        raise not_found()
    actions.delete(row, by=request.caller.actor)
    return answers.json({"message": "Deleted."})


def _of_caller(caller: Caller) -> Any:
    """Those that were made here: one from the back office may hear of what no action covers."""
    rows = WebhookEndpoint.objects.for_business(caller.business)
    return rows.filter(dialect=NAME, extras__action__in=list(TRIGGERS))


def _shown(row: WebhookEndpoint) -> dict[str, Any]:
    return {
        "id": as_uuid(row.public_id),
        "name": row.name,
        "action": row.extras["action"],
        "notification_url": row.url,
    }
