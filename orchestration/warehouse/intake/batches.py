"""Batches, one for each collected window: begun, closed, or failed and kept to be replayed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from orchestration.answers.slices import Batch
from orchestration.answers.window import Window
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.intake.landing import Cost
from orchestration.warehouse.intake.slice_state import note_attempt, write_receipts
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True, kw_only=True)
class FailedCollection:
    """A collection that failed after its last retry, with everything that a replay needs."""

    failure_id: int
    client_id: str
    since: date
    until: date
    error: str
    reason: str
    attempts: list[dict[str, str]]
    failed_at: datetime


def open_failures(
    connection: Connection,
    client_ids: Sequence[str],
    since: date | None = None,
    until: date | None = None,
) -> list[FailedCollection]:
    """Failed collections with any of these days that no later answer made good, oldest first."""
    with connection.cursor(row_factory=class_row(FailedCollection)) as cursor:
        cursor.execute(
            """
            select failure_id, client_id, since, until, error, reason, attempts, failed_at
            from ops.failed_collections
            where closed_at is null and client_id = any(%(clients)s)
                and until >= coalesce(%(since)s, until) and since <= coalesce(%(until)s, since)
            order by failure_id
            """,
            {"clients": list(client_ids), "since": since, "until": until},
        )
        return cursor.fetchall()


def open_batch(
    connection: Connection,
    client_id: str,
    days: Sequence[date],
    levels: Iterable[str],
    about: Mapping[str, str],
) -> int:
    """Note what will be asked for; returns the id of the batch. `about`: run_id, api_version."""
    window = Window(client_id, days[0], days[-1])
    return open_batches(connection, [(window, [*levels])], about)[window]


def open_batches(
    connection: Connection,
    windows: Sequence[tuple[Window, Sequence[str]]],
    about: Mapping[str, str],
) -> dict[Window, int]:
    """Note which windows will be asked for, at which levels; returns the ids of their batches."""
    rows = connection.execute(
        read_sql(__file__, "open_batches"),
        {
            "clients": [window.client_id for window, _ in windows],
            "since": [window.since for window, _ in windows],
            "until": [window.until for window, _ in windows],
            **about,
        },
    )
    batches = {Window(*window): batch_id for batch_id, *window in rows}
    write_receipts(
        connection,
        [
            (window.client_id, level, day, "asked", None, batches[window], None)
            for window, levels in windows
            for level in levels
            for day in window.days
        ],
    )
    return batches


CLOSE_OVERTAKEN = """
update ops.failed_collections set closed_at = clock_timestamp()
where batch_id = %(batch)s and not exists (
    select 1 from ops.receipts as r
    left join ops.slice_state as s using (client_id, level, date_day)
    where r.client_id = %(client)s and r.batch_id = %(batch)s and r.state = 'asked'
        and coalesce(s.last_batch_id, 0) <= %(batch)s
)
"""
"""Closes a failure at once if a later batch has asked for all its days: it needs no replay."""


def record_failure(
    connection: Connection,
    client_id: str,
    batch_id: int,
    levels: Sequence[str],
    error: BaseException,
    attempts: Sequence[Mapping[str, str]] = (),
    *,
    calls: int = 0,
) -> None:
    """Note a batch that got no answer, so that it can be replayed; what is stored stays.

    `attempts` are all attempts of the call that failed, each with `at` and `error`.
    """
    reason = storable(str(error))
    row = connection.execute(
        "update ops.batches set state = 'failed', finished_at = clock_timestamp(), api_calls = %s "
        "where batch_id = %s returning since, until",
        [calls, batch_id],
    ).fetchone()
    assert row is not None
    connection.execute(
        "insert into ops.failed_collections "
        "(batch_id, client_id, since, until, error, reason, attempts) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        [batch_id, client_id, *row, type(error).__name__, reason, _as_json(attempts)],
    )
    connection.execute(
        """
        insert into ops.receipts (client_id, level, date_day, state, batch_id, reason)
        select client_id, level, date_day, 'failed', batch_id, %(reason)s
        from ops.receipts
        where client_id = %(client)s and level = any(%(levels)s) and batch_id = %(batch)s
            and date_day between %(since)s and %(until)s and state = 'asked'
        """,
        {
            "reason": reason,
            "client": client_id,
            "batch": batch_id,
            "levels": list(levels),
            "since": row[0],
            "until": row[1],
        },
    )
    connection.execute(CLOSE_OVERTAKEN, {"client": client_id, "batch": batch_id})
    # A refused token says nothing about the days: they stay owed, however long it lasts.
    is_counted = type(error).__name__ != "TokenDeadError"
    note_attempt(connection, batch_id, "failed", is_counted=is_counted)


def _as_json(attempts: Sequence[Mapping[str, str]]) -> Jsonb:
    return Jsonb([{name: storable(text) for name, text in each.items()} for each in attempts])


def close_batch(
    connection: Connection,
    batch: Batch,
    cost: Cost,
    kept_days: Sequence[date],
    refused_days: Sequence[date],
) -> None:
    """Note how the batch ended; its kept days close older refusals and failures."""
    state = (
        "partly_refused" if kept_days and refused_days else "refused" if refused_days else "kept"
    )
    connection.execute(
        "update ops.batches set (state, finished_at, api_calls, rows_duplicated, row_count, "
        "read_for) = (%s, clock_timestamp(), %s, %s, %s, %s) where batch_id = %s",
        [state, cost.calls, cost.duplicates, batch.row_count, batch.read_for, batch.batch_id],
    )
    close_days(connection, batch.client_id, batch.batch_id - 1, kept_days, proof=batch.batch_id)


def close_days(
    connection: Connection,
    client_id: str,
    until_batch_id: int | None,
    days: Sequence[date],
    *,
    proof: int | None = None,
) -> None:
    """Close what the gate found wrong with these days up to a batch (None: ever).

    Also closes the client's failed collections that are made good now, by the batch `proof`.
    """
    connection.execute(
        """
        update quarantine.violations set closed_at = clock_timestamp()
        where client_id = %(client)s and closed_at is null and date_day = any(%(days)s)
            and (%(until)s::bigint is null or batch_id <= %(until)s)
        """,
        {"client": client_id, "until": until_batch_id, "days": list(days)},
    )
    connection.execute(
        read_sql(__file__, "close_made_good_failures"),
        {"client": client_id, "proof": proof},
    )
