"""Two ways of doing the same thing, in turns within one process; medians, and their ratio."""

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass

Act = Callable[[], object]
Clock = Callable[[], float]


@dataclass(frozen=True)
class Pair:
    """Seconds."""

    naive: float
    ours: float

    @property
    def ratio(self) -> float:
        return self.naive / self.ours


def seconds(act: Act, before: Act, clock: Clock) -> float:
    before()
    start = clock()
    act()
    return clock() - start


def compare(
    naive: Act, ours: Act, rounds: int, before: Act = lambda: None, clock: Clock = time.perf_counter
) -> Pair:
    """Medians over the rounds, after a first one that warms up both; `before` is not timed."""
    acts = (naive, ours)
    took: dict[Act, list[float]] = {naive: [], ours: []}
    for turn in range(rounds + 1):
        for act in acts if turn % 2 else acts[::-1]:
            took[act].append(seconds(act, before, clock))
    return Pair(statistics.median(took[naive][1:]), statistics.median(took[ours][1:]))


def heading(title: str, unit: str) -> None:
    print(f"{title:<48} {'naive ' + unit:>12} {'ours ' + unit:>12} {'ratio':>8}", flush=True)


def row(name: str, naive: float, ours: float, ratio: float) -> None:
    print(f"  {name:<46} {naive:>12,.1f} {ours:>12,.1f} {ratio:>7.1f}x", flush=True)
