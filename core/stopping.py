"""Whether this process has been told to stop: work that could go on for ever asks now and then."""

from threading import Event

STOP = Event()


def is_told() -> bool:
    return STOP.is_set()
