"""Batches: one for each collected window, with how it ended, and collections that failed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row
from psycopg.types.json import Jsonb

from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.intake.slice_state import note_attempt, write_receipts


@dataclass(frozen=True)
class FailedCollection:
    """A collection that failed after its last retry: all it takes to replay it."""

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
    """Failed collections that nothing has made good yet, oldest first, touching these days."""
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
    """Note what is about to be asked; returns the batch's id. `about`: run_id, api_version."""
    row = connection.execute(
        "insert into ops.batches (client_id, since, until, run_id, api_version) "
        "values (%s, %s, %s, %s, %s) returning batch_id",
        [client_id, days[0], days[-1], about["run_id"], about["api_version"]],
    ).fetchone()
    assert row is not None
    batch_id: int = row[0]
    write_receipts(
        connection,
        [
            (client_id, level, day, "asked", None, batch_id, None)
            for level in levels
            for day in days
        ],
    )
    return batch_id


FORGET_OVERTAKEN = """
update ops.failed_collections set closed_at = clock_timestamp()
where batch_id = %(batch)s and not exists (
    select 1 from ops.receipts as r
    left join ops.slice_state as s using (client_id, level, date_day)
    where r.client_id = %(client)s and r.batch_id = %(batch)s and r.state = 'asked'
        and coalesce(s.last_batch_id, 0) <= %(batch)s
)
"""
"""A failure of which a later batch was asked about every day meanwhile needs no replay."""


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
    """A batch that got no answer: a record to replay it from, receipts, what stands stays.

    `attempts` are all that were made of the call that failed, each with `at` and `error`.
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
        [
            batch_id,
            client_id,
            row[0],
            row[1],
            type(error).__name__,
            reason,
            Jsonb([{name: storable(text) for name, text in each.items()} for each in attempts]),
        ],
    )
    connection.execute(
        """
        insert into ops.receipts (client_id, level, date_day, state, batch_id, reason)
        select client_id, level, date_day, 'failed', batch_id, %(reason)s
        from ops.receipts where batch_id = %(batch)s and state = 'asked' and level = any(%(levels)s)
        """,
        {"reason": reason, "batch": batch_id, "levels": list(levels)},
    )
    connection.execute(FORGET_OVERTAKEN, {"client": client_id, "batch": batch_id})
    # A refused token says nothing of the days: however long it lasts, they are not given up.
    is_counted = type(error).__name__ != "TokenDeadError"
    note_attempt(connection, batch_id, "failed", is_counted=is_counted)


def close_batch(
    connection: Connection,
    client_id: str,
    batch_id: int,
    kept: Sequence[date],
    refused: Sequence[date],
) -> None:
    """The batch is done; what it proves closes older refusals and failures."""
    state = "partly_refused" if kept and refused else "refused" if refused else "kept"
    connection.execute(
        "update ops.batches set state = %s, finished_at = clock_timestamp() where batch_id = %s",
        [state, batch_id],
    )
    close_days(connection, client_id, batch_id - 1, kept, proof=batch_id)


def close_days(
    connection: Connection,
    client_id: str,
    until_batch_id: int | None,
    days: Sequence[date],
    *,
    proof: int | None = None,
) -> None:
    """What was found wrong with these days up to a batch (None: ever) is settled.

    So are the failed collections of which every day now has a good slice or is waived; a slice
    of an ad account that is asked no more counts as good.
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
        """
        update ops.failed_collections as f
        set closed_at = clock_timestamp(), closed_by_batch_id = %(proof)s
        where f.client_id = %(client)s and f.closed_at is null
            and not exists (
                select 1
                from generate_series(f.since::timestamp, f.until, interval '1 day') as d (day)
                inner join ops.clients as c on c.client_id = f.client_id
                left join ops.slice_state as s
                    on s.client_id = f.client_id and s.level = 'campaign'
                        and s.date_day = d.day::date
                        and (
                            s.confirmed_at > f.failed_at or s.state = 'waived'
                            or (s.date_day < c.account_since and s.state <> 'none')
                        )
                where s.client_id is null
            )
        """,
        {"client": client_id, "proof": proof},
    )
