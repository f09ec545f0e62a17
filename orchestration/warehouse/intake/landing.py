"""Stores raw rows as the API sent them, by COPY, and reads them back."""

import re
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson

from orchestration.answers.slices import Batch
from orchestration.warehouse.connection import Connection

ESCAPED_NUL = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")
"""The escape of a NUL in JSON, but not a backslash that is followed by such letters."""


@dataclass(frozen=True)
class Cost:
    """What it took to get a batch: calls with their retries, and rows that came twice."""

    calls: int = 0
    duplicates: int = 0


def land(connection: Connection, batch: Batch, without: Collection[date]) -> None:
    """Store the rows of a batch as they came, without those of some days.

    In the caller's transaction.
    """
    if not batch.rows_besides(without):
        return
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy landing.insights "
            "(batch_id, client_id, level, row_number, payload, actions, action_values) from stdin"
        ) as copy,
    ):
        for level, rows in batch.contents.items():
            for number, row, arrays in rows.documents(without):
                completed = map(_storable, arrays) if arrays else (None, None)
                copy.write_row(
                    (batch.batch_id, batch.client_id, level, number, _storable(row), *completed)
                )


def land_beside(connection: Connection, batch: Batch) -> None:
    """Store the rows that are evidence only: what other rows were completed from.

    In the caller's transaction.
    """
    if not batch.beside:
        return
    numbers: Counter[str] = Counter()
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy landing.witness_rows (batch_id, client_id, level, row_number, payload) from stdin"
        ) as copy,
    ):
        for level, row in batch.beside:
            document = _storable(orjson.dumps(row))
            copy.write_row((batch.batch_id, batch.client_id, level, numbers[level], document))
            numbers[level] += 1


def _storable(document: bytes) -> str:
    """JSON text that Postgres can store: with the replacement character in place of each NUL."""
    text = document.decode()
    return ESCAPED_NUL.sub(r"\1\\ufffd", text) if "\\u0000" in text else text


def landed_rows(
    connection: Connection, client_id: str, batch_id: int, days: Sequence[date]
) -> dict[str, list[dict[str, Any]]]:
    """The rows of some days of a batch as they came, for each level that was asked for."""
    levels = connection.execute(
        "select distinct level from ops.all_receipts "
        "where client_id = %s and date_day = any(%s) and batch_id = %s",
        [client_id, list(days), batch_id],
    )
    rows: dict[str, list[dict[str, Any]]] = {level: [] for (level,) in levels}
    for level, payload in connection.execute(
        "select level, payload from landing.insights "
        "where batch_id = %s and payload ->> 'date_start' = any(%s) order by level, row_number",
        [batch_id, [day.isoformat() for day in days]],
    ):
        rows[level].append(payload)
    return rows


def standing_rows(
    connection: Connection, client_id: str, days: Sequence[date]
) -> list[tuple[str, dict[str, Any]]]:
    """Level and row, as they came, of what is stored for these days below the account."""
    return connection.execute(
        """
        select l.level, l.payload
        from ops.slice_state as s
        inner join landing.insights as l
            on s.batch_id = l.batch_id and s.level = l.level
                and l.payload ->> 'date_start' = s.date_day::text
        where s.client_id = %s and s.level <> 'account' and s.state = 'received'
            and s.date_day = any(%s)
        order by l.level, l.batch_id, l.row_number
        """,
        [client_id, list(days)],
    ).fetchall()
