"""A pytest plugin: the last run's summary line counts the runs before it too, each listed above it."""

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter

LABELS = json.loads(os.environ.get("FATURO_RUNS", "[]"))  # this run's label last, the earlier ones before it
FOLDER = Path(os.environ.get("FATURO_TALLY", "."))
COUNTED = ("failed", "passed", "skipped", "deselected", "xfailed", "xpassed", "warnings", "error")


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: TerminalReporter) -> Iterator[None]:
    """After everything else was written, so that nothing tries to describe the earlier runs' results."""
    yield
    *earlier, this = LABELS
    mine = {word: len(terminalreporter.getreports(word)) for word in COUNTED}
    _file(this).write_text(json.dumps(mine))
    if earlier:
        terminalreporter.write_line("")
        for label in LABELS:
            _write_line(terminalreporter, label)
        for label in earlier:
            _add(terminalreporter, label)


def _write_line(terminal: TerminalReporter, label: str) -> None:
    counts = _counts(label)
    words = ", ".join(f"{number} {word}" for word, number in counts.items() if number)
    failed = not counts or counts["failed"] or counts["error"]
    terminal.write_line(f"{label:<12}{words or 'did not finish'}", red=bool(failed), green=not failed)


def _add(terminal: TerminalReporter, label: str) -> None:
    counts = _counts(label) or {"error": 1}
    for word, number in counts.items():
        if number:
            terminal.stats.setdefault(word, []).extend([_Earlier()] * number)
    terminal._set_main_color()


class _Earlier:
    """Stands for one result of an earlier run."""

    count_towards_summary = True


def _counts(label: str) -> dict[str, int]:
    file = _file(label)
    return dict(json.loads(file.read_text())) if file.exists() else {}


def _file(label: str) -> Path:
    return FOLDER / f"{label}.json"
