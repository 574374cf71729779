"""Taking what is due: one short transaction in which routes are locked, so that no two workers count the same room."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from businesses.telling import Limits
from outbox.channels import CHANNELS
from outbox.models import UNFINISHED, Delivery, Route, State
from outbox.retrying import PATIENCE

MOST_ROUTES = 50


def claim(lease: str, most: int, now: datetime) -> list[Delivery]:
    """At most `most` deliveries that are due, taken under this lease; with their events, in the order of their ids."""
    with transaction.atomic():
        routes = _routes(now)
        allowed = limits([route.name for route in routes])
        open_routes = [route for route in routes if route.name in allowed]
        busy = _under_way([route.name for route in open_routes], now)
        taken: list[int] = []
        for route in open_routes:
            limit = allowed[route.name]
            room = min(_room(route, limit, now) - busy.get(route.name, 0), most - len(taken))
            keys = _first(route.name, room, now)
            taken += keys
            route.served_at = now
            route.window_used += len(keys) if limit.count else 0
        Route.objects.bulk_update(open_routes, ["served_at", "window_from", "window_used"])
        _take(taken, lease, now)
    rows = Delivery.objects.filter(lease=lease, pk__in=taken, state=State.WAITING)
    return list(rows.select_related("event").order_by("pk"))


def is_any_due(now: datetime) -> bool:
    """Without a lock: SQLite has one writer at a time, and mostly nothing is due."""
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Delivery.objects.filter(free, state=State.WAITING, due_at__lte=now).exists()


def due(now: datetime) -> QuerySet[Delivery]:
    """Waiting, in nobody's hands, and first of its lane."""
    before = Delivery.objects.filter(
        route=OuterRef("route"), lane=OuterRef("lane"), state__in=UNFINISHED, event__lt=OuterRef("event")
    )
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    mine = Delivery.objects.filter(free, state=State.WAITING, due_at__lte=now)
    return mine.filter(Q(lane="") | ~Exists(before))


def _routes(now: datetime) -> list[Route]:
    """Open ones with something due, the least recently served first, so that long queues leave room for short ones."""
    waiting = Delivery.objects.filter(route=OuterRef("name"), state=State.WAITING, due_at__lte=now)
    rows = Route.objects.filter(Q(closed_until=None) | Q(closed_until__lte=now)).filter(Exists(waiting))
    rows = rows.order_by(F("served_at").asc(nulls_first=True), "pk")
    return list(rows.select_for_update(skip_locked=True)[:MOST_ROUTES])


def channel_of(route: str) -> str:
    return route.partition(":")[0]


def limits(routes: Sequence[str]) -> dict[str, Limits]:
    found: dict[str, Limits] = {}
    for name, channel in CHANNELS.items():
        if mine := [route for route in routes if channel_of(route) == name]:
            found |= channel.limits(mine)
    return found


def _under_way(routes: Sequence[str], now: datetime) -> dict[str, int]:
    rows = Delivery.objects.filter(route__in=routes, state=State.WAITING, lease_until__gte=now)
    return dict(rows.values_list("route").annotate(Count("pk")).order_by())


def _room(route: Route, limit: Limits, now: datetime) -> int:
    if route.failures >= PATIENCE:
        return 1
    if not limit.count:
        return limit.at_once
    if route.window_from is None or route.window_from + timedelta(seconds=limit.seconds) <= now:
        route.window_from, route.window_used = now, 0
    return min(limit.at_once, limit.count - route.window_used)


def _first(route: str, room: int, now: datetime) -> list[int]:
    if room <= 0:
        return []
    rows = due(now).filter(route=route).order_by("due_at", "pk")
    return list(rows.values_list("pk", flat=True)[:room])


def _take(keys: Sequence[int], lease: str, now: datetime) -> None:
    began = Case(When(lease_until__isnull=False, then=Value(True)), default=F("is_unclear"))
    until = now + timedelta(seconds=settings.LEASE)
    Delivery.objects.filter(pk__in=keys, state=State.WAITING).update(
        is_unclear=began, lease=lease, lease_until=until, tries=F("tries") + 1
    )
