"""Whether work gets done: not whether a process runs, but how long the oldest delivery is overdue."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from businesses.models import Event
from core.clock import database_now
from outbox.claims import due, limits
from outbox.models import Delivery, Heartbeat, Route, State, Untold


def overdue_since(now: datetime | None = None) -> datetime | None:
    """Since when the oldest delivery waits that somebody should have tried by now; None while nothing is late.

    What waits for a closed route, or behind another delivery, is not late: nobody may try it.
    """
    now = now or database_now()
    late = now - timedelta(seconds=settings.LATE_AFTER)
    routes = Route.objects.filter(Q(closed_until=None) | Q(closed_until__lte=late), name=OuterRef("route"))
    waiting = due(now).filter(Exists(routes), due_at__lt=late).filter(route__in=_usable())
    oldest = waiting.order_by("due_at").values_list("due_at", flat=True).first()
    event = Event.objects.filter(pk__in=Untold.objects.order_by("pk").values("pk")[:1]).first()
    untold = event.at if event and event.at < late else None
    return min(filter(None, (oldest, untold)), default=None)


def _usable() -> list[str]:
    """Routes that are not paused by their owners."""
    names = Delivery.objects.filter(state=State.WAITING).values_list("route", flat=True).distinct()
    return list(limits(list(names)))


def is_silent(name: str, now: datetime | None = None) -> bool:
    """Whether whoever bears that name should have given a sign of life by now."""
    late = (now or database_now()) - timedelta(seconds=settings.LATE_AFTER)
    return not Heartbeat.objects.filter(name__startswith=name, seen_at__gte=late).exists()
