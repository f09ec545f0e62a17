"""Mutes alerts for a time: they open and resolve without a message."""

from datetime import UTC, datetime
from typing import Any

from orchestration.alerting.judging.evidence import clients_by_id
from orchestration.alerting.messages.rules import ALERT_RULES
from orchestration.alerting.rows import dict_rows
from orchestration.clients.unknown import unknown_client
from orchestration.errors import UsageError
from orchestration.warehouse.connection import Connection, storable


def mute(
    connection: Connection,
    rule: str | None,
    client_id: str | None,
    *,
    until: datetime,
    by: str,
    why: str,
) -> int:
    """Send no messages about a rule, a client, or both, until an instant; returns the mute's id.

    None is every rule, or every client.

    Raises:
        UsageError: there is no such rule or client, or the instant is over.
    """
    if rule is not None and rule not in ALERT_RULES:
        raise UsageError(f"No rule {rule}: the rules are {', '.join(ALERT_RULES)}.")
    if until <= datetime.now(UTC):
        raise UsageError("The end of the mute is already over.")
    if client_id is not None and client_id not in (known := clients_by_id(connection)):
        raise unknown_client(client_id, known)
    (row,) = dict_rows(
        connection,
        "insert into ops.alert_mutes (rule, client_id, until, reason, muted_by) "
        "values (%s, %s, %s, %s, %s) returning mute_id",
        [rule, client_id, until, storable(why), by],
    )
    return int(row["mute_id"])


def unmute(connection: Connection, mute_id: int) -> None:
    """End a mute now: the next evaluation sends messages about alerts that are still open.

    Raises:
        UsageError: there is no such mute, or it has ended.
    """
    ended = connection.execute(
        "update ops.alert_mutes set lifted_at = clock_timestamp() "
        "where mute_id = %s and lifted_at is null and until > clock_timestamp()",
        [mute_id],
    )
    if ended.rowcount == 0:
        raise UsageError(f"No mute {mute_id} is in force.")


def mutes(connection: Connection) -> list[dict[str, Any]]:
    """The mutes in force."""
    return dict_rows(
        connection,
        "select mute_id, rule, client_id, until, reason, muted_by from ops.alert_mutes "
        "where lifted_at is null and until > clock_timestamp() order by mute_id",
    )
