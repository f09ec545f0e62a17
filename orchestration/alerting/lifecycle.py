"""The life of an alert: open, acknowledged, resolved by the facts, open again if they return.

Every function works in the caller's transaction: an alert and the messages about it change
together, or not at all.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from orchestration.alerting.judging.causes import Judged
from orchestration.alerting.judging.facts import Facts
from orchestration.alerting.judging.findings.finding import Finding
from orchestration.alerting.messages.event import Alert, Event
from orchestration.alerting.messages.message import Kind, is_worse
from orchestration.alerting.messages.rules import BY_NAME
from orchestration.alerting.reminders import UNACKNOWLEDGED, telling
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, storable

RETURN_HOURS = 24
"""What returns within this time is the same alert, opened again."""

GIVEN = """
jsonb_to_recordset(%(alerts)s) as g (
    alert_id bigint, fingerprint text, rule text, severity text, client_id text, subject text,
    detail text, facts jsonb, since timestamptz
)
"""
INSERT = f"""
insert into ops.alerts (fingerprint, rule, severity, client_id, subject, detail, facts, since)
select fingerprint, rule, severity, client_id, subject, detail, facts, since from {GIVEN}
returning *
"""  # noqa: S608
REOPEN = f"""
update ops.alerts as a set (
    state, severity, subject, detail, facts, since, times_opened, times_seen, opened_at,
    last_seen_at, acknowledged_at, acknowledged_by, resolved_at, resolved_by, resolved_reason,
    notified_at, raised_at
) = (
    'open', g.severity, g.subject, g.detail, g.facts, g.since, a.times_opened + 1, 1,
    clock_timestamp(), clock_timestamp(), null, null, null, null, null, null, null
)
from {GIVEN} where a.alert_id = g.alert_id
returning a.*
"""  # noqa: S608
SEE = f"""
update ops.alerts as a set
    (severity, subject, detail, facts, since, times_seen, last_seen_at) = (
        g.severity, g.subject, g.detail, g.facts, coalesce(a.since, g.since), a.times_seen + 1,
        clock_timestamp()
    )
from {GIVEN} where a.alert_id = g.alert_id
returning a.*
"""  # noqa: S608
RESOLVE = """
update ops.alerts set (state, resolved_at) = ('resolved', clock_timestamp())
where alert_id = any(%(ids)s) and state <> 'resolved'
returning *
"""
RESOLVED_LATELY = """
select distinct on (fingerprint) fingerprint, alert_id
from ops.alerts
where fingerprint = any(%(fingerprints)s) and state = 'resolved'
    and resolved_at > clock_timestamp() - make_interval(hours => %(hours)s)
order by fingerprint, alert_id desc
"""


def live(
    connection: Connection, facts: Facts, judged: Judged, settings: Settings
) -> tuple[list[Event], int]:
    """Open, see, resolve; returns what is to be told, and how many alerts stand."""
    found = {finding.fingerprint: finding for finding in judged.told}
    living = facts.living
    events = [
        *_resolved(connection, [a for f, a in living.items() if f not in found], judged.explained),
        *_seen(connection, living, found),
        *_opened(connection, [f for name, f in found.items() if name not in living]),
    ]
    told = telling(connection, events, facts.now, settings)
    return told, len(living.keys() | found.keys()) - sum(e.kind == "resolved" for e in events)


def _opened(connection: Connection, findings: Sequence[Finding]) -> list[Event]:
    if not findings:
        return []
    before: dict[str, int] = dict(
        connection.execute(
            RESOLVED_LATELY,
            {"fingerprints": [f.fingerprint for f in findings], "hours": RETURN_HOURS},
        ).fetchall()
    )
    rows = [(_given(f) | {"alert_id": before.get(f.fingerprint)}) for f in findings]
    again = _written(connection, REOPEN, [r for r in rows if r["alert_id"] is not None])
    new = _written(connection, INSERT, [r for r in rows if r["alert_id"] is None])
    kinds: list[tuple[Kind, list[Alert]]] = [("reopened", again), ("opened", new)]
    return [
        Event(kind, alert)
        for kind, alerts in kinds
        for alert in sorted(alerts, key=lambda a: str(a["fingerprint"]))
    ]


def _seen(
    connection: Connection, living: Mapping[str, Alert], found: Mapping[str, Finding]
) -> list[Event]:
    """Count what is still there; an event where it became worse, or may have to be told again."""
    both = [(living[name], finding) for name, finding in found.items() if name in living]
    rows = [
        _given(finding)
        | {
            "alert_id": alert["alert_id"],
            "severity": finding.is_as_bad_as
            if is_worse(finding.is_as_bad_as, alert["severity"])
            else alert["severity"],
        }
        for alert, finding in both
    ]
    now = {alert["fingerprint"]: alert for alert in _written(connection, SEE, rows)}
    return [_event(before, now[before["fingerprint"]]) for before, _ in both]


def _event(before: Alert, now: Alert) -> Event:
    if now["severity"] != before["severity"]:
        return Event("raised", now, "It became worse.")
    return Event("reminder", now, UNACKNOWLEDGED)


def _resolved(connection: Connection, missing: Sequence[Alert], explained: set[str]) -> list[Event]:
    """Alerts whose facts are gone; those that something else explains now stay as they are."""
    ids = [a["alert_id"] for a in missing if a["fingerprint"] not in explained]
    if not ids:
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(RESOLVE, {"ids": ids}).fetchall()
    return [Event("resolved", row) for row in sorted(rows, key=lambda r: r["alert_id"])]


def _given(finding: Finding) -> dict[str, Any]:
    """A finding as it is written down."""
    facts = dict(finding.facts) | {"days": list(finding.days)}
    if finding.clients:
        facts["clients"] = list(finding.clients)
    if finding.figures:
        facts["figures"] = list(finding.figures)
    return {
        "fingerprint": finding.fingerprint,
        "rule": finding.rule,
        "severity": finding.is_as_bad_as,
        "client_id": finding.client_id,
        "subject": BY_NAME[finding.rule].title
        + (f": {finding.subject}" if finding.subject else ""),
        "detail": storable(finding.text),
        "facts": facts,
        "since": finding.since.isoformat() if finding.since else None,
    }


def _written(connection: Connection, query: Any, rows: Sequence[Mapping[str, Any]]) -> list[Alert]:
    if not rows:
        return []
    with connection.cursor(row_factory=dict_row) as cursor:
        return list(cursor.execute(query, {"alerts": Jsonb(rows)}).fetchall())
