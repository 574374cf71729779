"""Taking what is due: one short transaction in which routes are locked, so that no two workers count the same room."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Case, Count, Exists, F, OuterRef, Q, QuerySet, Value, When

from businesses.telling import Limits
from outbox.channels import CHANNELS
from outbox.models import UNFINISHED, Delivery, Route, State
from outbox.retrying import PATIENCE

MOST_ROUTES = 50
UNUSABLE = timedelta(seconds=30)
"""How long nobody asks again for a route that its owner has paused, so that many of them are not in the way."""
SUSPECT = 5
"""Lapses after which a delivery is taken alone: it may be the one that kills its workers."""


def claim(lease: str, most: int, now: datetime, without: Collection[str] = ()) -> list[Delivery]:
    """At most `most` deliveries that are due, taken under this lease; with their events, in the order of their ids."""
    with transaction.atomic():
        routes = _routes(now, without)
        allowed = limits([route.name for route in routes])
        busy = _under_way([route.name for route in routes], now)
        taken: list[int] = []
        served: list[Route] = []
        for route in routes:
            if len(taken) >= most:
                break
            served.append(route)
            limit = allowed.get(route.name)
            if limit is None:
                route.closed_until = now + UNUSABLE
                continue
            room = min(_room(route, limit, busy.get(route.name, 0), now), most - len(taken))
            keys = _first(route.name, room, now)
            taken += keys
            route.window_used += len(keys) if limit.count else 0
        _note(served, now)
        taken = _apart(taken)
        if not taken:
            return []
        _take(taken, lease, now)
        rows = Delivery.objects.filter(lease=lease, pk__in=taken, state=State.WAITING)
        return list(rows.select_related("event").order_by("pk"))


def is_any_due(now: datetime) -> bool:
    """Without a lock: SQLite has one writer at a time, and mostly nothing is due."""
    return Route.objects.filter(_is_open(now), _has_due(now)).exists()


def due(now: datetime) -> QuerySet[Delivery]:
    """Waiting, in nobody's hands, and first of its lane."""
    before = Delivery.objects.filter(
        route=OuterRef("route"), lane=OuterRef("lane"), state__in=UNFINISHED, event__lt=OuterRef("event")
    )
    return _free(now).filter(Q(lane="") | ~Exists(before))


def _free(now: datetime) -> QuerySet[Delivery]:
    free = Q(lease_until=None) | Q(lease_until__lt=now)
    return Delivery.objects.filter(free, state=State.WAITING, due_at__lte=now)


def _is_open(now: datetime) -> Q:
    return Q(closed_until=None) | Q(closed_until__lte=now)


def _has_due(now: datetime) -> Exists:
    return Exists(_free(now).filter(route=OuterRef("name")))


def _routes(now: datetime, without: Collection[str]) -> list[Route]:
    """Open ones with something due, the least recently served first, so that long queues leave room for short ones."""
    rows = Route.objects.filter(_is_open(now), _has_due(now)).exclude(name__in=without)
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
    return dict(rows.exclude(lease="").values_list("route").annotate(Count("pk")).order_by())


def _room(route: Route, limit: Limits, busy: int, now: datetime) -> int:
    if route.failures >= PATIENCE:
        return 1 - busy
    if not limit.count:
        return limit.at_once - busy
    if route.window_from is None or route.window_from + timedelta(seconds=limit.seconds) <= now:
        route.window_from, route.window_used = now, 0
    return min(limit.at_once - busy, limit.count - route.window_used)


def _first(route: str, room: int, now: datetime) -> list[int]:
    """What another worker is just storing the end of is left alone: waiting for it could be waiting for each other."""
    if room <= 0:
        return []
    rows = due(now).filter(route=route).order_by("due_at", "pk")
    mine = rows.select_for_update(skip_locked=True, of=("self",))
    return list(mine.values_list("pk", flat=True)[:room])


def _apart(keys: list[int]) -> list[int]:
    """One suspect without the others, when there is one: what it kills with it would become suspect as well."""
    suspects = Delivery.objects.filter(pk__in=keys, lapses__gte=SUSPECT) if keys else Delivery.objects.none()
    suspect = suspects.order_by("pk").values_list("pk", flat=True).first()
    return [suspect] if suspect else keys


def _note(routes: Sequence[Route], now: datetime) -> None:
    """Also of those that had no room: their turn is over."""
    plain = []
    for route in routes:
        route.served_at = now
        if route.window_from is None and route.closed_until is None:
            plain.append(route.pk)
    Route.objects.filter(pk__in=plain).update(served_at=now)
    rest = [route for route in routes if route.pk not in plain]
    if rest:
        Route.objects.bulk_update(rest, ["served_at", "window_from", "window_used", "closed_until"])


def _take(keys: Sequence[int], lease: str, now: datetime) -> None:
    """Whoever had one of a lease that ran out never said how it ended."""
    lapsed = When(lease_until__isnull=False, then=Value(True))
    once = Case(When(lease_until__isnull=False, then=Value(1)), default=Value(0))
    until = now + timedelta(seconds=settings.LEASE)
    Delivery.objects.filter(pk__in=keys, state=State.WAITING).update(
        is_unclear=Case(lapsed, default=F("is_unclear")),
        lapses=F("lapses") + once,
        lease=lease,
        lease_until=until,
    )
