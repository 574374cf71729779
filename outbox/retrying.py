"""When to try again. Pure; seconds everywhere."""

import random
from collections.abc import Sequence

JITTER = 0.2
"""So that what failed together does not come back together."""

PATIENCE = 5
"""Failures in a row after which a route is closed for a while."""
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 900.0


def delay(delays: Sequence[float], number: int, wish: float | None = None) -> float | None:
    """Before the try after the `number`-th, at least what the other side wished; None when there is no other."""
    if number > len(delays):
        return None
    return max(delays[number - 1] * _spread(), wish or 0.0)


def pause(failures: int) -> float | None:
    """How long a route stays closed after that many failures in a row; None while it stays open."""
    if failures < PATIENCE:
        return None
    return min(FIRST_PAUSE * 2.0 ** min(failures - PATIENCE, 10), LONGEST_PAUSE) * _spread()


def _spread() -> float:
    return 1.0 + random.uniform(-JITTER, JITTER)
