"""Reads rows of the warehouse as dictionaries."""

from collections.abc import Mapping, Sequence
from typing import Any, LiteralString

from psycopg.rows import dict_row

from orchestration.warehouse.connection import Connection


def dict_rows(
    connection: Connection,
    statement: LiteralString,
    values: Mapping[str, Any] | Sequence[Any] | None = None,
) -> list[dict[str, Any]]:
    """The rows that a statement returns, each by the names of its columns."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(statement, values).fetchall()
