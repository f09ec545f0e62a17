"""How each destination is set up and how it went: what the health check and the dashboard show."""

from collections.abc import Iterable, Mapping

from orchestration.warehouse.connection import Connection, storable


def sync_destinations(connection: Connection, on: Iterable[str], off: Mapping[str, str]) -> None:
    """Write down which destinations are on, and why others are off; writes only what differs."""
    notes: dict[str, str | None] = dict(off) | dict.fromkeys(on)
    connection.execute(
        """
        insert into ops.alert_destinations as d (destination, is_on, note)
        select n.destination, n.note is null, n.note
        from unnest(%(names)s::text[], %(notes)s::text[]) as n (destination, note)
        on conflict (destination) do update set
            (is_on, note, failing_since, last_error) = (
                excluded.is_on, excluded.note,
                case when excluded.is_on then d.failing_since end,
                case when excluded.is_on then d.last_error end
            )
        where (d.is_on, d.note) is distinct from (excluded.is_on, excluded.note)
        """,
        {"names": list(notes), "notes": list(notes.values())},
    )
    connection.execute(
        "update ops.alert_destinations set (is_on, note, failing_since) "
        "= (false, 'no route names it any more', null) "
        "where is_on and not destination = any(%s)",
        [list(notes)],
    )


def note_destination(connection: Connection, destination: str, error: str) -> None:
    """A destination took something, or failed; what waits for one that works goes at once."""
    if not error:
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
        return
    connection.execute(
        "update ops.alert_destinations set (failing_since, last_error) "
        "= (coalesce(failing_since, clock_timestamp()), %s) where destination = %s",
        [storable(error)[:500], destination],
    )
