"""Doing by hand, in a test's own thread, what a worker does."""

from outbox import actions


def fan_out() -> int:
    """Turn all new events into deliveries; how many there were."""
    taken = 0
    while found := actions.fan_out():
        taken += found
    return taken
