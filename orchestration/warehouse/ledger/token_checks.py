"""Tokens that Meta refused, by the variables that hold them, and what was heard of them since."""

from collections.abc import Sequence

from orchestration.warehouse.connection import Connection


def refused_tokens(connection: Connection, client_ids: Sequence[str], minutes: int) -> list[str]:
    """Tokens whose clients are on hold and that nobody asked about for so long, by name."""
    found = connection.execute(
        """
        select d.token
        from (
            select
                coalesce(c.token_env, 'META_ACCESS_TOKEN') as token, max(f.failed_at) as failed_at
            from ops.client_failures as f
            inner join ops.clients as c on f.client_id = c.client_id
            where f.error = 'TokenDeadError' and not f.is_answered_since and c.is_listed
                and c.client_id = any(%(clients)s)
            group by 1
        ) as d
        left join ops.token_checks as t on d.token = t.token
        where greatest(d.failed_at, t.checked_at)
            <= clock_timestamp() - make_interval(mins => %(minutes)s)
        order by d.token
        """,
        {"clients": list(client_ids), "minutes": minutes},
    )
    return [token for (token,) in found]


def note_token_check(connection: Connection, token: str, *, is_answered: bool) -> None:
    """Somebody asked about the token just now."""
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
