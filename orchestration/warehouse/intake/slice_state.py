"""The state of each slice (client, level and day), how its last attempt ended, and its receipts."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from orchestration.answers.slices import LEVELS_IN_WORDS, Batch
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

MENDED_LEVELS = ("account", "campaign")
"""Levels whose rows may have been completed from a deeper level."""


def write_receipts(connection: Connection, receipts: Iterable[tuple[Any, ...]]) -> None:
    """Append receipts: (client_id, level, date_day, state, row_count, batch_id, reason)."""
    with (
        connection.cursor() as cursor,
        cursor.copy(
            "copy ops.receipts "
            "(client_id, level, date_day, state, row_count, batch_id, reason) from stdin"
        ) as copy,
    ):
        for receipt in receipts:
            copy.write_row(receipt)


def write_kept_slices(connection: Connection, batch: Batch, days: Sequence[date]) -> None:
    """Write receipts and state of the kept days; unchanged rows stay those of the batch before."""
    slices = [
        (
            level,
            day,
            "received" if rows.slices[day].row_count else "empty",
            rows.slices[day].row_count,
            rows.slices[day].content_hash,
            mended_from,
            _mended_reason(mended_from),
        )
        for level, rows in batch.contents.items()
        for day in days
        for mended_from in [batch.mended.get(day) if level in MENDED_LEVELS else None]
    ]
    names = ("levels", "days", "states", "counts", "hashes", "mended", "reasons")
    columns = [[part[place] for part in slices] for place in range(len(names))]
    connection.execute(
        read_sql(__file__, "write_kept_slices"),
        {"client": batch.client_id, "batch": batch.batch_id, "read_for": batch.read_for}
        | dict(zip(names, columns, strict=True)),
    )


def _mended_reason(mended_from: str | None) -> str | None:
    """What a receipt says of rows that were completed from another level."""
    return None if mended_from is None else f"mended from {LEVELS_IN_WORDS[mended_from]}"


def note_attempt(
    connection: Connection, batch_id: int, outcome: str, *, is_counted: bool = True
) -> None:
    """Note a refused or failed attempt for the batch's days; what is stored of them stays.

    The batch's receipts of this outcome are written before. Days that a later batch asked for since
    are left alone: a process that was suspended past its lease may end late, with older answers.
    """
    connection.execute(
        read_sql(__file__, "note_attempt"),
        {"batch": batch_id, "state": outcome, "counted": int(is_counted)},
    )


def write_waived(
    connection: Connection,
    client_id: str,
    levels: Sequence[str],
    since: date,
    until: date,
    reason: str,
) -> list[date]:
    """Waive the days of a range that have no data at any level; returns them, in order."""
    values = {"client": client_id, "levels": list(levels), "since": since, "until": until}
    rows = connection.execute(
        """
        select d.day::date
        from generate_series(%(since)s::timestamp, %(until)s, interval '1 day') as d (day)
        where not exists (
            select 1 from ops.slice_state as s
            where s.client_id = %(client)s and s.date_day = d.day::date and s.state <> 'none'
        )
        order by 1
        """,
        values,
    )
    days = [day for (day,) in rows]
    write_receipts(
        connection,
        [(client_id, level, day, "waived", None, None, reason) for level in levels for day in days],
    )
    connection.execute(
        read_sql(__file__, "write_waived_slices"), values | {"reason": reason, "days": days}
    )
    return days
