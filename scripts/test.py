"""`make test`: the whole suite on SQLite without a broker, then on PostgreSQL with Redis.

ARGS are handed to pytest; DB=sqlite or DB=postgres runs one of them; CI=true makes a missing server an error.
"""

import contextlib
import json
import os
import secrets
import shlex
import shutil
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from scripts import packages, prepare, servers, system
from scripts.console import ROOT, VAR, VENV_PYTHON, Failed, environment, main, step

NOTHING_COLLECTED = 5
WORK = VAR / "test"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MAC_BROWSER = Path("/Applications/Google Chrome.app")
AT_ONCE = ("-n", "auto", "--maxprocesses", "4", "--dist", "loadfile")
"""Each process has a database of its own; the tests of a file share what they set up, so they stay together."""
MISSING = "\n*** NOT TESTED: {}. ***\n"


@dataclass(frozen=True)
class Pass:
    """One run of the suite."""

    label: str
    database_url: str
    redis_url: str
    browser: bool


def test() -> int:
    with contextlib.ExitStack() as running:
        passes = set_up(running)
        return verdict([_run(passes, number) for number in range(len(passes))])


def set_up(running: contextlib.ExitStack) -> list[Pass]:
    """The passes that DB asks for, with the servers they need."""
    signal.signal(signal.SIGTERM, _interrupt)
    wanted = os.environ.get("DB") or "all"
    if wanted not in ("all", "sqlite", "postgres"):
        raise Failed(f"DB must be sqlite or postgres, not {wanted!r}.")
    _prepare()
    passes = [_sqlite()] if wanted != "postgres" else []
    return passes + (_postgres(running) if wanted != "sqlite" else [])


def verdict(codes: list[int]) -> int:
    """A filter may leave one database without a test; leaving all without one is a mistake."""
    failures = [code for code in codes if code not in (0, NOTHING_COLLECTED)]
    if failures:
        return failures[0]
    return 0 if 0 in codes else NOTHING_COLLECTED


def _prepare() -> None:
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    os.environ.setdefault("SECRET_KEY", secrets.token_urlsafe(50))
    step("PDF libraries", system.pdf_libraries)
    step("Python packages (.venv)", packages.install)
    step("Translations, static files", prepare.files)


def _sqlite() -> Pass:
    return Pass("SQLite", f"sqlite:///{WORK / 'faturo.sqlite3'}", "", browser=_has_browser())


def _postgres(running: contextlib.ExitStack) -> list[Pass]:
    try:
        database_url = running.enter_context(servers.postgres())
    except servers.Missing as missing:
        _not_tested(missing)
        return []
    try:
        redis_url = running.enter_context(servers.redis())
    except servers.Missing as missing:
        _not_tested(missing)
        redis_url = ""
    return [Pass("PostgreSQL", database_url, redis_url, browser=False)]


def _has_browser() -> bool:
    found = MAC_BROWSER.exists() or any(map(shutil.which, BROWSERS))
    if not found:
        _not_tested("the screens, for lack of Chromium (Debian: chromium chromium-driver)")
    return found


def _not_tested(what: object) -> None:
    if os.environ.get("CI"):
        raise Failed(f"Everything is tested in CI, but {what}.")
    print(MISSING.format(what), flush=True)


def _run(passes: list[Pass], number: int) -> int:
    this = passes[number]
    print(f"\n{this.label}", flush=True)
    command = [str(VENV_PYTHON), "-m", "pytest", *AT_ONCE, *([] if this.browser else ["-m", "not browser"])]
    env = environment(
        **settings(this),
        FATURO_ONLY_DATABASE="on" if number else "off",
        FATURO_TALLY=str(WORK),
        FATURO_RUNS=json.dumps([earlier.label for earlier in passes[: number + 1]]),
    )
    arguments = shlex.split(os.environ.get("ARGS", ""))
    command += ["-p", "scripts.tally", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, check=False).returncode


def settings(this: Pass) -> dict[str, str]:
    """What the developer's own .env says must not change what the tests see."""
    return {
        "DATABASE_URL": this.database_url,
        "REDIS_URL": this.redis_url,
        "MEDIA_ROOT": str(WORK / "media"),
        "DEBUG": "off",
        "SITE_URL": "http://127.0.0.1:8000",
        "LANGUAGE_CODE": "pt-br",
        "TIME_ZONE": "America/Sao_Paulo",
    }


def _interrupt(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


if __name__ == "__main__":
    main(test)
