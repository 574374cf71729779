"""The embedded worker: runs the schedule in one process, no broker needed, until it is told to stop."""

import logging
import signal
import threading
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections
from django.utils.module_loading import import_string

from core.stopping import STOP

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the scheduled work in this process (what Celery beat and workers do in the scale-out mode)."

    def handle(self, *args: Any, **options: Any) -> None:
        STOP.clear()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: STOP.set())
        work = [
            threading.Thread(target=run, args=(*entry, STOP), name=entry[0]) for entry in settings.SCHEDULE
        ]
        for thread in work:
            thread.start()
        for thread in work:
            thread.join()


def run(name: str, function: str, every: float, stop: threading.Event) -> None:
    """One entry of the schedule on a thread of its own: a long PDF keeps no e-mail waiting."""
    work = import_string(function)
    while not stop.is_set():
        has_more = run_one(name, work)
        stop.wait(0 if has_more else every)
    connections.close_all()


def run_one(name: str, work: Callable[[], Any]) -> bool:
    """One piece of work, and whether it found any; its failure is logged and must not stop the others."""
    close_old_connections()
    try:
        return bool(work())
    except Exception:
        logger.exception("scheduled work %s failed", name)
        return False
