"""A database of its own for each run, beside the one in DATABASE_URL and gone afterwards: never anybody's data."""

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import django
import environ
import psycopg
from django.core.management import call_command
from django.db import connection, connections
from psycopg import sql

ROOT = Path(__file__).resolve().parent.parent


@contextlib.contextmanager
def throwaway() -> Iterator[None]:
    """Django set up on a new, migrated database of the same kind; must come before the first look at settings."""
    environ.Env.read_env(ROOT / ".env", parse_comments=True)
    with tempfile.TemporaryDirectory(prefix="faturo-bench-") as folder, _database(folder) as url:
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "billing.settings",
            "DATABASE_URL": url,
            "MEDIA_ROOT": f"{folder}/media",
            "SITE_URL": "http://127.0.0.1:8000",
        }
        django.setup()
        call_command("migrate", verbosity=0)
        try:
            yield
        finally:
            connections.close_all()


@contextlib.contextmanager
def _database(folder: str) -> Iterator[str]:
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        yield f"sqlite:///{folder}/bench.sqlite3"
        return
    name = sql.Identifier(fresh := f"faturo_bench_{secrets.token_hex(4)}")
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(name))
        try:
            yield urlunsplit(urlsplit(url)._replace(path=f"/{fresh}"))
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def label() -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SHOW server_version" if connection.vendor == "postgresql" else "SELECT sqlite_version()"
        )
        (version,) = cursor.fetchone()
    return f"{connection.display_name} {version.partition(' ')[0]}"


def settle() -> None:
    """What a PostgreSQL server does by itself soon after a load; the loader has run ANALYZE on either."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("VACUUM ANALYZE")
            cursor.execute("RESET statement_timeout")
