"""The digest: once a day one message about all alerts of low severity."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.alerting.messages.links import client_item, client_label, links
from orchestration.alerting.messages.message import Content, Draft, Item
from orchestration.alerting.rows import dict_rows
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

MOST_ITEMS = 20
"""How many alerts the digest shows; the dashboard has all of them."""
LATEST_DIGEST = "select max(created_at) from ops.alert_messages where kind = 'digest'"


def digest(
    connection: Connection, now: datetime, settings: Settings, destinations: Iterable[str]
) -> list[Draft]:
    """The digest of the day, if it is due and holds an alert that the last one did not."""
    row = connection.execute(LATEST_DIGEST).fetchone()
    if not is_digest_due(now, row[0] if row else None, settings):
        return []
    low = dict_rows(connection, read_sql(__file__, "low_alerts"))
    if not any(alert["notified_at"] is None for alert in low):
        return []
    connection.execute(
        "update ops.alerts set notified_at = clock_timestamp() where alert_id = any(%s)",
        [[alert["alert_id"] for alert in low]],
    )
    content = _content(low, settings.dashboard_url)
    return [Draft(destination, content) for destination in destinations]


def is_digest_due(now: datetime, latest: datetime | None, settings: Settings) -> bool:
    """Whether the hour of today's digest is over and none was written since."""
    local = now.astimezone(ZoneInfo(settings.alert_timezone))
    due_at = datetime.combine(local.date(), time(settings.alert_digest_hour), local.tzinfo)
    return local >= due_at and (latest is None or latest < due_at)


def _content(alerts: Sequence[dict[str, Any]], dashboard: str) -> Content:
    items = [_item(alert, dashboard) for alert in alerts[:MOST_ITEMS]]
    return Content(
        kind="digest",
        severity="low",
        rule="",
        title=f"Digest: {plural(len(alerts), 'alert')} of low severity",
        items=tuple(items),
        more=len(alerts) - len(items),
        links=links(dashboard, "alerts"),
        alerts=tuple(alert["alert_id"] for alert in alerts),
    )


def _item(alert: dict[str, Any], dashboard: str) -> Item:
    client_id = alert["client_id"]
    if client_id is None:
        return Item(alert["subject"], alert["detail"])
    label = f"{client_label(client_id, alert['name'])}: {alert['subject']}"
    return client_item(dashboard, client_id, label, alert["detail"])
