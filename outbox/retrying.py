"""When to try again. Pure; seconds everywhere."""

import random
from collections.abc import Sequence

from businesses.telling import MAX_WAIT

JITTER = 0.2
"""So that what failed together does not come back together."""

PATIENCE = 5
"""Failures in a row after which a route is closed for a while."""
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 900.0


def delay(delays: Sequence[float], number: int, wished: float | None = None) -> float | None:
    """Before the try after the `number`-th, at least what the other side wished; None when there is no other."""
    if number > len(delays):
        return None
    return max(delays[number - 1] * _spread(), wish(wished))


def wish(seconds: float | None) -> float:
    """How long the other side wants to be left alone, at most a day."""
    return min(max(seconds or 0.0, 0.0), MAX_WAIT)


def counted(before: int, more: int) -> int:
    """Failures in a row: what failed together counts each, but only the next probe closes a route for longer."""
    return min(before + more, PATIENCE) if before < PATIENCE else before + 1


def pause(failures: int) -> float | None:
    """How long a route stays closed after that many failures in a row; None while it stays open."""
    if failures < PATIENCE:
        return None
    return min(FIRST_PAUSE * 2.0 ** min(failures - PATIENCE, 10), LONGEST_PAUSE) * _spread()


def _spread() -> float:
    return 1.0 + random.uniform(-JITTER, JITTER)
