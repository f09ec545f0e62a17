"""From verdict to staging: one transaction replaces client-days, all levels at once.

A slice whose contents did not change is not rewritten: only its receipt says that it still holds.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.history import note_figures
from orchestration.warehouse.ledger import close_batch, close_days
from orchestration.warehouse.quarantine import Refusal, quarantine, write_refused
from orchestration.warehouse.slice_state import write_kept
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
Figures = Mapping[date, Mapping[str, Decimal]]


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
    figures: Figures,
) -> Promotion:
    """Keep the accepted days of a batch, quarantine the refused ones, write the receipts.

    All in the caller's transaction. `read_for` is the account's latest due day, `figures` are the
    days' sums, of which what changed is logged.
    Days on which the answer of a later batch already stands are left alone.
    """
    _lock(connection, client_id)
    standing = _standing(connection, client_id, accepted)
    newer = {day for (_, day), (_, holder) in standing.items() if holder and holder > batch_id}
    days = [day for day in accepted if day not in newer]
    changed = _stand(connection, client_id, batch_id, read_for, days, rows, figures)
    quarantine(connection, client_id, batch_id, days, refusals)
    write_refused(connection, client_id, batch_id, refused, list(rows), refusals)
    close_batch(connection, client_id, batch_id, days, refused)
    return Promotion(len(days), changed, len(refused))


def release(
    connection: Connection,
    client_id: str,
    batch_id: int,
    read_for: date,
    days: Sequence[date],
    rows: Rows,
    figures: Figures,
) -> int:
    """Let refused days of a batch stand after all; returns how many changed staging.

    All in the caller's transaction.
    """
    _lock(connection, client_id)
    changed = _stand(connection, client_id, batch_id, read_for, days, rows, figures)
    close_days(connection, client_id, batch_id, days)
    return changed


def _lock(connection: Connection, client_id: str) -> None:
    connection.execute(
        "select pg_advisory_xact_lock(%s, hashtext(%s))", [PROMOTION_LOCK, client_id]
    )


def _stand(
    connection: Connection,
    client_id: str,
    batch_id: int,
    read_for: date,
    days: Sequence[date],
    rows: Rows,
    figures: Figures,
) -> int:
    """These days are now what the batch says of them."""
    standing = _standing(connection, client_id, days)
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
    note_figures(
        connection, client_id, batch_id, read_for, {day: figures.get(day, {}) for day in changed}
    )
    write_kept(connection, client_id, batch_id, days, read_for, by_level)
    touch_months(connection, client_id, changed)
    return len(changed)


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


def touch_months(connection: Connection, client_id: str, changed: Sequence[date]) -> None:
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
