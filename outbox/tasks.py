"""What runs in the background; each task only looks into the database for what is due."""

import socket
from datetime import timedelta

from celery import shared_task

from core import doorbell
from core.clock import database_now
from outbox import actions, engine

SECONDS = 10.0
"""After these a worker leaves its place to other work; the next message goes on."""
KEPT = timedelta(days=30)


@shared_task(name="outbox.tasks.deliver", ignore_result=True)
def deliver() -> bool:
    """Turn new events into deliveries and try what is due; whether there may be more at once."""
    doorbell.answer()
    actions.beat(f"worker {socket.gethostname()}")
    return engine.drain(SECONDS) > 0


@shared_task(name="outbox.tasks.beat", ignore_result=True)
def beat() -> None:
    """Both the clock and a worker live when this has run."""
    actions.beat("schedule")


@shared_task(name="outbox.tasks.forget", ignore_result=True)
def forget() -> int:
    return actions.forget(database_now() - KEPT)
