"""The outbox's channel to those who asked to hear of events."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from businesses.models import Event
from businesses.telling import End, Limits, Outcome, Send, Try, Wanted
from notifications.models import WebhookEndpoint


class Webhooks:
    name = "webhook"
    delays: Sequence[float] = (5.0, 300.0, 1800.0, 7200.0, 18_000.0, 36_000.0, 50_400.0, 72_000.0, 86_400.0)
    """Standard Webhooks 1.0: over three days."""

    def wanted(self, events: Sequence[Event]) -> Iterable[Wanted]:
        by_business: dict[int | None, list[WebhookEndpoint]] = defaultdict(list)
        keys = {event.business_id for event in events}
        rows = WebhookEndpoint.objects.filter(business__in=keys, is_active=True).order_by("pk")
        for endpoint in rows.defer("secret", "sealed_headers"):
            by_business[endpoint.business_id].append(endpoint)
        return [
            Wanted(event, endpoint.public_id, f"webhook:{endpoint.public_id}", event.subject)
            for event in events
            for endpoint in by_business[event.business_id]
            if event.pk > endpoint.since and endpoint.wants(event.kind)
        ]

    def limits(self, routes: Sequence[str]) -> Mapping[str, Limits]:
        return {route: Limits(5) for route in routes}

    def prepare(self, tries: Sequence[Try]) -> Mapping[int, Send | Outcome]:
        return {one.delivery_id: Outcome(End.LATER, "down") for one in tries}

    def settled(self, ends: Sequence[tuple[Try, Outcome]]) -> None:
        pass


WEBHOOKS = Webhooks()
