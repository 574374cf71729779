"""Substring search that stays fast: a trigram index of PostgreSQL, an FTS5 trigram table of SQLite, one call."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connections, models
from django.db.migrations.operations.base import Operation

from core.text import ascii_fold
from core.vendor_sql import VendorSQL

Rows = TypeVar("Rows", bound=models.QuerySet[Any])
MIN_TRIGRAM, MAX_WORDS, MAX_TEXT, FEW = 3, 6, 200, 1000


@dataclass(frozen=True)
class TextSearch:
    """A folded text column (see `ascii_fold`) of a table with a trigram index made by `index_operations`."""

    table: str
    column: str

    def apply(self, rows: Rows, text: str) -> Rows:
        """Rows that contain every word of `text`."""
        words = ascii_fold(text[:MAX_TEXT]).split()[:MAX_WORDS]
        if connections[rows.db].vendor == "sqlite":
            rows, words = self._by_index(rows, words)
        for word in words:
            rows = rows.filter(**{f"{self.column}__contains": word})
        return rows

    def _by_index(self, rows: Rows, words: list[str]) -> tuple[Rows, list[str]]:
        """Few hits are fetched from the trigram table; of many, the list itself finds the first soonest."""
        known = [word for word in words if len(word) >= MIN_TRIGRAM]
        if not known:
            return rows, words
        phrases = " AND ".join('"' + word.replace('"', '""') + '"' for word in known)
        with connections[rows.db].cursor() as cursor:
            sql = f"SELECT rowid FROM {self.table}_fts WHERE {self.table}_fts MATCH %s LIMIT %s"
            hits = [key for (key,) in cursor.execute(sql, [phrases, FEW + 1])]
        if len(hits) > FEW:
            return rows, words
        return rows.filter(pk__in=hits), [word for word in words if word not in known]


def index_operations(table: str, column: str) -> list[Operation]:
    """Migration operations for the index; each runs only on its own database."""
    return [
        VendorSQL("postgresql", _postgres(table, column), f"DROP INDEX {table}_{column}_trgm"),
        VendorSQL("sqlite", _sqlite(table, column), f"DROP TABLE {table}_fts"),
    ]


def _postgres(table: str, column: str) -> list[str]:
    return [
        "CREATE EXTENSION IF NOT EXISTS pg_trgm",
        f"CREATE INDEX {table}_{column}_trgm ON {table} USING gin ({column} gin_trgm_ops)",
    ]


def _sqlite(table: str, column: str) -> list[str]:
    """An external-content FTS table, kept in step by triggers."""
    create = (
        f"CREATE VIRTUAL TABLE {table}_fts "
        f"USING fts5({column}, content={table}, content_rowid=id, tokenize='trigram')"
    )
    return [create, *_triggers(table, column)]


def trigger_operations(table: str, column: str) -> list[Operation]:
    """For a migration that makes SQLite rebuild the table: its triggers went with the old one."""
    names = [f"DROP TRIGGER IF EXISTS {table}_fts_{verb}" for verb in ("insert", "delete", "update")]
    return [VendorSQL("sqlite", [*names, *_triggers(table, column)])]


def _triggers(table: str, column: str) -> list[str]:
    fts = f"{table}_fts"
    gone = f"INSERT INTO {fts}({fts}, rowid, {column}) VALUES ('delete', old.id, old.{column});"
    here = f"INSERT INTO {fts}(rowid, {column}) VALUES (new.id, new.{column});"
    return [
        f"CREATE TRIGGER {table}_fts_insert AFTER INSERT ON {table} BEGIN {here} END",
        f"CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} BEGIN {gone} END",
        f"CREATE TRIGGER {table}_fts_update AFTER UPDATE OF {column} ON {table} BEGIN {gone} {here} END",
    ]
