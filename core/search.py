"""Substring search that stays fast: a trigram index of PostgreSQL, an FTS5 trigram table of SQLite, one call."""

from dataclasses import dataclass
from typing import Any, TypeVar

from django.db import connections, models
from django.db.migrations.operations.base import Operation
from django.db.models.expressions import RawSQL

from core.text import ascii_fold
from core.vendor_sql import VendorSQL

Rows = TypeVar("Rows", bound=models.QuerySet[Any])
MIN_TRIGRAM, MAX_WORDS, MAX_TEXT = 3, 6, 200


@dataclass(frozen=True)
class TextSearch:
    """A folded text column (see `ascii_fold`) of a table with a trigram index made by `index_operations`."""

    table: str
    column: str

    def apply(self, rows: Rows, text: str) -> Rows:
        """Rows that contain every word of `text`."""
        for word in ascii_fold(text[:MAX_TEXT]).split()[:MAX_WORDS]:
            rows = self._contains(rows, word)
        return rows

    def _contains(self, rows: Rows, word: str) -> Rows:
        if connections[rows.db].vendor != "sqlite" or len(word) < MIN_TRIGRAM:
            return rows.filter(**{f"{self.column}__contains": word})
        phrase = '"' + word.replace('"', '""') + '"'
        found = RawSQL(f"SELECT rowid FROM {self.table}_fts WHERE {self.table}_fts MATCH %s", [phrase])
        return rows.filter(pk__in=found)


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
    fts = f"{table}_fts"
    gone = f"INSERT INTO {fts}({fts}, rowid, {column}) VALUES ('delete', old.id, old.{column});"
    here = f"INSERT INTO {fts}(rowid, {column}) VALUES (new.id, new.{column});"
    return [
        f"CREATE VIRTUAL TABLE {fts} USING fts5({column}, content={table}, content_rowid=id, tokenize='trigram')",
        f"CREATE TRIGGER {table}_fts_insert AFTER INSERT ON {table} BEGIN {here} END",
        f"CREATE TRIGGER {table}_fts_delete AFTER DELETE ON {table} BEGIN {gone} END",
        f"CREATE TRIGGER {table}_fts_update AFTER UPDATE OF {column} ON {table} BEGIN {gone} {here} END",
    ]
