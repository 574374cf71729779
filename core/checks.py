"""System checks that explain a setting which cannot work or is not safe, each with what to write instead."""

import ctypes.util
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning

from core.paper import INSTALL

Level = type[Error] | type[Warning]
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
OLDEST_SQLITE = (3, 34)
"""The first with the trigram index that search uses."""
NEW_KEY = 'Put one into .env; this makes one: python -c "import secrets; print(secrets.token_urlsafe(50))"'


def safety(**_kwargs: Any) -> list[CheckMessage]:
    """What is fine on this machine alone and not when others can reach it."""
    return list(_safety(Warning))


def safety_when_deploying(**_kwargs: Any) -> list[CheckMessage]:
    return list(_safety(Error))


def _safety(level: Level) -> Iterator[CheckMessage]:
    if not _is_public():
        return
    if settings.SECRET_KEY.startswith("django-insecure") or len(settings.SECRET_KEY) < 50:
        yield _message(level, 1, "SECRET_KEY is known or short, so anyone can forge a sign-in.", NEW_KEY)
    if settings.DEBUG:
        text = "DEBUG shows settings and data to whoever causes an error."
        yield _message(level, 2, text, "Put DEBUG=off into .env.")


def addresses(**_kwargs: Any) -> list[CheckMessage]:
    return list(_addresses())


def _addresses() -> Iterator[CheckMessage]:
    site = urlsplit(settings.SITE_URL)
    if site.scheme not in ("http", "https") or not site.hostname:
        yield _message(
            Error,
            3,
            "SITE_URL is not a web address, and it is what links in e-mails begin with.",
            "Write it as people type it: SITE_URL=https://billing.example.com",
        )
    if getattr(settings, "SECURE_PROXY_SSL_HEADER", None) and not settings.PROXY_COUNT:
        yield _message(
            Warning,
            8,
            "BEHIND_PROXY is on and PROXY_COUNT is 0, so all visitors seem to have one address and share lockouts.",
            "Write how many proxies there are: PROXY_COUNT=1",
        )
    if settings.REDIS_URL and urlsplit(settings.REDIS_URL).scheme not in ("redis", "rediss", "unix"):
        yield _message(
            Error,
            4,
            "REDIS_URL is not the address of a Redis server.",
            "Write REDIS_URL=redis://127.0.0.1:6379/0, or leave it empty to work without Redis.",
        )


def machine(**_kwargs: Any) -> list[CheckMessage]:
    return list(_machine())


def _machine() -> Iterator[CheckMessage]:
    """What must be installed and writable."""
    if settings.IS_SQLITE and sqlite3.sqlite_version_info < OLDEST_SQLITE:
        yield _message(
            Error,
            5,
            f"SQLite {sqlite3.sqlite_version} is too old to search with.",
            "Use Python with SQLite 3.34 or newer, or PostgreSQL: DATABASE_URL=postgres://user:password@host/name",
        )
    if not _is_writable(Path(settings.MEDIA_ROOT)):
        yield _message(
            Error,
            6,
            f"MEDIA_ROOT ({settings.MEDIA_ROOT}) cannot be written, so no PDF can be kept.",
            "Give the user that runs Faturo the right to write there, or set MEDIA_ROOT to another folder.",
        )
    if not has_pango():
        yield _message(Warning, 7, "Pango is not installed, so no PDF can be made.", f"Install it: {INSTALL}")


def has_pango() -> bool:
    """Whether the linker knows it; the PDF engine itself is never loaded into the web process."""
    return any(map(ctypes.util.find_library, ("pango-1.0", "pango-1.0-0", "libpango-1.0-0")))


def _is_public() -> bool:
    site = urlsplit(settings.SITE_URL)
    return site.scheme == "https" or (site.hostname or "") not in LOOPBACK


def _is_writable(folder: Path) -> bool:
    """A folder that is not there yet counts when it could be made."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _message(level: Level, number: int, text: str, hint: str) -> CheckMessage:
    letter = "W" if level is Warning else "E"
    return level(text, hint=hint, id=f"core.{letter}{number:03}")


CHECKS = [(safety, Tags.security, False), (safety_when_deploying, Tags.security, True)]
CHECKS += [(addresses, Tags.compatibility, False), (machine, Tags.compatibility, False)]
