"""Whether work gets done: not whether a process runs, but how long the oldest delivery is overdue."""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q

from businesses.models import Event
from core.clock import database_now
from outbox.claims import due, limits
from outbox.models import Heartbeat, Route, Untold


def overdue_since(now: datetime | None = None) -> datetime | None:
    """Since when the oldest delivery waits that somebody should have tried by now; None while nothing is late.

    What waits for a closed or paused route, behind another delivery, or on a route that is being served as fast as its
    limits allow, is not late.
    """
    now = now or database_now()
    late = now - timedelta(seconds=settings.LATE_AFTER)
    waiting = due(now).filter(due_at__lt=late)
    idle = Q(served_at=None) | Q(served_at__lt=late)
    is_open = Q(closed_until=None) | Q(closed_until__lte=late)
    routes = Route.objects.filter(idle, is_open).filter(Exists(waiting.filter(route=OuterRef("name"))))
    names = list(limits(list(routes.values_list("name", flat=True))))
    found = waiting.filter(route__in=names).order_by("due_at").values_list("due_at", flat=True)
    oldest = found.first() if names else None
    fresh = Untold.objects.filter(retry_at=None).order_by("pk")
    event = Event.objects.filter(pk__in=fresh.values("pk")[:1]).first()
    untold = event.at if event and event.at < late else None
    return min(filter(None, (oldest, untold)), default=None)


def is_silent(name: str, now: datetime | None = None) -> bool:
    """Whether whoever bears that name should have given a sign of life by now."""
    late = (now or database_now()) - timedelta(seconds=settings.LATE_AFTER)
    return not Heartbeat.objects.filter(name__startswith=name, seen_at__gte=late).exists()
