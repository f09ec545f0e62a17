"""What Meta's answers said about rate limits and deprecations, kept per token and account."""

from collections.abc import Sequence

from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql


def note_usage(connection: Connection, uses: Sequence[tuple[str, int, int, float, float]]) -> None:
    """Add what a run asked: (client_id, calls, throttled, account percent, app percent)."""
    with connection.transaction(), connection.cursor() as cursor:
        cursor.executemany(
            read_sql(__file__, "add_api_usage"),
            uses,
        )


def note_notices(connection: Connection, notices: Sequence[str]) -> None:
    """What the API announced in an attempt that it answered: new ones open, unheard ones close."""
    heard = [storable(notice) for notice in notices]
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
            [heard],
        )
        connection.execute(
            "update ops.api_notices set closed_at = clock_timestamp() "
            "where closed_at is null and not notice = any(%s)",
            [heard],
        )
