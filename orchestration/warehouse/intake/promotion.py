"""Writes what the gate decided: one transaction replaces client-days, all levels at once.

A slice whose contents did not change is not written again: only its receipt says that it holds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from orchestration.answers.slices import Batch
from orchestration.answers.violation import Violation
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.intake.batches import close_batch, close_days
from orchestration.warehouse.intake.landing import Cost, land, land_beside
from orchestration.warehouse.intake.oddities import note_oddities
from orchestration.warehouse.intake.quarantine import quarantine, write_refused
from orchestration.warehouse.intake.readings import note_figures
from orchestration.warehouse.intake.slice_state import write_kept_slices
from orchestration.warehouse.intake.standing import forget_readings, note_readings
from orchestration.warehouse.sql_files import read_sql

STAGE = ("unstage", "stage_insights", "stage_control_totals", "stage_conversions")
"""Files of the statements that fill staging with the landed rows of a batch."""


@dataclass(frozen=True)
class StoredSlice:
    """What the ledger says of a slice: the hash of its rows, and the last batch that asked for it.

    The hash is None for a waived day.
    """

    content_hash: str | None
    last_batch_id: int | None


StoredSlices = Mapping[tuple[str, date], StoredSlice]
"""By level and day; those of which nothing is stored are absent."""


@dataclass(frozen=True)
class Promotion:
    """How many days of a batch were kept, changed what was stored, and were refused."""

    kept: int
    changed: int
    refused: int


def promote(
    connection: Connection,
    batch: Batch,
    cost: Cost,
    accepted: Sequence[date],
    refused: Sequence[date],
    refusals: Sequence[Violation],
) -> Promotion:
    """Land a batch, keep its accepted days, quarantine the refused ones, write the receipts.

    All in the caller's transaction. Days that a later batch has written since are left alone. Rows
    of days that did not change do not land again: the same rows are there already.
    """
    _lock_client(connection, batch.client_id)
    stored = _stored_slices(connection, batch.client_id, [*accepted, *refused])
    overtaken = _days_of_later_batches(stored, batch.batch_id)
    accepted = [day for day in accepted if day not in overtaken]
    refused = [day for day in refused if day not in overtaken]
    refusals = [r for r in refusals if r.date_day not in overtaken]
    changed = _changed_days(batch, accepted, stored)
    land(connection, batch, without={*accepted} - {*changed})
    land_beside(connection, batch)
    _keep(connection, batch, accepted, changed)
    quarantine(connection, batch, accepted, refusals)
    write_refused(connection, batch, refused, refusals)
    note_readings(connection, batch, _doubted_figures(batch, refused, refusals))
    note_oddities(connection, batch)
    close_batch(connection, batch, cost, accepted, refused)
    return Promotion(len(accepted), len(changed), len(refused))


def release(connection: Connection, batch: Batch, days: Sequence[date]) -> None:
    """Keep refused days of a batch after all; their rows have landed already.

    All in the caller's transaction.
    """
    _lock_client(connection, batch.client_id)
    stored = _stored_slices(connection, batch.client_id, days)
    _keep(connection, batch, days, _changed_days(batch, days, stored))
    close_days(connection, batch.client_id, batch.batch_id, days)


def committed_promotion(
    connection: Connection, client_id: str, batch_id: int
) -> tuple[Promotion, int] | None:
    """What a batch led to and its number of rows, if it was promoted; None if it was not.

    Waits for the end of a transaction that promotes it.
    """
    with connection.transaction():
        _lock_client(connection, client_id)
        row = connection.execute(
            read_sql(__file__, "committed_promotion"), {"client": client_id, "batch": batch_id}
        ).fetchone()
    if row is None:
        return None
    *days, rows = row
    return Promotion(*days), rows


def touch_months(connection: Connection, client_id: str, changed: Sequence[date]) -> None:
    """Give every client-month with a changed day a new version, so that it is built again.

    Call it before the receipts of the change are written: it notes whether the month was final
    until then.
    """
    months = sorted({day.replace(day=1) for day in changed})
    connection.execute(
        """
        insert into ops.client_months as m (client_id, month, version)
        select %s, month, nextval('ops.version_seq') from unnest(%s::date[]) as months (month)
        on conflict (client_id, month) do update set
            version = excluded.version,
            was_final = m.was_final or (
                m.published_version is not null
                and coalesce(ops.is_final(m.client_id, m.month), false)
            )
        """,
        [client_id, months],
    )


def _lock_client(connection: Connection, client_id: str) -> None:
    """Wait until no other batch of this client is being promoted."""
    connection.execute(
        "select from ops.clients where client_id = %s for no key update", [client_id]
    )


def _stored_slices(connection: Connection, client_id: str, days: Sequence[date]) -> StoredSlices:
    rows = connection.execute(
        "select level, date_day, content_hash, last_batch_id from ops.slice_state "
        "where client_id = %s and date_day = any(%s) and state <> 'none'",
        [client_id, list(days)],
    )
    return {(level, day): StoredSlice(*values) for level, day, *values in rows}


def _days_of_later_batches(stored: StoredSlices, batch_id: int) -> set[date]:
    return {
        day
        for (_, day), part in stored.items()
        if part.last_batch_id is not None and part.last_batch_id > batch_id
    }


def _changed_days(batch: Batch, days: Sequence[date], stored: StoredSlices) -> list[date]:
    """The days of which the batch has other contents than the ledger, at any level."""

    def is_changed(level: str, day: date, content_hash: str) -> bool:
        part = stored.get((level, day))
        return part is None or part.content_hash != content_hash

    return [
        day
        for day in days
        if any(
            is_changed(level, day, rows.slices[day].content_hash)
            for level, rows in batch.contents.items()
        )
    ]


def _keep(
    connection: Connection, batch: Batch, days: Sequence[date], changed: Sequence[date]
) -> None:
    """Make the batch's rows those that count for these days; staging is written where changed."""
    if changed:
        _replace_in_staging(connection, batch, changed)
        note_figures(connection, batch, {day: batch.figures.get(day, {}) for day in changed})
        touch_months(connection, batch.client_id, changed)
    write_kept_slices(connection, batch, days)
    forget_readings(connection, batch.client_id, days)


def _replace_in_staging(connection: Connection, batch: Batch, days: Sequence[date]) -> None:
    values = {
        "client": batch.client_id,
        "batch": batch.batch_id,
        "levels": list(batch.contents),
        "days": list(days),
        "texts": [day.isoformat() for day in days],
    }
    for name in STAGE:
        connection.execute(read_sql(__file__, name), values)


def _doubted_figures(
    batch: Batch, refused: Sequence[date], refusals: Sequence[Violation]
) -> Mapping[date, Mapping[str, float]]:
    """The sums of days whose stored data are gone from the answer, to compare with the next one."""
    doubted = {r.date_day for r in refusals if r.rule == "standing_data_vanished"}
    return {day: batch.readings[day] for day in refused if day in batch.readings and day in doubted}
