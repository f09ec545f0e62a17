"""Reads the view `ops.recovery_log`: what failed after its last retry, and what is still open."""

from collections.abc import Sequence
from typing import Any

from psycopg.rows import dict_row

from orchestration.warehouse.connection import Connection

Entry = dict[str, Any]
"""at, kind, entry, run_id, batch_id, client_id, since, until, error, reason, attempts, replay."""


def entries(
    connection: Connection, kind: str, *, batch_id: int | None = None, name: str | None = None
) -> list[Entry]:
    """The entries of a batch, or the entry of this name, such as `build-12`.

    A batch has one entry of the kind `collection`, and one of the kind `refusal` for each refused
    day.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            """
            select
                at, kind, entry, run_id, batch_id, client_id, since, until, error, reason, attempts,
                replay
            from ops.recovery_log
            where kind = %(kind)s
                and (batch_id = %(batch)s or %(batch)s::bigint is null)
                and (entry = %(name)s or %(name)s::text is null)
            order by entry
            """,
            {"kind": kind, "batch": batch_id, "name": name},
        )
        return cursor.fetchall()


def open_entries(connection: Connection, client_ids: Sequence[str] = ()) -> list[Entry]:
    """The entries that are still open, oldest first; with ids only those of these clients.

    Clients that left the clients file are left out: nothing can be replayed for them.
    """
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            """
            select
                r.at, r.kind, r.entry, r.run_id, r.batch_id, r.client_id, r.since, r.until, r.error,
                r.reason, r.attempts, r.replay
            from ops.recovery_log as r
            left join ops.clients as c on r.client_id = c.client_id
            where r.closed_at is null and coalesce(c.is_listed, true)
                and (%(clients)s::text[] = '{}' or r.client_id = any(%(clients)s))
            order by r.at, r.entry
            """,
            {"clients": list(client_ids)},
        )
        return cursor.fetchall()
