"""Translations, static files, database, demo data: each made once, and again when its source changes."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from scripts import dotenv, stamps
from scripts.console import ROOT, VAR, VENV_PYTHON, manage, run

FIRST_MIGRATION = "contenttypes.0001_initial"


def files() -> str:
    """Compiles with Babel, so that a machine without gettext can run the app."""
    made = [work() for work in (_translations, _static)]
    return "made" if any(made) else "already there"


def database() -> str:
    key = stamps.digest(_migrations(), _applied())
    if _sqlite_file() and _applied() and stamps.is_done("database", key):
        return "up to date"
    output = manage("migrate", "--no-input")
    if FIRST_MIGRATION in output:
        stamps.forget("demo")  # a new database is an empty one
    stamps.done("database", stamps.digest(_migrations(), _applied()))
    return "migrated" if "Applying" in output else "up to date"


def demo() -> str:
    """Once for each database: whoever removes the demo data does not get it back."""
    key = stamps.digest([], _url(), _applied().partition("\n")[0], _setting("DEMO_PASSWORD"))
    if stamps.is_done("demo", key):
        return "already there"
    manage("demo")
    stamps.done("demo", key)
    return "loaded"


def _translations() -> bool:
    sources = list(ROOT.glob("locale/*/LC_MESSAGES/*.po"))
    key = stamps.digest(sources)
    if stamps.is_done("translations", key) and all(po.with_suffix(".mo").exists() for po in sources):
        return False
    for po in sources:
        compile_one = ("compile", "-i", str(po), "-o", str(po.with_suffix(".mo")))
        run(str(VENV_PYTHON), "-m", "babel.messages.frontend", *compile_one)
    stamps.done("translations", key)
    return bool(sources)


def _static() -> bool:
    """The packages bring static files too, hence requirements.txt."""
    sources = [path for folder in _static_folders() for path in folder.rglob("*") if path.is_file()]
    key = stamps.digest([*sources, ROOT / "requirements.txt"])
    if stamps.is_done("static", key) and (VAR / "static").exists():
        return False
    manage("collectstatic", "--no-input")
    stamps.done("static", key)
    return True


def _static_folders() -> Iterator[Path]:
    yield from (path for path in (ROOT / "static", *ROOT.glob("*/static")) if VAR not in path.parents)


def _migrations() -> list[Path]:
    found = [path for pattern in ("*/migrations/*.py", "*/*/migrations/*.py") for path in ROOT.glob(pattern)]
    return [*found, ROOT / "requirements.txt"]


def _applied() -> str:
    """What an SQLite database says was applied and when; nothing when the file is gone."""
    file = _sqlite_file()
    if not file or not file.exists():
        return ""
    try:
        connection = sqlite3.connect(f"{file.as_uri()}?mode=ro", uri=True)
        rows = connection.execute("SELECT app, name, applied FROM django_migrations ORDER BY id").fetchall()
        connection.close()
    except sqlite3.Error:
        return ""
    return "\n".join(map(str, rows))


def _sqlite_file() -> Path | None:
    """None for other databases: they are asked, through `migrate`, on every run."""
    url = urlsplit(_url())
    return (ROOT / unquote(url.path[1:])).resolve() if url.scheme == "sqlite" else None


def _url() -> str:
    return _setting("DATABASE_URL") or f"sqlite:///{VAR / 'faturo.sqlite3'}"


def _setting(name: str) -> str:
    return os.environ.get(name, dotenv.read(ROOT / ".env").get(name, ""))
