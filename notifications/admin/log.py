"""What a webhook was told lately and what it answered."""

from dataclasses import dataclass
from typing import Any

from businesses.admin.sentences import sentence
from core.secrets import SecretUnreadable
from notifications.models import WebhookEndpoint
from outbox.admin.acts import act_of
from outbox.admin.state import TONES, state_of, why
from outbox.models import Attempt, Delivery

MOST, MOST_CALLS = 100, 20


@dataclass(frozen=True)
class Entry:
    delivery: Delivery
    what: str
    state: str
    tone: str
    why: str
    can_replay: bool
    calls: list[Attempt]


def log_of(row: WebhookEndpoint) -> list[Entry]:
    """The last hundred, the newest first."""
    mine = Delivery.objects.for_business(row.business_id).filter(channel="webhook", target=row.public_id)
    found = list(mine.select_related("event").order_by("-pk")[:MOST])
    calls = _calls([delivery.pk for delivery in found])
    return [_entry(delivery, calls.get(delivery.pk, [])) for delivery in found]


def _entry(delivery: Delivery, calls: list[Attempt]) -> Entry:
    key, words = state_of(delivery)
    return Entry(
        delivery,
        sentence(delivery.event.kind),
        words,
        TONES.get(key, "warn"),
        why(delivery),
        act_of("again", delivery) is not None,
        calls[:MOST_CALLS],
    )


def _calls(keys: list[int]) -> dict[int, list[Attempt]]:
    """By delivery, the newest first; without what was said when no key opens it."""
    rows: Any = Attempt.objects.filter(delivery__in=keys).order_by("-pk")
    try:
        calls = list(rows)
    except SecretUnreadable:
        calls = list(rows.defer("request", "answer"))
    found: dict[int, list[Attempt]] = {}
    for call in calls:
        found.setdefault(call.delivery_id, []).append(call)
    return found
