"""Two ways of doing the same thing, in turns within one process; medians, and their ratio."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Act = Callable[[], object]


@dataclass(frozen=True)
class Pair:
    """Seconds."""

    naive: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.naive / self.ours


def seconds(act: Act) -> float:
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


def compare(naive: Act, ours: Act, rounds: int) -> Pair:
    """Medians over the rounds after a first one that warms up both."""
    took: list[tuple[float, float]] = []
    for turn in range(rounds + 1):
        if turn % 2:
            second, first = seconds(ours), seconds(naive)
        else:
            first, second = seconds(naive), seconds(ours)
        took.append((first, second))
    firsts, seconds_ = zip(*took[1:], strict=True)
    return Pair(statistics.median(firsts), statistics.median(seconds_))


def heading(title: str, unit: str) -> None:
    print(f"\n{title:<46} {'naive ' + unit:>12} {'ours ' + unit:>12} {'ratio':>8}")


def row(name: str, naive: float, ours: float, ratio: float) -> None:
    print(f"{name:<46} {naive:>12,.1f} {ours:>12,.1f} {ratio:>7.1f}x", flush=True)
