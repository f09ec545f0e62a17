"""The outbox: messages that are written with their alert, claimed, sent, and noted as sent.

A message waits until its destination accepts it or refuses it for good. Of each destination only
the oldest message is claimed, so that none overtakes another: "resolved" comes after "opened".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.types.json import Jsonb

from orchestration.alerting.delivery.state import ERROR_CHARACTERS, note_destination
from orchestration.alerting.messages.message import Content, Draft, Message
from orchestration.alerting.rows import dict_rows
from orchestration.process.owner import owner_is_dead
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql

LEASE_SECONDS = 60
"""Longer than any attempt takes; the lease of a dead process of this machine ends at once."""


@dataclass(frozen=True, kw_only=True)
class Claimed:
    """A message that this process is to send now.

    `attempts` includes the one that begins now, `age_seconds` is how long the message has waited,
    and `failing_seconds` for how long its destination has accepted nothing.
    """

    message_id: int
    message: Message
    attempts: int
    age_seconds: float
    failing_seconds: float


def write(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Put messages into the outbox, in the caller's transaction."""
    if drafts:
        messages = [_row(draft) | {"place": place} for place, draft in enumerate(drafts)]
        connection.execute(read_sql(__file__, "insert_messages"), {"messages": Jsonb(messages)})


def claim(connection: Connection, destinations: Sequence[str], owner: str) -> list[Claimed]:
    """Take the next message of each destination, if it may be sent now. One transaction."""
    values = {"owner": owner, "lease": LEASE_SECONDS, "destinations": list(destinations)}
    with connection.transaction():
        _release_dead(connection)
        rows = dict_rows(connection, read_sql(__file__, "claim_messages"), values)
    return [_claimed(row) for row in rows]


def next_in_seconds(connection: Connection, destinations: Sequence[str]) -> float | None:
    """In how many seconds the next message may be sent; None where none waits."""
    values = {"destinations": list(destinations)}
    row = connection.execute(read_sql(__file__, "next_in_seconds"), values).fetchone()
    return None if row is None or row[0] is None else max(0.0, float(row[0]))


def waiting_elsewhere(connection: Connection, destinations: Sequence[str]) -> list[str]:
    """Other destinations than these that messages wait for."""
    rows = connection.execute(
        "select distinct destination from ops.alert_messages "
        "where state = 'waiting' and not destination = any(%s)",
        [list(destinations)],
    ).fetchall()
    return [destination for (destination,) in rows]


def note_sent(connection: Connection, claimed: Claimed, receipt: str) -> None:
    """Store that the destination accepted the message: its receipt is the proof."""
    with connection.transaction():
        connection.execute(
            "update ops.alert_messages set (state, sent_at, receipt, lease_owner, leased_until) "
            "= ('sent', clock_timestamp(), %s, null, null) where message_id = %s",
            [storable(receipt)[:ERROR_CHARACTERS], claimed.message_id],
        )
        note_destination(connection, claimed.message.destination, "")


def note_delayed(connection: Connection, claimed: Claimed, error: str, seconds: float) -> None:
    """Store that the destination did not accept the message, which is sent again after a pause."""
    with connection.transaction():
        connection.execute(
            "update ops.alert_messages set (not_before, last_error, lease_owner, leased_until) "
            "= (clock_timestamp() + make_interval(secs => %s), %s, null, null) "
            "where message_id = %s",
            [seconds, storable(error)[:ERROR_CHARACTERS], claimed.message_id],
        )
        note_destination(connection, claimed.message.destination, error)


def note_failed(
    connection: Connection, claimed: Claimed, state: str, error: str, instead: Draft | None
) -> None:
    """Store that the message is given up, as `refused` or `expired`.

    `instead` is the message that another destination gets in its place.
    """
    with connection.transaction():
        connection.execute(
            "update ops.alert_messages set (state, not_before, last_error, lease_owner, "
            "leased_until) = (%s, clock_timestamp(), %s, null, null) where message_id = %s",
            [state, storable(error)[:ERROR_CHARACTERS], claimed.message_id],
        )
        note_destination(connection, claimed.message.destination, error)
        if instead is not None:
            write(connection, [instead])


def has_message(connection: Connection, claimed: Claimed, destination: str) -> bool:
    """Whether another destination has, or had, a message that says the same."""
    values = {"message_id": claimed.message_id, "destination": destination}
    row = connection.execute(read_sql(__file__, "has_message"), values).fetchone()
    return row is not None and bool(row[0])


def earlier_destinations(connection: Connection, claimed: Claimed) -> list[str]:
    """The destinations that this message came from because they did not accept it."""
    values = {"message_id": claimed.message_id}
    rows = connection.execute(read_sql(__file__, "earlier_destinations"), values).fetchall()
    return [destination for (destination,) in rows]


def send_again(connection: Connection, message_id: int) -> bool:
    """Put a message that was given up back into the outbox; returns whether there was one."""
    updated = connection.execute(
        "update ops.alert_messages set (state, attempts, not_before, created_at) "
        "= ('waiting', 0, clock_timestamp(), clock_timestamp()) "
        "where message_id = %s and state in ('refused', 'expired')",
        [message_id],
    )
    return updated.rowcount == 1


def _release_dead(connection: Connection) -> None:
    """Release the messages that a dead process had claimed."""
    owners = connection.execute(
        "select distinct lease_owner from ops.alert_messages "
        "where state = 'waiting' and leased_until > clock_timestamp()"
    ).fetchall()
    if dead := [owner for (owner,) in owners if owner_is_dead(owner)]:
        connection.execute(
            "update ops.alert_messages set leased_until = null "
            "where state = 'waiting' and lease_owner = any(%s)",
            [dead],
        )


def _row(draft: Draft) -> dict[str, Any]:
    content = draft.content
    return {
        "destination": draft.destination,
        "kind": content.kind,
        "rule": content.rule or None,
        "severity": content.severity,
        "alert_ids": list(content.alerts),
        "content": content.document(),
        "not_before": draft.not_before.isoformat() if draft.not_before else None,
        "instead_of": draft.instead_of,
    }


def _claimed(row: Mapping[str, Any]) -> Claimed:
    content = Content.from_document(row["content"])
    return Claimed(
        message_id=row["message_id"],
        message=Message(str(row["message_key"]), row["destination"], content, row["created_at"]),
        attempts=row["attempts"],
        age_seconds=row["age"].total_seconds(),
        failing_seconds=row["failing_for"].total_seconds() if row["failing_for"] else 0.0,
    )
