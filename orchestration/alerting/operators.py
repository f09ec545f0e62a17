"""What a person does about alerts: look, acknowledge, close, mute, and try the destinations."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from orchestration.alerting.delivery import outbox
from orchestration.alerting.delivery.attempt import attempt
from orchestration.alerting.delivery.state import note_destination, sync_destinations
from orchestration.alerting.destinations.secrets import hidden_values, redact
from orchestration.alerting.destinations.setup import destinations
from orchestration.alerting.judging.facts import clients_by_id
from orchestration.alerting.messages.compose import compose
from orchestration.alerting.messages.event import Event
from orchestration.alerting.messages.message import Content, Link, Message
from orchestration.alerting.messages.rules import BY_NAME
from orchestration.alerting.routing import Routing
from orchestration.clients.routes import routes_as_they_are
from orchestration.clients.unknown import unknown_client
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, storable

LIST = """
select
    a.alert_id, a.rule, a.severity, a.state, a.client_id, c.name as client, a.subject, a.detail,
    a.since, a.opened_at, a.last_seen_at, a.times_seen, a.times_opened, a.notified_at,
    a.acknowledged_at, a.acknowledged_by, a.resolved_at, a.resolved_by, a.resolved_reason,
    exists (
        select 1 from ops.alert_mutes as m
        where m.lifted_at is null and m.until > clock_timestamp()
            and coalesce(m.rule, a.rule) = a.rule
            and (m.client_id is null or m.client_id = a.client_id)
    ) as is_muted
from ops.alerts as a
left join ops.clients as c on a.client_id = c.client_id
where (%(all)s or a.state <> 'resolved')
order by
    a.state = 'resolved', array_position(array['critical', 'high', 'medium', 'low'], a.severity),
    coalesce(a.resolved_at, a.opened_at) desc, a.alert_id
limit %(most)s
"""


def alerts(connection: Connection, *, with_resolved: bool, most: int) -> list[dict[str, Any]]:
    """Alerts that stand, the worst first; then, if wanted, the resolved ones, the latest first."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(LIST, {"all": with_resolved, "most": most}).fetchall()


def acknowledge(connection: Connection, ids: Sequence[int], by: str) -> list[int]:
    """Note that somebody sees to alerts: no reminders, no rise. Returns those that were open.

    Raises:
        UsageError: there is no such alert, or it is resolved.
    """
    _must_stand(connection, ids)
    done = connection.execute(
        "update ops.alerts set (state, acknowledged_at, acknowledged_by) "
        "= ('acknowledged', clock_timestamp(), %s) "
        "where alert_id = any(%s) and state = 'open' returning alert_id",
        [by, list(ids)],
    ).fetchall()
    return sorted(row[0] for row in done)


def resolve(connection: Connection, settings: Settings, alert_id: int, by: str, why: str) -> bool:
    """Close an alert by hand, and tell so. Returns whether it stays closed.

    Only an event stays so: every other one opens again as long as its fact stands.

    Raises:
        UsageError: there is no such alert, or it is resolved.
    """
    _must_stand(connection, [alert_id])
    with connection.cursor(row_factory=dict_row) as cursor:
        alert = cursor.execute(
            "update ops.alerts set (state, resolved_at, resolved_by, resolved_reason) "
            "= ('resolved', clock_timestamp(), %s, %s) where alert_id = %s returning *",
            [by, storable(why), alert_id],
        ).fetchone()
    assert alert is not None
    if alert["notified_at"] is not None:
        _tell_closed(connection, settings, alert, by, why)
    return BY_NAME[alert["rule"]].is_event


def _tell_closed(
    connection: Connection, settings: Settings, alert: dict[str, Any], by: str, why: str
) -> None:
    routes = routes_as_they_are(settings)
    clients = clients_by_id(connection)
    routing = Routing(routes, destinations(settings, routes), clients)
    hidden = hidden_values(settings, routes, clients)
    drafts = compose(
        [Event("resolved", alert)],
        routing.where,
        clients,
        settings.dashboard_url,
        with_figures=False,
    )
    told = [
        replace(
            draft,
            content=replace(
                draft.content,
                title=f"Closed by {by}: {BY_NAME[alert['rule']].title}",
                does="",
                note=redact(why, hidden),
            ),
        )
        for draft in drafts
    ]
    outbox.write(connection, told)


def mute(
    connection: Connection,
    rule: str | None,
    client_id: str | None,
    until: datetime,
    by: str,
    why: str,
) -> int:
    """Open and resolve alerts without a message until an instant; returns the mute's id.

    Raises:
        UsageError: there is no such rule or client, or the instant is over.
    """
    if rule is not None and rule not in BY_NAME:
        raise UsageError(f"No rule {rule}: the rules are {', '.join(BY_NAME)}.")
    if until <= datetime.now(UTC):
        raise UsageError("The end of the mute is over already.")
    if client_id is not None and client_id not in (known := clients_by_id(connection)):
        raise unknown_client(client_id, known)
    row = connection.execute(
        "insert into ops.alert_mutes (rule, client_id, until, reason, muted_by) "
        "values (%s, %s, %s, %s, %s) returning mute_id",
        [rule, client_id, until, storable(why), by],
    ).fetchone()
    assert row is not None
    mute_id: int = row[0]
    return mute_id


def unmute(connection: Connection, mute_id: int) -> None:
    """End a mute now: what stands is told with the next evaluation.

    Raises:
        UsageError: there is no such mute, or it has ended.
    """
    done = connection.execute(
        "update ops.alert_mutes set lifted_at = clock_timestamp() "
        "where mute_id = %s and lifted_at is null and until > clock_timestamp()",
        [mute_id],
    )
    if done.rowcount == 0:
        raise UsageError(f"No mute {mute_id} is in force.")


def mutes(connection: Connection) -> list[dict[str, Any]]:
    """The mutes in force."""
    with connection.cursor(row_factory=dict_row) as cursor:
        return cursor.execute(
            "select mute_id, rule, client_id, until, reason, muted_by from ops.alert_mutes "
            "where lifted_at is null and until > clock_timestamp() order by mute_id"
        ).fetchall()


@dataclass(frozen=True)
class Tried:
    """How a test of a destination ended: a receipt, an error, or why it is off."""

    destination: str
    receipt: str = ""
    error: str = ""
    off: str = ""


def try_destinations(
    connection: Connection, settings: Settings, only: Sequence[str] = ()
) -> list[Tried]:
    """Send a test message to every destination, at once; the connection is in autocommit.

    What waited for a destination that works again is sent with the next delivery.

    Raises:
        UsageError: there is no destination of that name.
    """
    routes = routes_as_they_are(settings)
    setup = destinations(settings, routes)
    names = {**dict.fromkeys(setup.on), **setup.off}
    if unknown := [name for name in only if name not in names]:
        raise UsageError(f"No destination {', '.join(unknown)}: there are {', '.join(names)}.")
    sync_destinations(connection, setup.on, setup.off)
    tried = [Tried(name, off=why) for name, why in setup.off.items() if not only or name in only]
    hidden = hidden_values(settings, routes, clients_by_id(connection))
    for name, destination in setup.on.items():
        if only and name not in only:
            continue
        message = Message(str(uuid4()), name, _test_content(settings), datetime.now(UTC))
        outcome = attempt(destination, message)
        error = redact(outcome.refused or outcome.unavailable, hidden)
        receipt = redact(outcome.receipt, hidden)
        _note_test(connection, message, receipt, error)
        tried.append(Tried(name, receipt, error))
    return tried


def _test_content(settings: Settings) -> Content:
    return Content(
        "test",
        "low",
        "",
        "A test: alerts arrive here",
        do="Nothing: somebody ran meta-ads alerts test.",
        links=(Link("Dashboard", f"{settings.dashboard_url}/admin/monitoring"),),
    )


def _note_test(connection: Connection, message: Message, receipt: str, error: str) -> None:
    with connection.transaction():
        connection.execute(
            "insert into ops.alert_messages (message_key, destination, kind, severity, content, "
            "state, attempts, sent_at, receipt, last_error) values "
            "(%s, %s, 'test', 'low', %s, %s, 1, case when %s then clock_timestamp() end, %s, %s)",
            [
                message.key,
                message.destination,
                Jsonb(message.content.document()),
                "refused" if error else "sent",
                not error,
                storable(receipt)[:500] or None,
                storable(error)[:500] or None,
            ],
        )
        note_destination(connection, message.destination, error)


def _must_stand(connection: Connection, ids: Sequence[int]) -> None:
    known: dict[int, str] = dict(
        connection.execute(
            "select alert_id, state from ops.alerts where alert_id = any(%s)", [list(ids)]
        ).fetchall()
    )
    if missing := [str(i) for i in ids if i not in known]:
        raise UsageError(f"No alert {', '.join(missing)}: meta-ads alerts list names them.")
    if over := [str(i) for i in ids if known[i] == "resolved"]:
        raise UsageError(f"Alert {', '.join(over)} is resolved already.")
