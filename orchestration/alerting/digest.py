"""Messages by the clock: the digest of low alerts, and the signs of life."""

from collections.abc import Iterable, Sequence
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.rows import dict_row

from orchestration.alerting.judging.facts import Facts
from orchestration.alerting.messages.message import Content, Draft, Item, Link
from orchestration.alerting.messages.rules import BY_NAME
from orchestration.settings import Settings
from orchestration.text import instant, plural
from orchestration.warehouse.connection import Connection

MOST_ITEMS = 20

LATEST_DIGEST = "select max(created_at) from ops.alert_messages where kind = 'digest'"
LOW = """
select a.*, c.name from ops.alerts as a
left join ops.clients as c on a.client_id = c.client_id
where a.severity = 'low' and a.state <> 'resolved'
order by a.rule, a.client_id nulls first, a.fingerprint
"""
DUE_HEARTBEATS = """
update ops.alert_destinations set heartbeat_at = clock_timestamp()
where is_on and coalesce(heartbeat_at, '-infinity')
    <= clock_timestamp() - make_interval(hours => %(hours)s)
returning destination
"""


def quiet_until(now: datetime, settings: Settings) -> datetime | None:
    """The end of the quiet hours that `now` lies in; None outside of them."""
    if settings.alert_quiet_hours is None:
        return None
    begin, end = (int(part) for part in settings.alert_quiet_hours.split("-"))
    local = now.astimezone(ZoneInfo(settings.alert_timezone))
    ends = datetime.combine(local.date(), time(end % 24), local.tzinfo)
    if end % 24 <= begin:
        # They reach over midnight.
        if local.hour >= begin:
            return ends + timedelta(days=1)
        return ends if local < ends else None
    return ends if begin <= local.hour and local < ends else None


def is_digest_due(now: datetime, latest: datetime | None, settings: Settings) -> bool:
    """Whether today's hour of the digest is over and none was sent since."""
    local = now.astimezone(ZoneInfo(settings.alert_timezone))
    hour = datetime.combine(local.date(), time(settings.alert_digest_hour), local.tzinfo)
    return local >= hour and (latest is None or latest < hour)


def digest(
    connection: Connection, facts: Facts, settings: Settings, destinations: Iterable[str]
) -> list[Draft]:
    """The low alerts of the day, if any is new since the last digest."""
    row = connection.execute(LATEST_DIGEST).fetchone()
    latest = row[0] if row else None
    if not is_digest_due(facts.now, latest, settings):
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        low = cursor.execute(LOW).fetchall()
    if not any(alert["notified_at"] is None for alert in low):
        return []
    connection.execute(
        "update ops.alerts set notified_at = clock_timestamp() where alert_id = any(%s)",
        [[alert["alert_id"] for alert in low]],
    )
    content = _digest(low, settings.dashboard_url)
    return [Draft(destination, content) for destination in destinations]


def _digest(low: Sequence[dict[str, Any]], dashboard: str) -> Content:
    items = [
        Item(
            f"{alert['name'] or alert['client_id'] or BY_NAME[alert['rule']].title}",
            alert["detail"],
            f"{dashboard}/admin/monitoring/clients/{alert['client_id']}"
            if alert["client_id"]
            else "",
        )
        for alert in low
    ]
    return Content(
        "digest",
        "low",
        "",
        f"Digest: {plural(len(low), 'matter')} of low severity",
        tuple(items[:MOST_ITEMS]),
        max(0, len(items) - MOST_ITEMS),
        links=(
            Link("Dashboard", f"{dashboard}/admin/monitoring"),
            Link("Runbook", f"{dashboard}/admin/runbook#alerts"),
        ),
        alerts=tuple(alert["alert_id"] for alert in low),
    )


def heartbeats(
    connection: Connection, facts: Facts, settings: Settings, standing: int
) -> list[Draft]:
    """A sign of life for each destination that has had none for so long."""
    if not settings.alert_heartbeat_hours:
        return []
    due = connection.execute(DUE_HEARTBEATS, {"hours": settings.alert_heartbeat_hours}).fetchall()
    content = Content(
        "heartbeat",
        "low",
        "",
        f"Alerting works: {plural(standing, 'alert')} open",
        (Item("Evaluated", instant(facts.now)),),
        does=f"This sign of life comes every {settings.alert_heartbeat_hours} hours.",
        do="If it stays away: meta-ads health, and the runbook.",
        links=(
            Link("Dashboard", f"{settings.dashboard_url}/admin/monitoring"),
            Link("Runbook", f"{settings.dashboard_url}/admin/runbook#alerting-check"),
        ),
    )
    return [Draft(destination, content) for (destination,) in due]
