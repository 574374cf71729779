"""Migration operations that run on one database vendor only."""

from typing import Any

from django.db.migrations.operations.special import RunSQL


class VendorSQL(RunSQL):
    """SQL for one database vendor; nothing on the others. A list runs statement by statement, unsplit."""

    def __init__(self, vendor: str, sql: Any, reverse_sql: Any = RunSQL.noop) -> None:
        super().__init__(sql, reverse_sql)
        self.vendor = vendor

    def deconstruct(self) -> Any:
        return self.__class__.__qualname__, [self.vendor, self.sql, self.reverse_sql], {}

    def _run_sql(self, schema_editor: Any, sqls: Any) -> None:
        if schema_editor.connection.vendor == self.vendor:
            super()._run_sql(schema_editor, sqls)  # type: ignore[misc]
