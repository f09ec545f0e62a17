"""Heartbeats: when each background part (a sensor, a server) last gave a sign of life."""

from orchestration.warehouse.connection import Connection


def beat(
    connection: Connection, name: str, interval_seconds: int, detail: str | None = None
) -> None:
    """Note a sign of life of a background part, which gives one every `interval_seconds`."""
    connection.execute(
        "insert into ops.heartbeats as h (name, interval_seconds, detail) values (%s, %s, %s) "
        "on conflict (name) do update set (beat_at, interval_seconds, detail) "
        "= (clock_timestamp(), excluded.interval_seconds, excluded.detail)",
        [name, interval_seconds, detail],
    )
