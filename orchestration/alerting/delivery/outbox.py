"""The outbox: messages written with the alert that they are about, claimed, sent, proved.

A message waits until its destination took it or refused it for good. Of each destination only the
oldest message that may be sent is in hand, so that nothing overtakes: "healed" follows "opened".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from orchestration.alerting.delivery.state import note_destination
from orchestration.alerting.messages.message import Content, Draft, Message
from orchestration.process.owner import owner_is_dead
from orchestration.warehouse.connection import Connection, storable

LEASE_SECONDS = 60
"""Longer than any one attempt takes; of a dead process of this machine it ends at once."""

INSERT = """
insert into ops.alert_messages (
    destination, kind, rule, severity, alert_ids, content, not_before, instead_of
)
select destination, kind, rule, severity, alert_ids, content,
    coalesce(not_before, clock_timestamp()), instead_of
from jsonb_to_recordset(%s) as g (
    destination text, kind text, rule text, severity text, alert_ids bigint[], content jsonb,
    not_before timestamptz, instead_of bigint, place bigint
)
order by place
"""
CLAIM = """
with heads as (
    select distinct on (destination) message_id, not_before, leased_until
    from ops.alert_messages
    where state = 'waiting' and (attempts > 0 or not_before <= clock_timestamp())
    order by destination, message_id
)
update ops.alert_messages as m set
    (attempts, lease_owner, leased_until)
    = (m.attempts + 1, %(owner)s, clock_timestamp() + make_interval(secs => %(lease)s))
from heads as h
where
    m.message_id = h.message_id and m.state = 'waiting'
    and m.not_before <= clock_timestamp()
    and coalesce(m.leased_until, '-infinity') <= clock_timestamp()
    and m.destination = any(%(destinations)s)
returning m.*, clock_timestamp() - m.created_at as age, (
    select clock_timestamp() - d.failing_since from ops.alert_destinations as d
    where d.destination = m.destination
) as failing_for
"""
NEXT = """
select extract(epoch from min(at) - clock_timestamp())
from (
    select distinct on (destination) greatest(not_before, leased_until) as at
    from ops.alert_messages
    where state = 'waiting' and (attempts > 0 or not_before <= clock_timestamp())
        and destination = any(%(destinations)s)
    order by destination, message_id
) as heads
"""


@dataclass(frozen=True)
class Claimed:
    """A message in hand.

    `attempts` counts the one that begins now, `age_seconds` is how long it waits, and
    `failing_seconds` for how long its destination has taken nothing.
    """

    message_id: int
    message: Message
    attempts: int
    age_seconds: float
    failing_seconds: float


def write(connection: Connection, drafts: Sequence[Draft]) -> None:
    """Put messages into the outbox, in the caller's transaction."""
    if drafts:
        connection.execute(
            INSERT, [Jsonb([_row(draft) | {"place": n} for n, draft in enumerate(drafts)])]
        )


def claim(connection: Connection, destinations: Sequence[str], owner: str) -> list[Claimed]:
    """Take the next message of each destination, if it may be sent now. One transaction."""
    with connection.transaction():
        _free_dead(connection)
        with connection.cursor(row_factory=dict_row) as cursor:
            rows = cursor.execute(
                CLAIM,
                {"owner": owner, "lease": LEASE_SECONDS, "destinations": list(destinations)},
            ).fetchall()
    return [_claimed(row) for row in rows]


def next_in_seconds(connection: Connection, destinations: Sequence[str]) -> float | None:
    """When the next message may be sent; None where none waits."""
    row = connection.execute(NEXT, {"destinations": list(destinations)}).fetchone()
    return None if row is None or row[0] is None else max(0.0, float(row[0]))


def note_sent(connection: Connection, claimed: Claimed, receipt: str) -> None:
    """The destination took it: its receipt is the proof."""
    with connection.transaction():
        connection.execute(
            "update ops.alert_messages set (state, sent_at, receipt, lease_owner, leased_until) "
            "= ('sent', clock_timestamp(), %s, null, null) where message_id = %s",
            [storable(receipt)[:500], claimed.message_id],
        )
        note_destination(connection, claimed.message.destination, "")


def note_delayed(connection: Connection, claimed: Claimed, error: str, seconds: float) -> None:
    """The destination did not take it: it is tried again after a pause."""
    with connection.transaction():
        connection.execute(
            "update ops.alert_messages set (not_before, last_error, lease_owner, leased_until) "
            "= (clock_timestamp() + make_interval(secs => %s), %s, null, null) "
            "where message_id = %s",
            [seconds, storable(error)[:500], claimed.message_id],
        )
        note_destination(connection, claimed.message.destination, error)


def note_failed(
    connection: Connection, claimed: Claimed, state: str, error: str, instead: Draft | None
) -> None:
    """It is not tried again: `refused` for good, or `expired`; another destination takes it."""
    with connection.transaction():
        connection.execute(
            "update ops.alert_messages set (state, not_before, last_error, lease_owner, "
            "leased_until) = (%s, clock_timestamp(), %s, null, null) where message_id = %s",
            [state, storable(error)[:500], claimed.message_id],
        )
        note_destination(connection, claimed.message.destination, error)
        if instead is not None:
            write(connection, [instead])


def was_told(connection: Connection, claimed: Claimed, destination: str) -> bool:
    """Whether another destination has, or had, the same message."""
    row = connection.execute(
        "select exists (select 1 from ops.alert_messages as o "
        "inner join ops.alert_messages as m on m.message_id = %s "
        "where o.destination = %s and o.kind = m.kind and o.rule is not distinct from m.rule "
        "and o.alert_ids = m.alert_ids and o.state in ('waiting', 'sent') "
        "and o.created_at between m.created_at - interval '1 minute' "
        "and m.created_at + interval '1 day')",
        [claimed.message_id, destination],
    ).fetchone()
    return row is not None and bool(row[0])


def send_again(connection: Connection, message_id: int) -> bool:
    """Put a message that was given up back into the outbox."""
    done = connection.execute(
        "update ops.alert_messages set (state, attempts, not_before, created_at) "
        "= ('waiting', 0, clock_timestamp(), clock_timestamp()) "
        "where message_id = %s and state in ('refused', 'expired')",
        [message_id],
    )
    return done.rowcount == 1


def _free_dead(connection: Connection) -> None:
    """What a process that died had in hand is free again."""
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
    message = Message(
        str(row["message_key"]), row["destination"], Content.of(row["content"]), row["created_at"]
    )
    return Claimed(
        row["message_id"],
        message,
        row["attempts"],
        row["age"].total_seconds(),
        row["failing_for"].total_seconds() if row["failing_for"] else 0.0,
    )
