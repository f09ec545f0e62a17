"""Raw rows, as the API sent them, by COPY."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.slices import storable


@dataclass(frozen=True)
class Cost:
    """What it took to get a batch: attempts, and rows that came twice."""

    calls: int = 0
    duplicates: int = 0


def land(
    connection: Connection,
    batch_id: int,
    client_id: str,
    rows: Mapping[str, Sequence[dict[str, Any]]],
    cost: Cost,
) -> None:
    """Keep the batch's answer, by level. A second answer to the same batch replaces the first."""
    connection.execute("delete from landing.insights where batch_id = %s", [batch_id])
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy landing.insights (batch_id, client_id, level, row_number, payload) from stdin"
        ) as copy,
    ):
        for level, level_rows in rows.items():
            for number, row in enumerate(level_rows):
                copy.write_row(
                    (batch_id, client_id, level, number, storable(orjson.dumps(row).decode()))
                )
    connection.execute(
        "update ops.batches set api_calls = %s, rows_duplicated = %s, row_count = %s "
        "where batch_id = %s",
        [cost.calls, cost.duplicates, sum(len(some) for some in rows.values()), batch_id],
    )
