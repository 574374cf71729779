"""Rows for answers, without model instances: columns as the database gives them, by a SELECT that is compiled once.

Fifty instances of fifty columns cost several times as much as reading them, and compiling the SELECT as much again.
Decimals are whole numbers here (see `core.fields.ScaledField`), and JSON is its own text.
"""

from collections.abc import Collection, Sequence
from functools import cached_property
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Model, QuerySet

POWERS = [10**places for places in range(7)]


class Columns:
    """Some columns of a model, also of rows that it points at (`customer__public_id`).

    `parent` is the path to what many of them are asked for by: a line's invoice.
    """

    def __init__(self, model: type[Model], names: Sequence[str], parent: str = "pk") -> None:
        self.model, self.names, self.parent = model, tuple(names), parent

    @cached_property
    def _select(self) -> str:
        return self._compiled()

    @cached_property
    def _below(self) -> str:
        return self._compiled(**{f"{self.parent}__in": [0]})

    def _compiled(self, **conditions: Any) -> str:
        rows = self.model._base_manager.filter(**conditions).order_by().values_list(*self.names)
        return str(rows.query.sql_with_params()[0])

    def of(self, rows: QuerySet[Any]) -> list[dict[str, Any]]:
        """These columns of the rows that a query finds, in no order."""
        table = connection.ops.quote_name(self.model._meta.db_table)
        try:
            wanted, params = rows.values("pk").query.sql_with_params()
        except EmptyResultSet:
            return []
        return self._fetched(f"{self._select} WHERE {table}.id IN ({wanted})", params)

    def below(self, keys: Collection[int]) -> list[dict[str, Any]]:
        """The same of the rows whose parents these are."""
        marks = ", ".join(["%s"] * len(keys))
        return self._fetched(self._below.replace("(%s)", f"({marks})"), tuple(keys)) if keys else []

    def _fetched(self, sql: str, params: Sequence[Any]) -> list[dict[str, Any]]:
        with connection.cursor() as cursor:
            cursor.execute(sql, params)
            return [dict(zip(self.names, row, strict=True)) for row in cursor.fetchall()]


def decimal(whole: int, places: int) -> str:
    """A scaled column as text, without needless zeros: 125000 of four places is 12.5."""
    if not whole % POWERS[places]:
        return str(whole // POWERS[places])
    units, rest = divmod(abs(whole), POWERS[places])
    text = f"{units}.{rest:0{places}}".rstrip("0")
    return f"-{text}" if whole < 0 else text


def raw(text: str) -> orjson.Fragment:
    """JSON as it is stored, to be written as it is."""
    return orjson.Fragment(text)
