"""From verdict to staging: one transaction replaces client-days, all levels at once.

A slice whose contents did not change is not rewritten: only its receipt says that it still holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger import write_receipts
from orchestration.warehouse.slices import (
    CONTROL_COLUMNS,
    CONVERSIONS_COLUMNS,
    INSIGHTS_COLUMNS,
    Slice,
    group_by_level,
)

PROMOTION_LOCK = 7_305_002
"""First key of the advisory lock that lets one batch of a client be promoted at a time."""

Rows = Mapping[str, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Refusal:
    """A rule that was broken: (rule, severity, day or None, what was found)."""

    rule: str
    severity: str
    date_day: date | None
    detail: str


@dataclass(frozen=True)
class Promotion:
    """What became of a batch, in days."""

    kept: int
    changed: int
    refused: int


def promote(
    connection: Connection,
    *,
    client_id: str,
    batch_id: int,
    read_for: date,
    rows: Rows,
    accepted: Sequence[date],
    refused: Sequence[date],
    refusals: Sequence[Refusal],
) -> Promotion:
    """Keep the accepted days of a batch, quarantine the refused ones, write the receipts.

    All in the caller's transaction. `read_for` is the account's latest due day. Days on which the answer of a later batch already stands
    are left alone.
    """
    connection.execute(
        "select pg_advisory_xact_lock(%s, hashtext(%s))", [PROMOTION_LOCK, client_id]
    )
    standing = _standing(connection, client_id, accepted)
    newer = {day for (_, day), (_, holder) in standing.items() if holder and holder > batch_id}
    days = [day for day in accepted if day not in newer]
    by_level = group_by_level(client_id, days, rows)
    changed = [
        day
        for day in days
        if any(
            standing.get((lv, day), (None, 0))[0] != s[day].content_hash
            for lv, s in by_level.items()
        )
    ]
    _replace(connection, client_id, batch_id, changed, by_level)
    _quarantine(connection, client_id, batch_id, days, refusals)
    _write_state(connection, client_id, batch_id, days, read_for, by_level)
    _write_refused(connection, client_id, batch_id, refused, list(rows), refusals)
    _touch_months(connection, client_id, changed)
    _close(connection, client_id, batch_id, days, refused)
    return Promotion(len(days), len(changed), len(refused))


def _standing(
    connection: Connection, client_id: str, days: Sequence[date]
) -> dict[tuple[str, date], tuple[str | None, int | None]]:
    found = connection.execute(
        "select level, date_day, content_hash, last_batch_id from ops.slice_state "
        "where client_id = %s and date_day = any(%s) and state <> 'none'",
        [client_id, list(days)],
    )
    return {(row[0], row[1]): (row[2], row[3]) for row in found}


def _replace(
    connection: Connection,
    client_id: str,
    batch_id: int,
    days: Sequence[date],
    by_level: Mapping[str, Mapping[date, Slice]],
) -> None:
    if not days:
        return
    for table in ("insights", "conversions", "control_totals"):
        levels = "" if table == "control_totals" else " and level = any(%(levels)s)"
        connection.execute(
            f"delete from staging.{table} "  # noqa: S608  table is one of three names
            f"where client_id = %(client)s and date_day = any(%(days)s){levels}",
            {"client": client_id, "days": list(days), "levels": list(by_level)},
        )
    for level, parts in by_level.items():
        delivery = [row for day in days for row in parts[day].insights]
        conversions = [row for day in days for row in parts[day].conversions]
        table, columns = (
            ("control_totals", CONTROL_COLUMNS)
            if level == "account"
            else ("insights", INSIGHTS_COLUMNS)
        )
        _copy(connection, table, columns, batch_id, delivery)
        _copy(connection, "conversions", CONVERSIONS_COLUMNS, batch_id, conversions)


def _copy(
    connection: Connection, table: str, columns: str, batch_id: int, rows: Iterable[tuple[Any, ...]]
) -> None:
    with (
        connection.cursor() as cursor,
        cursor.copy(f"copy staging.{table} ({columns}, batch_id) from stdin") as copy,
    ):
        for row in rows:
            copy.write_row((*row, batch_id))


def _write_state(
    connection: Connection,
    client_id: str,
    batch_id: int,
    days: Sequence[date],
    read_for: date,
    by_level: Mapping[str, Mapping[date, Slice]],
) -> None:
    lines = [
        (
            client_id,
            level,
            day,
            "received" if parts[day].insights else "empty",
            len(parts[day].insights),
        )
        + (parts[day].content_hash,)
        for level, parts in by_level.items()
        for day in days
    ]
    write_receipts(connection, [(*line[:5], batch_id, None) for line in lines])
    connection.execute(
        """
        insert into ops.slice_state as s (
            client_id, level, date_day, state, row_count, content_hash, batch_id, received_at,
            confirmed_at, read_for, last_attempt, last_attempt_at, last_batch_id
        )
        select
            n.client_id, n.level, n.date_day, n.state, n.row_count, n.content_hash, %(batch)s,
            clock_timestamp(), clock_timestamp(), %(read_for)s, n.state, clock_timestamp(), %(batch)s
        from unnest(
            %(clients)s::text[], %(levels)s::text[], %(days)s::date[], %(states)s::text[],
            %(counts)s::integer[], %(hashes)s::text[]
        ) as n (client_id, level, date_day, state, row_count, content_hash)
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
            failed_attempts = 0
        """,
        {"batch": batch_id, "read_for": read_for}
        | dict(
            zip(
                ("clients", "levels", "days", "states", "counts", "hashes"),
                (list(column) for column in zip(*lines, strict=True)) if lines else [[]] * 6,
                strict=True,
            )
        ),
    )


def _quarantine(
    connection: Connection,
    client_id: str,
    batch_id: int,
    kept: Sequence[date],
    refusals: Sequence[Refusal],
) -> None:
    """Every landed row that did not go into staging, with every reason."""
    connection.execute(
        """
        insert into quarantine.insights (batch_id, client_id, level, row_number, date_day, payload)
        select l.batch_id, l.client_id, l.level, l.row_number, k.date_day, l.payload
        from landing.insights as l
        left join unnest(%(asked)s::date[]) as k (date_day)
            on l.payload ->> 'date_start' = k.date_day::text
        where l.batch_id = %(batch)s
            and not coalesce(l.payload ->> 'date_start' = any(%(kept)s::text[]), false)
        """,
        {
            "batch": batch_id,
            "kept": [day.isoformat() for day in kept],
            "asked": sorted({r.date_day for r in refusals if r.date_day}),
        },
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail)"
            " values (%s, %s, %s, %s, %s, %s)",
            [(batch_id, client_id, r.date_day, r.rule, r.severity, r.detail) for r in refusals],
        )


def _write_refused(
    connection: Connection,
    client_id: str,
    batch_id: int,
    refused: Sequence[date],
    levels: Sequence[str],
    refusals: Sequence[Refusal],
) -> None:
    reasons: dict[date | None, list[str]] = {}
    for refusal in refusals:
        if refusal.severity == "blocking":
            reasons.setdefault(refusal.date_day, []).append(f"{refusal.rule}: {refusal.detail}")
    receipts = [
        (client_id, level, day, "refused", None, batch_id, "; ".join(reasons.get(day, [])))
        for level in levels
        for day in refused
    ]
    write_receipts(connection, receipts)
    connection.execute(
        """
        insert into ops.slice_state as s (
            client_id, level, date_day, state, last_attempt, last_attempt_at, last_batch_id,
            last_reason, failed_attempts
        )
        select client_id, level, date_day, 'none', 'refused', received_at, batch_id, reason, 1
        from ops.receipts where batch_id = %s and state = 'refused'
        on conflict (client_id, level, date_day) do update set
            (last_attempt, last_attempt_at, last_batch_id, last_reason, failed_attempts)
            = (excluded.last_attempt, excluded.last_attempt_at, excluded.last_batch_id,
               excluded.last_reason, s.failed_attempts + 1)
        """,
        [batch_id],
    )


def _touch_months(connection: Connection, client_id: str, changed: Sequence[date]) -> None:
    """A new version for every client-month whose slices changed: it is to be rebuilt."""
    months = sorted({day.replace(day=1) for day in changed})
    connection.execute(
        """
        insert into ops.client_months as m (client_id, month, version)
        select %s, month, nextval('ops.version_seq') from unnest(%s::date[]) as months (month)
        on conflict (client_id, month) do update set version = excluded.version
        """,
        [client_id, months],
    )


def _close(
    connection: Connection,
    client_id: str,
    batch_id: int,
    kept: Sequence[date],
    refused: Sequence[date],
) -> None:
    state = "partly_refused" if kept and refused else "refused" if refused else "kept"
    connection.execute(
        "update ops.batches set state = %s, finished_at = clock_timestamp() where batch_id = %s",
        [state, batch_id],
    )
    connection.execute(
        """
        update quarantine.violations set closed_at = clock_timestamp()
        where client_id = %(client)s and batch_id < %(batch)s and closed_at is null
            and date_day = any(%(kept)s)
        """,
        {"client": client_id, "batch": batch_id, "kept": list(kept)},
    )
    # A failed collection is closed by proof: every day of it now has a good slice.
    connection.execute(
        """
        update ops.failed_collections as f
        set closed_at = clock_timestamp(), closed_by_batch_id = %(batch)s
        where f.client_id = %(client)s and f.closed_at is null
            and not exists (
                select 1
                from generate_series(f.since::timestamp, f.until::timestamp, interval '1 day') as d (day)
                left join ops.slice_state as s
                    on s.client_id = f.client_id and s.level = 'campaign' and s.date_day = d.day::date
                        and s.confirmed_at > f.failed_at
                where s.client_id is null
            )
        """,
        {"client": client_id, "batch": batch_id},
    )
