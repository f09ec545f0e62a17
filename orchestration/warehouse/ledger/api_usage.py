"""What Meta's answers say about rate limits, by client, and about deprecations."""

from collections.abc import Sequence

from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql


def note_usage(connection: Connection, uses: Sequence[tuple[str, int, int, float, float]]) -> None:
    """Add the calls of a run: (client_id, calls, throttled, account percent, app percent)."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            read_sql(__file__, "add_api_usage"),
            uses,
        )


def note_notices(connection: Connection, notices: Sequence[str]) -> None:
    """Open the notices that the API sent in a collection; close those that it no longer sends."""
    texts = [storable(notice) for notice in notices]
    with connection.transaction():
        connection.execute(
            """
            insert into ops.api_notices as n (notice)
            select distinct unnest(%s::text[])
            on conflict (notice) do update set
                first_heard_at = case
                    when n.closed_at is null then n.first_heard_at else clock_timestamp() end,
                last_heard_at = clock_timestamp(),
                closed_at = null
            """,
            [texts],
        )
        connection.execute(
            "update ops.api_notices set closed_at = clock_timestamp() "
            "where closed_at is null and not notice = any(%s)",
            [texts],
        )
