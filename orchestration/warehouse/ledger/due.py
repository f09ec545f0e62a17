"""What is due by itself and in nobody's hands, with what tells one request for it from another."""

from collections.abc import Sequence
from datetime import date

from orchestration.process.owner import owner_is_dead
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

SETTLED_SECONDS = 300
"""The run that collected builds at once: what still waits after this time waits for nobody."""
DueDay = tuple[str, date, int, str]
"""A client, a day, the attempts that it has seen in vain, and why it is owed."""


def due_days(connection: Connection, client_ids: Sequence[str]) -> list[DueDay]:
    """Client-days that are asked for without a person now and that no collection has in hand.

    By client and day. A claim that was not renewed, or of a process of this machine that is gone,
    does not count.
    """
    owners = connection.execute(
        "select distinct owner from ops.collection_leases where expires_at > clock_timestamp()"
    ).fetchall()
    alive = [owner for (owner,) in owners if not owner_is_dead(owner)]
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
        {"alive": alive, "clients": list(client_ids)},
    ).fetchall()


def latest_due_days(connection: Connection, client_ids: Sequence[str]) -> dict[str, date]:
    """The latest day that is due, by client: in UTC where the account never said where it is."""
    found = connection.execute(
        "select client_id, ops.latest_due_day(coalesce(timezone_name, 'UTC')) from ops.clients "
        "where client_id = any(%s)",
        [list(client_ids)],
    )
    return dict(found.fetchall())


def waiting_build(connection: Connection) -> str | None:
    """What tells the build that is due by itself from any other; None where none is.

    Collected data wait for one when the run that brought them was killed, or its build failed: it
    is tried again after the pauses that days have. What a build left out waits for other data.
    """
    row = connection.execute(
        read_sql(__file__, "waiting_build"),
        {"settled": SETTLED_SECONDS},
    ).fetchone()
    return row[0] if row else None
