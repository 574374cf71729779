"""How a delivery stands, as a pill and a sentence; the names of where it goes and of what is done there."""

from collections.abc import Iterable
from typing import Any

from django.utils.translation import gettext_lazy as _

from notifications.models import SEALED, WebhookEndpoint
from outbox.models import ChannelName, Delivery, State
from outbox.words import words
from providers.models import Connection

TONES: dict[str, str] = {
    State.WAITING: "info",
    State.SENT: "good",
    State.SKIPPED: "neutral",
    State.DEAD: "bad",
    State.NEEDS_PERSON: "warn",
}
RETRYING = "retrying"
OPERATIONS: dict[str, Any] = {
    "issue": _("Push the invoice"),
    "send": _("Send it from there"),
    "void": _("Cancel it there"),
    "pay": _("Tell of the payment"),
}


def state_of(delivery: Delivery) -> tuple[str, str]:
    """A tone's key and its words: a delivery that failed and waits for its next try says so."""
    if delivery.state == State.WAITING and delivery.code not in ("", "not_ready"):
        return RETRYING, str(_("Trying again"))
    return delivery.state, str(delivery.get_state_display())


def why(delivery: Delivery) -> str:
    """What went wrong, in a sentence, and what the other side said."""
    said = words(delivery.code)
    return f"{said} “{delivery.detail}”" if said and delivery.detail else said or delivery.detail


def names_of(deliveries: Iterable[Delivery]) -> dict[str, str]:
    """By target: a connection's or a webhook's name; two queries for a page of rows."""
    rows = list(deliveries)
    pushed = {_key(row) for row in rows if row.channel == ChannelName.PUSH}
    hooked = {row.target for row in rows if row.channel == ChannelName.WEBHOOK}
    businesses = {row.business_id for row in rows}
    connections = _by_id(Connection, businesses, pushed, ("sealed_credentials", "sealed_tokens"))
    endpoints = _by_id(WebhookEndpoint, businesses, hooked, SEALED)
    known = {**connections, **endpoints}
    return {
        row.target: known.get(_key(row), "—" if row.channel == ChannelName.WEBHOOK else row.target)
        for row in rows
    }


def operation_of(delivery: Delivery) -> str:
    """Of a push, what is done there."""
    operation = delivery.target.partition(":")[2] if delivery.channel == ChannelName.PUSH else ""
    return str(OPERATIONS.get(operation, operation))


def _key(row: Delivery) -> str:
    return row.target.partition(":")[0] if row.channel == ChannelName.PUSH else row.target


def _by_id(model: Any, businesses: set[int], keys: set[str], sealed: tuple[str, ...]) -> dict[str, str]:
    if not keys:
        return {}
    rows = (
        row
        for key in businesses
        for row in model.objects.for_business(key).filter(public_id__in=keys).defer(*sealed)
    )
    return {row.public_id: str(row) for row in rows}
