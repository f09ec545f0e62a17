"""The state of each destination, which the health check `alerting` and the dashboard show."""

from collections.abc import Iterable, Mapping

from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql

ERROR_CHARACTERS = 500
"""How much of a receipt or an error is stored."""


def sync_destinations(connection: Connection, on: Iterable[str], off: Mapping[str, str]) -> None:
    """Store which destinations are on, and why others are off; writes only what differs."""
    notes: dict[str, str | None] = dict(off) | dict.fromkeys(on)
    connection.execute(
        read_sql(__file__, "sync_destinations"),
        {"names": list(notes), "notes": list(notes.values())},
    )
    connection.execute(
        "update ops.alert_destinations set (is_on, note, failing_since) "
        "= (false, 'no route names it any more', null) "
        "where is_on and not destination = any(%s)",
        [list(notes)],
    )


def note_destination(connection: Connection, destination: str, error: str) -> None:
    """Store that a destination accepted a message, or failed with an error.

    Once it accepts one, the messages that wait for their next attempt are sent at once.
    """
    if error:
        connection.execute(
            "update ops.alert_destinations set (failing_since, last_error) "
            "= (coalesce(failing_since, clock_timestamp()), %s) where destination = %s",
            [storable(error)[:ERROR_CHARACTERS], destination],
        )
        return
    connection.execute(
        "update ops.alert_messages set not_before = clock_timestamp() where destination = %s "
        "and state = 'waiting' and attempts > 0 and not_before > clock_timestamp()",
        [destination],
    )
    connection.execute(
        "update ops.alert_destinations set (sent_at, failing_since, last_error) "
        "= (clock_timestamp(), null, null) where destination = %s",
        [destination],
    )
