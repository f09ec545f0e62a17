"""Reads which days are owed, and which of them were tried or answered since."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from psycopg.rows import class_row

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.claims import ClientDay
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True, kw_only=True)
class OwedDay:
    """A client-day that has to be asked for: a row of the view `ops.owed_days`.

    `is_due`: it is asked for now, without a person's request. `asked_again_at` is an instant of the
    real clock; None where only a person can ask again. A day before `account_since` cannot be asked
    for: only a waiver closes it.
    """

    client_id: str
    date_day: date
    why: str
    attempts: int
    reason: str | None
    is_due: bool
    asked_again_at: str | None
    can_be_asked: bool


def owed_days(connection: Connection, client_ids: Sequence[str]) -> list[OwedDay]:
    """The owed days of these clients, by client and day."""
    with connection.cursor(row_factory=class_row(OwedDay)) as cursor:
        cursor.execute(
            read_sql(__file__, "owed_days"),
            [list(client_ids)],
        )
        return cursor.fetchall()


def days_tried_since(
    connection: Connection, client_days: Collection[ClientDay], receipt_id: int
) -> set[ClientDay]:
    """Days that were answered, refused, failed or waived after this receipt was the latest."""
    rows = connection.execute(
        read_sql(__file__, "days_tried_since"),
        {
            "clients": [client_id for client_id, _ in client_days],
            "days": [day for _, day in client_days],
            "receipt": receipt_id,
        },
    )
    return {(client_id, day) for client_id, day in rows}


def good_days(connection: Connection, client_id: str, after: datetime) -> set[date]:
    """Days that were answered well, or waived, after an instant."""
    rows = connection.execute(
        "select date_day from ops.slice_state where client_id = %s and level = 'campaign' "
        "and (confirmed_at > %s or state = 'waived')",
        [client_id, after],
    )
    return {row[0] for row in rows}


def latest_receipt(connection: Connection) -> int:
    """The highest receipt id so far; 0 before the first."""
    row = connection.execute("select coalesce(max(receipt_id), 0) from ops.receipts").fetchone()
    assert row is not None
    return int(row[0])
