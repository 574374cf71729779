"""Threads that start at the same moment, each with a connection of its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TypeVar

from django.db import connection

T = TypeVar("T")


def race(threads: int, act: Callable[[int], T]) -> list[T | Exception]:
    """What `act(0)`, `act(1)` … returned or raised."""
    barrier = Barrier(threads)

    def run(number: int) -> T | Exception:
        try:
            connection.ensure_connection()
            barrier.wait(timeout=60)
            return act(number)
        except Exception as error:
            return error
        finally:
            connection.close()

    with ThreadPoolExecutor(threads) as pool:
        return list(pool.map(run, range(threads)))
