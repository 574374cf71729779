"""The only writers of deliveries. Nothing is sent yet: a delivery waits until something sends it."""

from collections import defaultdict
from collections.abc import Iterable

from django.db import transaction

from businesses.models import Event
from notifications.models import WebhookEndpoint
from outbox.models import Channel, Delivery, Untold

BATCH = 500


def fan_out() -> int:
    """Turn up to BATCH new events into one delivery for each target that wants to hear of them; how many it took.

    Exactly once: an event is taken off the list with the change that writes its deliveries, and several workers take
    different ones.
    """
    with transaction.atomic():
        rows = Untold.objects.select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        events = [row.event for row in rows.select_related("event")[:BATCH]]
        Delivery.objects.bulk_create(_for_webhooks(events), ignore_conflicts=True)
        Untold.objects.filter(pk__in=[event.pk for event in events]).delete()
    return len(events)


def _for_webhooks(events: Iterable[Event]) -> list[Delivery]:
    by_business = defaultdict(list)
    keys = {event.business_id for event in events}
    rows = WebhookEndpoint.objects.filter(business__in=keys, is_active=True).order_by("pk")
    for endpoint in rows.defer("secret", "sealed_headers"):
        by_business[endpoint.business_id].append(endpoint)
    return [
        Delivery(
            business_id=endpoint.business_id, event=event, channel=Channel.WEBHOOK, target=endpoint.public_id
        )
        for event in events
        for endpoint in by_business[event.business_id]
        if event.pk > endpoint.since and endpoint.wants(event.kind)
    ]
