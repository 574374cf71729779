"""The outbox's channel to those who asked to hear of events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from django.utils import timezone

from businesses.models import Event
from businesses.telling import End, Limits, Outcome, Send, Try, Wanted, Wire
from core.secrets import SecretUnreadable
from notifications import actions, signing
from notifications.catalogue import TESTED
from notifications.forms import FORMS
from notifications.models import SEALED, WebhookEndpoint
from notifications.posting import DELAYS, Post

AT_ONCE = 5
KEPT = timedelta(days=30)
"""What waited longer for a paused webhook is not told any more."""
TRIAL = ":test"
"""Ends the route of test events, which is open while the webhook is paused: else nobody could try what they mended."""


class Webhooks:
    name = "webhook"
    delays: Sequence[float] = DELAYS

    def wanted(self, events: Sequence[Event]) -> Iterable[Wanted]:
        by_business: dict[int | None, list[WebhookEndpoint]] = defaultdict(list)
        rows = WebhookEndpoint.objects.filter(business__in={event.business_id for event in events})
        for endpoint in rows.filter(dialect__in=FORMS).order_by("pk").defer(*SEALED):
            by_business[endpoint.business_id].append(endpoint)
        return [
            wanted
            for event in events
            for endpoint in by_business[event.business_id]
            if (wanted := _wanted(event, endpoint))
        ]

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        """What waits for a webhook that was deleted is let through, to end."""
        keys = {_endpoint_of(route) for route in routes}
        rows = WebhookEndpoint.objects.filter(public_id__in=keys).defer(*SEALED)
        shut = {row.route for row in rows if not row.is_open}
        return {route: Limits(AT_ONCE) for route in routes if route not in shut}

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        now = timezone.now()
        endpoints = _endpoints(tries)
        bodies = _bodies(tries, endpoints)
        return {
            one.delivery_id: _prepared(one, endpoints.get(one.target), bodies.get(one.delivery_id), now)
            for one in tries
        }

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        endpoints = _endpoints([one for one, _outcome in ends])
        by_target: dict[str, list[tuple[Try, Outcome]]] = defaultdict(list)
        for one, outcome in ends:
            if one.event.kind != TESTED and one.target in endpoints:
                by_target[one.target].append((one, outcome))
        for target, mine in by_target.items():
            actions.note_health(endpoints[target], mine)


WEBHOOKS = Webhooks()


def _wanted(event: Event, endpoint: WebhookEndpoint) -> Wanted | None:
    if event.kind == TESTED:
        is_mine = event.subject == f"webhookendpoint:{endpoint.pk}"
        return Wanted(event, endpoint.public_id, endpoint.route + TRIAL) if is_mine else None
    if event.pk <= endpoint.since or not endpoint.wants(event.kind):
        return None
    return Wanted(event, endpoint.public_id, endpoint.route, event.subject)


def _endpoint_of(route: str) -> str:
    return route.removesuffix(TRIAL).partition(":")[2]


def _endpoints(tries: Iterable[Try]) -> dict[str, WebhookEndpoint]:
    keys = {one.target for one in tries}
    rows = WebhookEndpoint.objects.filter(public_id__in=keys).defer(*SEALED)
    return {row.public_id: row for row in rows}


def _bodies(tries: Iterable[Try], endpoints: Mapping[str, WebhookEndpoint]) -> dict[int, bytes]:
    """By delivery; each form writes all of its events at once."""
    by_form: dict[str, list[Try]] = defaultdict(list)
    for one in tries:
        if endpoint := endpoints.get(one.target):
            by_form[endpoint.dialect].append(one)
    found: dict[int, bytes] = {}
    for dialect, mine in by_form.items():
        written = FORMS[dialect].bodies(list({one.event.pk: one.event for one in mine}.values()))
        found |= {one.delivery_id: written[one.event.pk] for one in mine if one.event.pk in written}
    return found


def _prepared(
    one: Try, endpoint: WebhookEndpoint | None, body: bytes | None, now: datetime
) -> Send | Outcome:
    if endpoint is None or body is None:
        return Outcome(End.SKIPPED, "nothing_there")
    if one.created_at and one.created_at < now - KEPT:
        return Outcome(End.SKIPPED, "too_old")
    try:
        headers = endpoint.headers | signing.headers(endpoint.secrets(now), one.key, now, body)
    except SecretUnreadable as error:
        return Outcome(End.LATER, "unreadable", error.text, pauses=True)
    post = Post(endpoint.url, FORMS[endpoint.dialect].content_type, body, headers)
    return _Trial(post) if one.event.kind == TESTED else post


class _Trial:
    """A test is tried once: whoever pressed the button is waiting."""

    def __init__(self, post: Post) -> None:
        self.post = post

    async def __call__(self, wire: Wire) -> Outcome:
        outcome = await self.post(wire)
        is_done = outcome.end == End.SENT
        return outcome if is_done else replace(outcome, end=End.DEAD, pauses=False, retry_after=None)
