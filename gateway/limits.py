"""How often a key may call: so many requests in a short window and so many a day. Counted in the cache; exact with
Redis, per process without it.
"""

from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.utils import timezone

DAY = 86_400


@dataclass(frozen=True)
class Limit:
    """At most `burst` requests in `seconds`, and `daily` a day (UTC)."""

    burst: int
    seconds: int
    daily: int


def usual_limit() -> Limit:
    """For APIs whose documents name none: the setting API_LIMIT for ten seconds, and what that leaves for a day."""
    return Limit(burst=settings.API_LIMIT, seconds=10, daily=1000 * settings.API_LIMIT)


@dataclass(frozen=True)
class Usage:
    """What is left after this request, and in how many seconds the window starts again."""

    limit: Limit
    left: int
    left_today: int
    resets_in: int

    @property
    def is_over(self) -> bool:
        return self.left < 0 or self.left_today < 0


def count(key: str, limit: Limit) -> Usage:
    """Count one request of a key."""
    now = timezone.now().timestamp()
    used = _count(f"api:{key}:b:{int(now // limit.seconds)}", limit.seconds)
    today = _count(f"api:{key}:d:{int(now // DAY)}", DAY)
    wait = limit.seconds - int(now % limit.seconds)
    if today > limit.daily:
        wait = DAY - int(now % DAY)
    return Usage(limit, limit.burst - used, limit.daily - today, wait)


def _count(name: str, seconds: int) -> int:
    if cache.add(name, 1, timeout=2 * seconds):
        return 1
    try:
        return int(cache.incr(name))
    except ValueError:  # evicted between the two calls
        return 1


def usual_headers(used: Usage) -> dict[str, str]:
    """The three headers that most clients understand (draft-ietf-httpapi-ratelimit-headers-03)."""
    return {
        "RateLimit-Limit": str(used.limit.burst),
        "RateLimit-Remaining": str(max(0, used.left)),
        "RateLimit-Reset": str(used.resets_in),
    }
