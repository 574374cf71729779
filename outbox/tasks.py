"""What runs in the background; each task only looks into the database for what is due."""

import math
from datetime import timedelta
from typing import Any

from celery import shared_task

from core import doorbell
from core.clock import database_now
from outbox import actions, engine

SECONDS = 10.0
"""After these a Celery worker leaves its place to other work; the next message goes on."""
KEPT, REMEMBERED = timedelta(days=30), timedelta(days=1)


@shared_task(name="outbox.tasks.deliver", ignore_result=True, bind=True)
def deliver(task: Any) -> bool:
    """Turn new events into deliveries and try what is due; whether there may be more at once.

    `manage.py relay` calls it as a function, on a thread that has no other work: there it goes on while there is any.
    """
    doorbell.answer()
    return engine.drain(math.inf if task.request.called_directly else SECONDS) > 0


@shared_task(name="outbox.tasks.beat", ignore_result=True)
def beat() -> None:
    """Both the clock and a worker live when this has run."""
    actions.beat("schedule")


@shared_task(name="outbox.tasks.forget", ignore_result=True)
def forget() -> int:
    """Old calls, and workers that are gone."""
    now = database_now()
    actions.forget_silent(now - REMEMBERED)
    return actions.forget(now - KEPT)
