"""The embedded worker: runs the schedule in one process, no broker needed, until it is told to stop."""

import logging
import signal
import threading
import time
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import close_old_connections
from django.utils.module_loading import import_string

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Run the scheduled work in this process (what Celery beat and workers do in the scale-out mode)."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_signal: stop.set())
        due = {name: 0.0 for name, _function, _every in settings.SCHEDULE}
        while not stop.is_set():
            for name, function, every in settings.SCHEDULE:
                if due[name] <= time.monotonic():
                    has_more = self.run_one(name, function)
                    due[name] = time.monotonic() + (0 if has_more else every)
            stop.wait(max(0.0, min(due.values()) - time.monotonic()))

    def run_one(self, name: str, function: str) -> bool:
        """One piece of work, and whether it found any; its failure is logged and must not stop the others."""
        close_old_connections()
        try:
            return bool(import_string(function)())
        except Exception:
            logger.exception("scheduled work %s failed", name)
            return False
