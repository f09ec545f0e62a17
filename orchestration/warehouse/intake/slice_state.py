"""What stands for each client, level and day, and how the last attempt ended; with its receipts."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from orchestration.answers.slices import LEVELS_IN_WORDS, Batch
from orchestration.warehouse.connection import Connection

MENDED_LEVELS = ("account", "campaign")


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


def write_kept(connection: Connection, batch: Batch, days: Sequence[date]) -> None:
    """Receipts and state of the kept days: the rows of the batch, or the same rows confirmed."""
    lines = [
        (
            batch.client_id,
            level,
            day,
            "received" if (part := rows.slices[day]).row_count else "empty",
            part.row_count,
            part.content_hash,
            batch.mended.get(day) if level in MENDED_LEVELS else None,
        )
        for level, rows in batch.contents.items()
        for day in days
    ]
    write_receipts(connection, [(*line[:5], batch.batch_id, _told(line[6])) for line in lines])
    connection.execute(
        """
        insert into ops.slice_state as s (
            client_id, level, date_day, state, row_count, content_hash, batch_id, received_at,
            confirmed_at, read_for, last_attempt, last_attempt_at, last_batch_id, mended_from
        )
        select
            n.client_id, n.level, n.date_day, n.state, n.row_count, n.content_hash, %(batch)s,
            clock_timestamp(), clock_timestamp(), %(read_for)s,
            n.state, clock_timestamp(), %(batch)s, n.mended_from
        from unnest(
            %(clients)s::text[], %(levels)s::text[], %(days)s::date[], %(states)s::text[],
            %(counts)s::integer[], %(hashes)s::text[], %(mended)s::text[]
        ) as n (client_id, level, date_day, state, row_count, content_hash, mended_from)
        on conflict (client_id, level, date_day) do update set
            state = excluded.state,
            row_count = excluded.row_count,
            batch_id = case when s.content_hash is not distinct from excluded.content_hash
                then s.batch_id else excluded.batch_id end,
            received_at = case when s.content_hash is not distinct from excluded.content_hash
                then s.received_at else excluded.received_at end,
            content_hash = excluded.content_hash,
            confirmed_at = excluded.confirmed_at,
            read_for = excluded.read_for,
            last_attempt = excluded.last_attempt,
            last_attempt_at = excluded.last_attempt_at,
            last_batch_id = excluded.last_batch_id,
            last_reason = null,
            failed_attempts = 0,
            mended_from = excluded.mended_from
        """,
        {"batch": batch.batch_id, "read_for": batch.read_for}
        | dict(
            zip(
                ("clients", "levels", "days", "states", "counts", "hashes", "mended"),
                (list(column) for column in zip(*lines, strict=True)) if lines else [[]] * 7,
                strict=True,
            )
        ),
    )


def _told(mended_from: str | None) -> str | None:
    """What the receipt says of rows that were completed."""
    return None if mended_from is None else f"mended from {LEVELS_IN_WORDS[mended_from]}"


def note_attempt(
    connection: Connection, batch_id: int, outcome: str, *, is_counted: bool = True
) -> None:
    """After the batch's receipts of this outcome (refused or failed): what stands stays.

    Days that a later batch was asked about since are left alone: whoever was suspended past its
    lease ends late, and knows less.
    """
    connection.execute(
        """
        insert into ops.slice_state as s (
            client_id, level, date_day, state, last_attempt, last_attempt_at, last_batch_id,
            last_reason, failed_attempts
        )
        select
            client_id, level, date_day, 'none', state, received_at, batch_id, reason, %(counted)s
        from ops.receipts where batch_id = %(batch)s and state = %(state)s
        on conflict (client_id, level, date_day) do update set
            (last_attempt, last_attempt_at, last_batch_id, last_reason, failed_attempts)
            = (excluded.last_attempt, excluded.last_attempt_at, excluded.last_batch_id,
               excluded.last_reason, s.failed_attempts + excluded.failed_attempts)
            where coalesce(s.last_batch_id, 0) <= excluded.last_batch_id
        """,
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
    """Waive the days of a range of which no level has data; returns them, in order."""
    values = {"client": client_id, "levels": list(levels), "since": since, "until": until}
    days = [
        row[0]
        for row in connection.execute(
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
    ]
    lines = [
        (client_id, level, day, "waived", None, None, reason) for level in levels for day in days
    ]
    write_receipts(connection, lines)
    connection.execute(
        """
        insert into ops.slice_state as s (
            client_id, level, date_day, state, last_attempt, last_attempt_at, last_reason
        )
        select %(client)s, level, day, 'waived', 'waived', clock_timestamp(), %(reason)s
        from unnest(%(levels)s::text[]) as l (level)
        cross join unnest(%(days)s::date[]) as d (day)
        on conflict (client_id, level, date_day) do update set
            (state, last_attempt, last_attempt_at, last_reason, failed_attempts)
            = (excluded.state, excluded.last_attempt, excluded.last_attempt_at,
               excluded.last_reason, 0)
        """,
        values | {"reason": reason, "days": days},
    )
    return days
