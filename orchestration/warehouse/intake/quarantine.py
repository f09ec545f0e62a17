"""Refused rows with the reasons, and what people decided about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from orchestration.answers.slices import Batch
from orchestration.answers.violation import Violation
from orchestration.expectations.catalogue.reasons import stored_reason
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.intake.slice_state import note_attempt, write_receipts
from orchestration.warehouse.sql_files import read_sql


def quarantine(
    connection: Connection,
    batch: Batch,
    kept_days: Sequence[date],
    refusals: Sequence[Violation],
) -> None:
    """Store every landed row that did not go into staging, and every reason."""
    if batch.rows_besides(kept_days):
        _quarantine_rows(connection, batch, kept_days, refusals)
    if not refusals:
        return
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into quarantine.violations "
            "(batch_id, client_id, date_day, rule, severity, detail) "
            "values (%s, %s, %s, %s, %s, %s)",
            [
                (
                    batch.batch_id,
                    batch.client_id,
                    r.date_day,
                    r.rule,
                    r.severity,
                    storable(r.detail),
                )
                for r in refusals
            ],
        )


def _quarantine_rows(
    connection: Connection,
    batch: Batch,
    kept_days: Sequence[date],
    refusals: Sequence[Violation],
) -> None:
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
            "batch": batch.batch_id,
            "kept": [day.isoformat() for day in kept_days],
            "asked": sorted({r.date_day for r in refusals if r.date_day}),
        },
    )


def write_refused(
    connection: Connection,
    batch: Batch,
    refused: Sequence[date],
    refusals: Sequence[Violation],
) -> None:
    """Write receipts of the refused days, with the reasons."""
    if not refused:
        return
    broken: dict[date | None, list[tuple[str, str]]] = {}
    for refusal in refusals:
        if refusal.severity == "blocking":
            broken.setdefault(refusal.date_day, []).append((refusal.rule, refusal.detail))
    receipts = [
        (batch.client_id, level, day, "refused", None, batch.batch_id, reason)
        for level in batch.contents
        for day in refused
        for reason in [storable(stored_reason(broken.get(day, [])))]
    ]
    write_receipts(connection, receipts)
    note_attempt(connection, batch.batch_id, "refused")


def violations_of(connection: Connection, batch_id: int) -> list[Violation]:
    """Every rule that a batch broke."""
    rows = connection.execute(
        "select rule, severity, date_day, detail from quarantine.violations "
        "where batch_id = %s order by violation_id",
        [batch_id],
    )
    return [Violation(*row) for row in rows]


@dataclass(frozen=True, kw_only=True)
class RefusedDay:
    """A client-day whose last answer was refused.

    `stands` is the state of what was stored before, `read_for` the latest day that was due when the
    refused answer came.
    """

    client_id: str
    date_day: date
    batch_id: int
    refused_at: datetime
    stands: str
    rules: list[str]
    details: list[str]
    read_for: date | None


def refused_days(
    connection: Connection,
    client_ids: Sequence[str],
    since: date | None = None,
    until: date | None = None,
) -> list[RefusedDay]:
    """Refused days that wait for a person's decision, by client and day."""
    with connection.cursor(row_factory=class_row(RefusedDay)) as cursor:
        cursor.execute(
            read_sql(__file__, "refused_days"),
            {"clients": list(client_ids), "since": since, "until": until},
        )
        return cursor.fetchall()


def quarantined_rows(connection: Connection, batch_id: int, day: date) -> list[tuple[str, Any]]:
    """Level and payload of the refused rows of a day."""
    return connection.execute(
        "select level, payload from quarantine.insights "
        "where batch_id = %s and date_day = %s order by level, row_number",
        [batch_id, day],
    ).fetchall()


def witness_rows(connection: Connection, refused: RefusedDay) -> list[tuple[str, Any]]:
    """Level and payload of the deeper rows of a day that were read because it was in doubt.

    Levels that the client collects anyway are among the refused rows instead.
    """
    return connection.execute(
        """
        select w.level, w.payload from landing.witness_rows as w
        where w.batch_id = %(batch)s and w.level in ('adset', 'ad')
            and w.payload ->> 'date_start' = %(day)s
            and not exists (
                select 1 from ops.all_receipts as r
                where r.client_id = %(client)s and r.level = w.level
                    and r.date_day = %(day)s::date and r.batch_id = w.batch_id
            )
        order by w.level, w.row_number
        """,
        {
            "client": refused.client_id,
            "batch": refused.batch_id,
            "day": refused.date_day.isoformat(),
        },
    ).fetchall()


def record_decision(
    connection: Connection, refused: RefusedDay, decision: str, reason: str, decided_by: str
) -> None:
    """Note what a person decided, and delete the rows from quarantine; landing keeps them."""
    connection.execute(
        "insert into quarantine.decisions "
        "(client_id, date_day, batch_id, decision, rules, reason, decided_by) "
        "values (%s, %s, %s, %s, %s, %s, %s)",
        [
            refused.client_id,
            refused.date_day,
            refused.batch_id,
            decision,
            refused.rules,
            reason,
            decided_by,
        ],
    )
    connection.execute(
        "delete from quarantine.insights where batch_id = %s and date_day = %s",
        [refused.batch_id, refused.date_day],
    )
