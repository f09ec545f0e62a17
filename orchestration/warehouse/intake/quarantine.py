"""Refused rows and the reasons for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from psycopg.rows import class_row

from orchestration.answers.violation import Violation
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.intake.slice_state import note_attempt, write_receipts


def quarantine(
    connection: Connection,
    client_id: str,
    batch_id: int,
    kept: Sequence[date],
    refusals: Sequence[Violation],
) -> None:
    """Keep every landed row that did not go into staging, with every reason."""
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
            "insert into quarantine.violations "
            "(batch_id, client_id, date_day, rule, severity, detail) "
            "values (%s, %s, %s, %s, %s, %s)",
            [
                (batch_id, client_id, r.date_day, r.rule, r.severity, storable(r.detail))
                for r in refusals
            ],
        )


def write_refused(
    connection: Connection,
    client_id: str,
    batch_id: int,
    refused: Sequence[date],
    levels: Sequence[str],
    refusals: Sequence[Violation],
) -> None:
    """Receipts of the refused days, with the reasons."""
    reasons: dict[date | None, list[str]] = {}
    for refusal in refusals:
        if refusal.severity == "blocking":
            reasons.setdefault(refusal.date_day, []).append(f"{refusal.rule}: {refusal.detail}")
    receipts = [
        (
            client_id,
            level,
            day,
            "refused",
            None,
            batch_id,
            storable("; ".join(reasons.get(day, []))),
        )
        for level in levels
        for day in refused
    ]
    write_receipts(connection, receipts)
    note_attempt(connection, batch_id, "refused")


@dataclass(frozen=True)
class RefusedDay:
    """A client-day whose last answer was refused; `stands` is the state of what was there before.

    `read_for` is the latest due day when the refused answer came.
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
    """Refused days about which nobody decided yet, by client and day."""
    with connection.cursor(row_factory=class_row(RefusedDay)) as cursor:
        cursor.execute(
            """
            select
                s.client_id, s.date_day, b.batch_id, s.last_attempt_at as refused_at,
                s.state as stands, b.read_for,
                array_agg(distinct v.rule) as rules,
                array_agg(v.rule || ': ' || v.detail order by v.violation_id) as details
            from ops.slice_state as s
            inner join ops.batches as b on s.last_batch_id = b.batch_id
            inner join quarantine.violations as v
                on b.batch_id = v.batch_id and s.date_day = v.date_day and v.severity = 'blocking'
            where s.level = 'campaign' and s.last_attempt = 'refused'
                and s.client_id = any(%(clients)s)
                and s.date_day between coalesce(%(since)s, s.date_day)
                    and coalesce(%(until)s, s.date_day)
                and v.closed_at is null
            group by s.client_id, s.date_day, b.batch_id, s.last_attempt_at, s.state, b.read_for
            order by s.client_id, s.date_day
            """,
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


def witness_rows(connection: Connection, batch_id: int, day: date) -> list[tuple[str, Any]]:
    """Level and payload of what a deeper level said of a day when the batch was in doubt.

    A level that the client collects anyway is among the refused rows.
    """
    return connection.execute(
        """
        select w.level, w.payload from landing.witness_rows as w
        where w.batch_id = %(batch)s and w.level in ('adset', 'ad')
            and w.payload ->> 'date_start' = %(day)s
            and not exists (
                select 1 from ops.receipts as r where r.batch_id = w.batch_id and r.level = w.level
            )
        order by w.level, w.row_number
        """,
        {"batch": batch_id, "day": day.isoformat()},
    ).fetchall()


def record_decision(
    connection: Connection, refused: RefusedDay, decision: str, reason: str, decided_by: str
) -> None:
    """Note what a person decided, and take the rows out of quarantine; they stay in landing."""
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
