"""The life of an alert: opened, acknowledged, resolved once its cause is gone, opened again.

Every function works in the caller's transaction: an alert and the messages about it change
together, or not at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.types.json import Jsonb

from orchestration.alerting.judging.causes import Judged
from orchestration.alerting.judging.evidence import Evidence
from orchestration.alerting.judging.findings.finding import Finding
from orchestration.alerting.messages.event import Alert, Event
from orchestration.alerting.messages.rules import ALERT_RULES
from orchestration.alerting.messages.severity import is_worse
from orchestration.alerting.reminders import NOT_ACKNOWLEDGED, events_to_send
from orchestration.alerting.rows import dict_rows
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql

RETURN_HOURS = 24
"""What returns within this time is the same alert, opened again."""


def update_alerts(
    connection: Connection, evidence: Evidence, judged: Judged, settings: Settings
) -> tuple[list[Event], int]:
    """Open, count and resolve alerts; returns the events to send, and how many are unresolved."""
    before = evidence.unresolved
    now = {finding.fingerprint: finding for finding in judged.alerts}
    no_longer_found = [alert for fingerprint, alert in before.items() if fingerprint not in now]
    new = [finding for fingerprint, finding in now.items() if fingerprint not in before]
    events = [
        *_resolve(connection, no_longer_found, judged.explained),
        *_see_again(connection, before, now),
        *_open(connection, new),
    ]
    resolved = sum(event.kind == "resolved" for event in events)
    to_send = events_to_send(connection, events, evidence.now, settings)
    return to_send, len(before.keys() | now.keys()) - resolved


def _resolve(
    connection: Connection, no_longer_found: Sequence[Alert], explained: set[str]
) -> list[Event]:
    """Resolve alerts that are not found any more; those that have a cause now stay as they are."""
    ids = [alert["alert_id"] for alert in no_longer_found if alert["fingerprint"] not in explained]
    if not ids:
        return []
    rows = dict_rows(connection, read_sql(__file__, "resolve_alerts"), {"ids": ids})
    return [Event("resolved", row) for row in sorted(rows, key=lambda row: int(row["alert_id"]))]


def _see_again(
    connection: Connection, before: Mapping[str, Alert], now: Mapping[str, Finding]
) -> list[Event]:
    """Count alerts that are still there; their events say which of them became worse."""
    pairs = [(before[name], finding) for name, finding in now.items() if name in before]
    rows = [
        _row(finding) | {"alert_id": alert["alert_id"], "severity": _worse(finding, alert)}
        for alert, finding in pairs
    ]
    after = {row["alert_id"]: row for row in _write(connection, "see_alerts", rows)}
    return [_event_of(alert, after[alert["alert_id"]]) for alert, _ in pairs]


def _worse(finding: Finding, alert: Alert) -> str:
    """An alert that was raised keeps its severity unless its finding is worse still."""
    severity: str = alert["severity"]
    return finding.severity if is_worse(finding.severity, severity) else severity


def _event_of(before: Alert, after: Alert) -> Event:
    if after["severity"] != before["severity"]:
        return Event("raised", after, "It became worse.")
    return Event("reminder", after, NOT_ACKNOWLEDGED)


def _open(connection: Connection, findings: Sequence[Finding]) -> list[Event]:
    """Open new alerts, and open those again that were resolved within RETURN_HOURS."""
    if not findings:
        return []
    values = {"fingerprints": [f.fingerprint for f in findings], "hours": RETURN_HOURS}
    lately: dict[str, int] = dict(
        connection.execute(read_sql(__file__, "resolved_lately"), values).fetchall()
    )
    rows = [_row(finding) | {"alert_id": lately.get(finding.fingerprint)} for finding in findings]
    returned = [row for row in rows if row["alert_id"] is not None]
    new = [row for row in rows if row["alert_id"] is None]
    return [
        *(Event("reopened", alert) for alert in _write(connection, "reopen_alerts", returned)),
        *(Event("opened", alert) for alert in _write(connection, "insert_alerts", new)),
    ]


def _row(finding: Finding) -> dict[str, Any]:
    """A finding as a row of ops.alerts."""
    facts = dict(finding.details) | {"days": list(finding.days)}
    if finding.clients:
        facts["clients"] = list(finding.clients)
    if finding.figures:
        facts["figures"] = list(finding.figures)
    title = ALERT_RULES[finding.rule].title
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "severity": finding.severity,
        "client_id": finding.client_id,
        "subject": f"{title}: {finding.subject}" if finding.subject else title,
        "detail": storable(finding.text),
        "facts": facts,
        "since": finding.since.isoformat() if finding.since else None,
    }


def _write(connection: Connection, name: str, rows: Sequence[Mapping[str, Any]]) -> list[Alert]:
    """Run a statement on rows; returns the alerts that it changed, by fingerprint."""
    if not rows:
        return []
    alerts = dict_rows(connection, read_sql(__file__, name), {"alerts": Jsonb(rows)})
    return sorted(alerts, key=lambda alert: str(alert["fingerprint"]))
