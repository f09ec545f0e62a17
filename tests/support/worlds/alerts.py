"""Alerts that are not evaluated or not delivered; destinations and their messages."""

from collections.abc import Callable
from typing import Any

from databases import Warehouse


def alerting_never_worked(warehouse: Warehouse) -> None:
    """Nobody evaluates alerts here."""
    warehouse.execute("truncate ops.heartbeats")


def alerting_is_half_set_up(warehouse: Warehouse) -> None:
    """Alerts are evaluated, and nobody delivers them."""
    warehouse.execute("delete from ops.heartbeats where name = 'alert_delivery'")


def silent(name: str, minutes: int) -> Callable[[Any], None]:
    """It beat for the last time so long ago, and promised to be silent for five minutes at most."""

    def make(warehouse: Warehouse) -> None:
        warehouse.execute(
            "update ops.heartbeats set beat_at = now() - make_interval(mins => %s) where name = %s",
            [minutes, name],
        )

    return make


def delivery_is_rare(warehouse: Warehouse) -> None:
    """Delivery promised no more than one sign of life an hour."""
    warehouse.execute(
        "update ops.heartbeats set interval_seconds = 3600 where name = 'alert_delivery'"
    )


def destination(
    warehouse: Warehouse, name: str, *, note: str | None = None, failing_minutes: int | None = None
) -> None:
    """A destination of alerts; with a note it is off."""
    warehouse.execute(
        "insert into ops.alert_destinations "
        "(destination, is_on, note, sent_at, failing_since, last_error) values "
        "(%(name)s, %(note)s::text is null, %(note)s, now() - interval '1 hour', "
        "now() - make_interval(mins => %(minutes)s), "
        "case when %(minutes)s::integer is not null then 'HTTP 500: no such channel' end) "
        "on conflict (destination) do update set (is_on, note, failing_since, last_error) "
        "= (excluded.is_on, excluded.note, excluded.failing_since, excluded.last_error)",
        {"name": name, "note": note, "minutes": failing_minutes},
    )


def slack_fails(minutes: int) -> Callable[[Any], None]:
    """Slack has taken no message for so long."""
    return lambda warehouse: destination(warehouse, "slack", failing_minutes=minutes)


def slack_is_off(warehouse: Warehouse) -> None:
    """Slack is not set up any more; it failed while it was."""
    destination(warehouse, "slack", note="no URL is set", failing_minutes=60)


def webhook_is_off(warehouse: Warehouse) -> None:
    """Another destination that is not set up."""
    destination(warehouse, "webhook", note="no URL is set")


def message(state: str, age: str = "0 seconds", **changes: Any) -> Callable[[Any], None]:
    """A message to Slack that was written so long ago, and then became this."""

    def make(warehouse: Warehouse) -> None:
        values = {
            "destination": "slack",
            "kind": "opened",
            "severity": "high",
            "content": '{"title": "Days are missing"}',
            "state": state,
            "attempts": 1,
        } | changes
        columns, marks = ", ".join(values), ", ".join(["%s"] * len(values))
        warehouse.execute(
            f"insert into ops.alert_messages ({columns}, created_at, not_before) "
            f"values ({marks}, now() - %s::interval, now() - %s::interval)",
            [*values.values(), age, age],
        )

    return make


def threshold(name: str, value: int) -> Callable[[Any], None]:
    """A setting of the alerts, as every command hands it to SQL."""
    return lambda warehouse: warehouse.execute(
        "insert into ops.settings (name, value) values (%s, %s) "
        "on conflict (name) do update set value = excluded.value",
        [name, str(value)],
    )
