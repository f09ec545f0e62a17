"""Which events are sent: nothing muted, and of what lasts only reminders and raises when due."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from orchestration.alerting.messages.event import Event
from orchestration.alerting.messages.rules import ALERT_RULES
from orchestration.alerting.messages.severity import Severity, one_step_up
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection

RAISED: tuple[Severity, ...] = ("high", "medium")
"""Severities that are raised without an acknowledgement; as META_ADS_ALERT_RAISE_HOURS."""
REMINDED: tuple[Severity, ...] = ("critical", "high", "medium")
"""Severities that have reminders, in the order of META_ADS_ALERT_REMIND_HOURS."""
NOT_ACKNOWLEDGED = (
    "Nobody has acknowledged it. To end the reminders: meta-ads alerts ack, or the dashboard."
)

MUTES = """
select rule, client_id from ops.alert_mutes
where lifted_at is null and until > clock_timestamp()
"""


def events_to_send(
    connection: Connection, events: Iterable[Event], now: datetime, settings: Settings
) -> list[Event]:
    """The events that are to be sent now; their alerts are noted as notified."""
    mutes = connection.execute(MUTES).fetchall()
    candidates = (_event_to_send(event, now, settings, mutes) for event in events)
    to_send = [event for event in candidates if event is not None]
    _note_notified(connection, to_send)
    return to_send


def _event_to_send(
    event: Event, now: datetime, settings: Settings, mutes: Iterable[Sequence[Any]]
) -> Event | None:
    alert = event.alert
    # Low alerts wait for the digest. An alert of a rule that this version of the program does not
    # know ends without a message.
    if alert["severity"] == "low" or alert["rule"] not in ALERT_RULES:
        return None
    if event.kind == "resolved":
        return event if alert["notified_at"] is not None else None
    if any(
        rule in (None, alert["rule"]) and client in (None, alert["client_id"])
        for rule, client in mutes
    ):
        return None
    if event.kind == "reminder":
        return _repeated(event, now, settings)
    return event


def _repeated(event: Event, now: datetime, settings: Settings) -> Event | None:
    """What to send about an alert that is still there: the end of a mute, a raise, a reminder."""
    alert = event.alert
    severity = alert["severity"]
    if alert["state"] == "acknowledged":
        return None
    if alert["notified_at"] is None:
        return Event("opened", alert)
    if severity in RAISED:
        began = alert["raised_at"] or alert["opened_at"]
        if _has_passed(settings.alert_raise_hours[RAISED.index(severity)], began, now):
            raised = dict(alert) | {"severity": one_step_up(severity)}
            return Event("raised", raised, "Nobody has acknowledged it.")
    hours = settings.alert_remind_hours[REMINDED.index(severity)]
    return event if _has_passed(hours, alert["notified_at"], now) else None


def _has_passed(hours: float, since: datetime, now: datetime) -> bool:
    """Whether so many hours have passed; zero hours never do."""
    return hours > 0 and since <= now - timedelta(hours=hours)


def _note_notified(connection: Connection, events: Iterable[Event]) -> None:
    unresolved = [event for event in events if event.kind != "resolved"]
    connection.execute(
        "update ops.alerts set notified_at = clock_timestamp() where alert_id = any(%s)",
        [[event.alert["alert_id"] for event in unresolved]],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "update ops.alerts set (severity, raised_at) = (%s, clock_timestamp()) "
            "where alert_id = %s",
            [
                (event.alert["severity"], event.alert["alert_id"])
                for event in unresolved
                if event.kind == "raised"
            ],
        )
