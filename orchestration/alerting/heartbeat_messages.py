"""Heartbeats: messages that show that alerting works and that a destination accepts messages."""

from datetime import datetime

from orchestration.alerting.messages.links import links
from orchestration.alerting.messages.message import Content, Draft, Item
from orchestration.settings import Settings
from orchestration.text import instant, plural
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


def heartbeats(
    connection: Connection, now: datetime, settings: Settings, unresolved: int
) -> list[Draft]:
    """A heartbeat for each destination that has had none for META_ADS_ALERT_HEARTBEAT_HOURS."""
    hours = settings.alert_heartbeat_hours
    if not hours:
        return []
    due = connection.execute(read_sql(__file__, "due_heartbeats"), {"hours": hours}).fetchall()
    content = Content(
        kind="heartbeat",
        severity="low",
        rule="",
        title=f"Alerting works: {plural(unresolved, 'alert')} open",
        items=(Item("Latest evaluation", instant(now)),),
        does=f"It sends this message every {plural(hours, 'hour')}.",
        do="If it stops coming, run meta-ads health and read the runbook.",
        links=links(settings.dashboard_url, "alerting-check"),
    )
    return [Draft(destination, content) for (destination,) in due]
