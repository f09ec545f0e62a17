"""Which events are told: not repeats, nothing muted, reminders and what rises in their time."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from orchestration.alerting.judging.causes import one_step_up
from orchestration.alerting.messages.event import Event
from orchestration.alerting.messages.message import Severity
from orchestration.alerting.messages.rules import BY_NAME
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection

RISING: tuple[Severity, ...] = ("high", "medium")
"""Severities that rise while nobody acknowledges, in the order of META_ADS_ALERT_RAISE_HOURS."""
REMINDED: tuple[Severity, ...] = ("critical", "high", "medium")
"""Severities that are told again, in the order of META_ADS_ALERT_REMIND_HOURS."""
UNACKNOWLEDGED = (
    "Nobody acknowledged it: meta-ads alerts ack, or the dashboard, ends the reminders."
)

MUTES = """
select rule, client_id from ops.alert_mutes
where lifted_at is null and until > clock_timestamp()
"""


def telling(
    connection: Connection, events: Iterable[Event], now: datetime, settings: Settings
) -> list[Event]:
    """The events that are to be told now, noted as told."""
    mutes = connection.execute(MUTES).fetchall()
    told = [told for event in events if (told := _worth_telling(event, now, settings, mutes))]
    _note_told(connection, told)
    return told


def _worth_telling(
    event: Event, now: datetime, settings: Settings, mutes: Iterable[Sequence[Any]]
) -> Event | None:
    """The event as it is to be told, or None: repeats, what is muted, and the digest's part."""
    alert = event.alert
    # A rule of another version of this program: its alert ends without a word.
    if alert["severity"] == "low" or alert["rule"] not in BY_NAME:
        return None
    if event.kind == "resolved":
        return event if alert["notified_at"] is not None else None
    if any(
        rule in (None, alert["rule"]) and client in (None, alert["client_id"])
        for rule, client in mutes
    ):
        return None
    if event.kind == "reminder":
        return _again(event, now, settings)
    return event


def _again(event: Event, now: datetime, settings: Settings) -> Event | None:
    """What was muted until now, what rises, and what nobody acknowledged for long."""
    alert = event.alert
    severity = alert["severity"]
    if alert["state"] == "acknowledged":
        return None
    if alert["notified_at"] is None:
        return Event("opened", alert)
    began = alert["raised_at"] or alert["opened_at"]
    if severity in RISING and _is_over(
        began, settings.alert_raise_hours[RISING.index(severity)], now
    ):
        raised = dict(alert) | {"severity": one_step_up(severity)}
        return Event("raised", raised, "Nobody acknowledged it.")
    hours = settings.alert_remind_hours[REMINDED.index(severity)]
    return event if _is_over(alert["notified_at"], hours, now) else None


def _is_over(since: datetime, hours: float, now: datetime) -> bool:
    return hours > 0 and since <= now - timedelta(hours=hours)


def _note_told(connection: Connection, events: Iterable[Event]) -> None:
    told = [e for e in events if e.kind != "resolved"]
    raised = [e for e in told if e.kind == "raised"]
    connection.execute(
        "update ops.alerts set notified_at = clock_timestamp() where alert_id = any(%s)",
        [[e.alert["alert_id"] for e in told]],
    )
    with connection.cursor() as cursor:
        cursor.executemany(
            "update ops.alerts set (severity, raised_at) = (%s, clock_timestamp()) "
            "where alert_id = %s",
            [(e.alert["severity"], e.alert["alert_id"]) for e in raised],
        )
