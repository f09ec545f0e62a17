"""Reads which days are collected for all clients together."""

from dataclasses import dataclass
from datetime import date

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True)
class CollectedDays:
    """Every day up to `latest_due_day`, but those in `uncollected`.

    Attributes:
        latest_due_day: the latest day that is due for every client.
        uncollected: days of which a client that owes them has no data.
    """

    latest_due_day: date
    uncollected: frozenset[date]

    def __contains__(self, day: date) -> bool:
        return day <= self.latest_due_day and day not in self.uncollected


def collected_days(connection: Connection) -> CollectedDays:
    """The days of which no client that owes them lacks data."""
    row = connection.execute(read_sql(__file__, "uncollected_days")).fetchone()
    assert row is not None  # an aggregate
    return CollectedDays(row[0], frozenset(row[1]))


def state_of_days(connection: Connection) -> str | None:
    """A text that differs once days may have become collected, or due; None before the first day.

    Days become due at full hours. A change of the clients file is noticed with the next hour.
    """
    row = connection.execute(
        "select (select max(r.receipt_id) from ops.receipts as r) || ' '"
        " || to_char(ops.business_now() at time zone 'UTC', 'YYYY-MM-DD HH24')"
    ).fetchone()
    return row[0] if row else None
