"""Refused rows and the reasons for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.slice_state import note_attempt, write_receipts


@dataclass(frozen=True)
class Refusal:
    """A rule that was broken: (rule, severity, day or None, what was found)."""

    rule: str
    severity: str
    date_day: date | None
    detail: str


def quarantine(
    connection: Connection,
    client_id: str,
    batch_id: int,
    kept: Sequence[date],
    refusals: Sequence[Refusal],
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
            [(batch_id, client_id, r.date_day, r.rule, r.severity, r.detail) for r in refusals],
        )


def write_refused(
    connection: Connection,
    client_id: str,
    batch_id: int,
    refused: Sequence[date],
    levels: Sequence[str],
    refusals: Sequence[Refusal],
) -> None:
    """Receipts of the refused days, with the reasons."""
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
    note_attempt(connection, batch_id, "refused")
