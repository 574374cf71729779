"""Progress lines, and commands that stay quiet unless they fail."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VAR = ROOT / "var"
VENV_PYTHON = ROOT / ".venv" / "bin" / "python"


class Failed(Exception):
    """What went wrong, said so that the reader knows what to do next."""


def step(label: str, work: Callable[[], str]) -> None:
    """Prints what is being done, then how it ended: `work` returns that ending in a word or two."""
    print(f"{label:<34}", end="", flush=True)
    start = time.monotonic()
    try:
        ending = work()
    except BaseException:
        print(flush=True)
        raise
    seconds = time.monotonic() - start
    print(f"{ending} ({seconds:.1f} s)" if seconds >= 1 else ending, flush=True)


def run(*command: str, env: Mapping[str, str] | None = None, timeout: float | None = None) -> str:
    """The output of a command; raises Failed with the end of that output when the command fails."""
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=env or environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Failed(str(error)) from error
    if done.returncode:
        raise Failed(f"{_readable(command)} failed:\n{_tail(done.stdout)}")
    return done.stdout


def manage(*command: str) -> str:
    return run(str(VENV_PYTHON), "manage.py", *command)


def environment(**extra: str) -> dict[str, str]:
    """The environment of every program started here."""
    env = {**os.environ, **extra}
    if sys.platform == "darwin":  # Homebrew's pango is not on the loader's own path
        env.setdefault("DYLD_FALLBACK_LIBRARY_PATH", "/opt/homebrew/lib:/usr/local/lib:/usr/lib")
    return env


def main(work: Callable[[], int]) -> None:
    """Runs a script's main function: a Failed becomes one message and exit code 1."""
    try:
        sys.exit(work())
    except Failed as failure:
        sys.exit(f"\n{failure}")
    except KeyboardInterrupt:
        sys.exit("\nStopped.")


def _readable(command: Sequence[str]) -> str:
    return " ".join([Path(command[0]).name, *command[1:]])


def _tail(text: str, lines: int = 25) -> str:
    return "\n".join(text.rstrip().splitlines()[-lines:])
