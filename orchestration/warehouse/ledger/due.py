"""Days and builds that are due without a person's request, for the sensors."""

from collections.abc import Sequence
from datetime import date

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.claims import owners_of_claims
from orchestration.warehouse.sql_files import read_sql

SETTLED_SECONDS = 300
"""A run builds at once after it collected; data that wait for longer have no run."""
DueDay = tuple[str, date, int, str]
"""A client, a day, its failed attempts so far, and why it is owed."""


def due_days(connection: Connection, client_ids: Sequence[str]) -> list[DueDay]:
    """Client-days that are due now and that no collection has claimed, by client and day.

    Claims that expired, or whose process on this machine is gone, do not count.
    """
    return connection.execute(
        """
        select o.client_id, o.date_day, o.failed_attempts, o.why
        from ops.owed_days as o
        left join ops.collection_leases as l
            on o.client_id = l.client_id and o.date_day = l.date_day
                and l.expires_at > clock_timestamp() and l.owner = any(%(alive)s)
        where o.client_id = any(%(clients)s) and o.asked_again_at <= clock_timestamp()
            and l.client_id is null
        order by o.client_id, o.date_day
        """,
        {"alive": [*owners_of_claims(connection)], "clients": list(client_ids)},
    ).fetchall()


def latest_due_days(connection: Connection, client_ids: Sequence[str]) -> dict[str, date]:
    """The latest due day by client; in UTC while the time zone of the account is unknown."""
    rows = connection.execute(
        "select client_id, ops.latest_due_day(coalesce(timezone_name, 'UTC')) from ops.clients "
        "where client_id = any(%s)",
        [list(client_ids)],
    )
    return dict(rows.fetchall())


def waiting_build(connection: Connection, *, settled_seconds: int = SETTLED_SECONDS) -> str | None:
    """The name of the build that is due, different for each attempt; None where none is due.

    Collected data wait for a build if their run was killed or its build failed; it is tried again
    after the same pauses as days. Months that a build left out wait for other data instead.
    """
    row = connection.execute(
        read_sql(__file__, "waiting_build"),
        {"settled": settled_seconds},
    ).fetchone()
    return row[0] if row else None
