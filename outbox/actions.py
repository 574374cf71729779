"""The writers of deliveries: events become deliveries, and people may have them tried again or set aside."""

import logging
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from businesses.events import record
from businesses.models import Event
from businesses.telling import Channel, Wanted
from core.clock import database_now
from core.doorbell import ring_after_commit
from core.problems import Conflict
from outbox.channels import CHANNELS
from outbox.claims import channel_of
from outbox.models import Attempt, Delivery, Heartbeat, Route, State, Untold

logger = logging.getLogger(__name__)

BATCH = 500
AGAIN = timedelta(minutes=10)
"""After which an event that broke a channel is looked at again."""


def fan_out() -> int:
    """Turn up to BATCH new events into one delivery for each target that wants to hear of them; how many it took.

    Exactly once: an event is taken off the list with the change that writes its deliveries, and several workers take
    different ones. One by one when a channel breaks over them: the event that breaks it is told to the others, and
    stays on the list until that channel is mended.
    """
    try:
        return _fan_out(_tell)
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("new events broke a channel; each by itself now")
    return _fan_out(_tell_each)


def untold() -> QuerySet[Untold]:
    """Those that somebody may look at now."""
    return Untold.objects.filter(Q(retry_at=None) | Q(retry_at__lte=Now()))


def _fan_out(tell: Callable[[Sequence[Event]], Collection[int]]) -> int:
    with transaction.atomic():
        rows = untold().select_for_update(skip_locked=True, of=("self",)).order_by("pk")
        events = [row.event for row in rows.select_related("event")[:BATCH]]
        broken = tell(events) if events else ()
        if broken:
            Untold.objects.filter(pk__in=broken).update(retry_at=database_now() + AGAIN)
        Untold.objects.filter(pk__in=[event.pk for event in events if event.pk not in broken]).delete()
    return len(events)


def _tell(events: Sequence[Event]) -> Collection[int]:
    deliver([wanted for channel in CHANNELS.values() for wanted in channel.wanted(events)])
    return ()


def _tell_each(events: Sequence[Event]) -> Collection[int]:
    """Those that a channel broke over."""
    return {event.pk for event in events for channel in CHANNELS.values() if not _is_told(event, channel)}


def _is_told(event: Event, channel: Channel) -> bool:
    try:
        with transaction.atomic():
            deliver(list(channel.wanted([event])))
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        logger.exception("event %s (%s) is not told by %s yet", event.pk, event.kind, channel.name)
        return False
    return True


def deliver(tellings: Sequence[Wanted]) -> None:
    if not tellings:
        return
    now = database_now()
    routes = {wanted.route for wanted in tellings}
    Route.objects.bulk_create((Route(name=name) for name in sorted(routes)), ignore_conflicts=True)
    Delivery.objects.bulk_create((_delivery(wanted, now) for wanted in tellings), ignore_conflicts=True)


def _delivery(wanted: Wanted, now: datetime) -> Delivery:
    return Delivery(
        business_id=wanted.event.business_id or 0,
        event=wanted.event,
        invoice_id=wanted.invoice_id,
        channel=channel_of(wanted.route),
        target=wanted.target,
        route=wanted.route,
        lane=wanted.lane,
        due_at=max(wanted.due_at or now, now),
    )


def again(delivery: Delivery, *, by: object = None, was_not_done: bool = False) -> None:
    """Try it again from the start, under the same key. `was_not_done`: a person has looked there and found nothing."""
    values = {
        "state": State.WAITING,
        "tries": 0,
        "lapses": 0,
        "due_at": database_now(),
        "settled_at": None,
        "code": "",
        "detail": "",
    }
    if was_not_done:
        values["is_unclear"] = False
    _move(
        delivery, [State.SENT, State.DEAD, State.NEEDS_PERSON, State.SKIPPED], values, "delivery.replayed", by
    )


def try_now(delivery: Delivery, *, by: object = None) -> None:
    """Do not wait for the next try, nor for its route to open."""
    _move(delivery, [State.WAITING], {"due_at": database_now()}, "delivery.hurried", by)
    _open(delivery.route)


def set_aside(delivery: Delivery, *, by: object = None) -> None:
    """A person has dealt with it; what waits behind it goes on."""
    values = {"state": State.SKIPPED, "settled_at": database_now()}
    _move(delivery, [State.WAITING, State.DEAD, State.NEEDS_PERSON], values, "delivery.set_aside", by)


def _move(
    delivery: Delivery, states: Iterable[str], values: dict[str, object], kind: str, by: object
) -> None:
    """Not while a worker has it in hand."""
    now = database_now()
    mine = Delivery.objects.filter(pk=delivery.pk, state__in=list(states)).exclude(lease_until__gte=now)
    with transaction.atomic():
        if not mine.update(**values, updated_at=now):
            raise Conflict(_("This delivery has moved on meanwhile."))
        record(kind, delivery, business=delivery.business_id, by=by, data={"target": delivery.target})
    delivery.refresh_from_db()


def reopen(route: str) -> None:
    """Somebody has mended what was wrong: what has failed there is tried again at once."""
    now = database_now()
    waiting = Delivery.objects.filter(route=route, state=State.WAITING, tries__gt=0, due_at__gt=now)
    waiting.update(due_at=now)
    _open(route)


def _open(route: str) -> None:
    Route.objects.filter(name=route).update(failures=0, closed_until=None)
    ring_after_commit()


def forget(before: datetime) -> int:
    """The log of calls is kept for a while only: it holds people's data."""
    return Attempt.objects.filter(at__lt=before).delete()[0]


def forget_silent(before: datetime) -> int:
    """Workers that are gone: each process has a row of its own."""
    return Heartbeat.objects.filter(seen_at__lt=before).delete()[0]


def beat(name: str) -> None:
    """A sign of life."""
    Heartbeat.objects.update_or_create(name=name[:120], defaults={"seen_at": database_now()})
