"""Tokens that Meta refused, by the variables that hold them, and later checks of them."""

from collections.abc import Sequence

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


def refused_tokens(connection: Connection, client_ids: Sequence[str], minutes: int) -> list[str]:
    """Names of refused tokens that were not checked for so many minutes."""
    rows = connection.execute(
        read_sql(__file__, "refused_tokens"),
        {"clients": list(client_ids), "minutes": minutes},
    )
    return [token for (token,) in rows]


def note_token_check(connection: Connection, token: str, *, is_answered: bool) -> None:
    """Note that the token was checked just now."""
    connection.execute(
        """
        insert into ops.token_checks as t (token, checked_at, answered_at)
        values (
            %(token)s, clock_timestamp(), case when %(answered)s then clock_timestamp() end
        )
        on conflict (token) do update set
            checked_at = excluded.checked_at,
            answered_at = coalesce(excluded.answered_at, t.answered_at)
        """,
        {"token": token, "answered": is_answered},
    )
