"""Tells a worker to look now. The database says what is to be done; nothing is lost when this message is.

With Redis, one message is under way at a time: whoever takes it clears the mark before looking, so that a ring during
the look rings again. A Redis that does not answer costs the caller one short wait, and then none for a while.
"""

import logging
import time
from functools import cache

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu.exceptions import KombuError
from redis import Redis
from redis.backoff import NoBackoff
from redis.exceptions import RedisError
from redis.retry import Retry

MARK = "faturo:doorbell"
WITHIN = 0.15  # seconds
QUIET = 5.0  # seconds without a try after one that failed; also how long a mark lives
TASK = "outbox.tasks.deliver"

logger = logging.getLogger(__name__)
_silent_until = 0.0


def ring_after_commit() -> None:
    """Once for a transaction, however often it is asked for."""
    if settings.REDIS_URL and not _is_asked():
        transaction.on_commit(_Ring(), robust=True)


class _Ring:
    """Its type tells it from what else waits for the commit."""

    def __call__(self) -> None:
        ring()


def _is_asked() -> bool:
    waiting = transaction.get_connection().run_on_commit
    return any(isinstance(entry[1], _Ring) for entry in waiting)


def ring() -> None:
    global _silent_until
    if not settings.REDIS_URL or time.monotonic() < _silent_until:
        return
    try:
        if _redis(settings.REDIS_URL).set(MARK, "1", nx=True, px=int(QUIET * 1000)):
            current_app.send_task(TASK, expires=60, retry=False, ignore_result=True)
    except (RedisError, KombuError, OSError) as error:
        _silent_until = time.monotonic() + QUIET
        logger.warning("Redis does not answer (%s); the next look finds what is due", type(error).__name__)


def answer() -> None:
    """Called by the worker before it looks."""
    if settings.REDIS_URL:
        try:
            _redis(settings.REDIS_URL).delete(MARK)
        except (RedisError, OSError):
            logger.warning("Redis does not answer")


@cache
def _redis(url: str) -> Redis:
    once = Retry(NoBackoff(), 0)
    return Redis.from_url(url, socket_timeout=WITHIN, socket_connect_timeout=WITHIN, retry=once)
