"""Heartbeats: when each part that works by itself was last alive."""

from orchestration.warehouse.connection import Connection


def beat(
    connection: Connection, name: str, interval_seconds: int, detail: str | None = None
) -> None:
    """A sign of life of something that works by itself."""
    connection.execute(
        "insert into ops.heartbeats as h (name, interval_seconds, detail) values (%s, %s, %s) "
        "on conflict (name) do update set (beat_at, interval_seconds, detail) "
        "= (clock_timestamp(), excluded.interval_seconds, excluded.detail)",
        [name, interval_seconds, detail],
    )
