"""Lists alerts, acknowledges them, and closes them by hand."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from orchestration.alerting.delivery import outbox
from orchestration.alerting.destinations.secrets import hidden_values, redact
from orchestration.alerting.destinations.setup import destinations
from orchestration.alerting.judging.evidence import clients_by_id
from orchestration.alerting.messages.compose import Composer
from orchestration.alerting.messages.event import Alert, Event
from orchestration.alerting.messages.message import Draft
from orchestration.alerting.messages.rules import ALERT_RULES
from orchestration.alerting.routing import Routing
from orchestration.alerting.rows import dict_rows
from orchestration.clients.routes import configured_routes
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql


def alerts(connection: Connection, *, with_resolved: bool, most: int) -> list[dict[str, Any]]:
    """Unresolved alerts, the worst first; then, if wanted, resolved ones, the latest first."""
    values = {"with_resolved": with_resolved, "most": most}
    return dict_rows(connection, read_sql(__file__, "alerts"), values)


def acknowledge(connection: Connection, ids: Sequence[int], by: str) -> list[int]:
    """Note that somebody takes care of alerts: they get no reminders and are not raised.

    Returns the ids of those that were open.

    Raises:
        UsageError: there is no such alert, or it is resolved.
    """
    _check_unresolved(connection, ids)
    acknowledged = connection.execute(
        "update ops.alerts set (state, acknowledged_at, acknowledged_by) "
        "= ('acknowledged', clock_timestamp(), %s) "
        "where alert_id = any(%s) and state = 'open' returning alert_id",
        [by, list(ids)],
    ).fetchall()
    return sorted(alert_id for (alert_id,) in acknowledged)


def resolve(connection: Connection, settings: Settings, alert_id: int, by: str, why: str) -> bool:
    """Close an alert by hand, and send a message about it. Returns whether it stays closed.

    Only an event stays closed: every other alert opens again as long as its cause exists.

    Raises:
        UsageError: there is no such alert, or it is resolved.
    """
    _check_unresolved(connection, [alert_id])
    (alert,) = dict_rows(
        connection,
        "update ops.alerts set (state, resolved_at, resolved_by, resolved_reason) "
        "= ('resolved', clock_timestamp(), %s, %s) where alert_id = %s returning *",
        [by, storable(why), alert_id],
    )
    if alert["notified_at"] is not None:
        outbox.write(connection, _closed_messages(connection, settings, alert))
    return ALERT_RULES[alert["rule"]].is_event


def _closed_messages(connection: Connection, settings: Settings, alert: Alert) -> list[Draft]:
    routes = configured_routes(settings)
    clients = clients_by_id(connection)
    routing = Routing(routes, destinations(settings, routes), clients)
    composer = Composer(clients, settings.dashboard_url)
    title = f"Closed by {alert['resolved_by']}: {ALERT_RULES[alert['rule']].title}"
    note = redact(alert["resolved_reason"], hidden_values(settings, routes, clients))
    return [
        replace(draft, content=replace(draft.content, title=title, does="", note=note))
        for draft in composer.drafts([Event("resolved", alert)], routing.destinations_of)
    ]


def _check_unresolved(connection: Connection, ids: Sequence[int]) -> None:
    states: dict[int, str] = dict(
        connection.execute(
            "select alert_id, state from ops.alerts where alert_id = any(%s)", [list(ids)]
        ).fetchall()
    )
    if missing := [str(alert_id) for alert_id in ids if alert_id not in states]:
        raise UsageError(f"No alert {', '.join(missing)}: meta-ads alerts list shows all alerts.")
    if resolved := [str(alert_id) for alert_id in ids if states[alert_id] == "resolved"]:
        raise UsageError(f"Alert {', '.join(resolved)} is already resolved.")
