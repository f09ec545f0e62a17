"""The alert that the warehouse cannot keep: that it cannot be reached.

It lives in a file until the warehouse is back, with its messages, and becomes a resolved alert of
the ledger then.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from psycopg.types.json import Jsonb

from orchestration.alerting.delivery.outage_file import Outage, outage_file
from orchestration.alerting.destinations.secrets import redact, secrets
from orchestration.alerting.destinations.setup import Setup
from orchestration.alerting.messages.message import Content, Kind, Link, Message
from orchestration.alerting.messages.rules import BY_NAME
from orchestration.clients.routes import Route, routes_of
from orchestration.settings import Settings
from orchestration.text import instant
from orchestration.warehouse.connection import Connection, storable

RULE = BY_NAME["warehouse_unreachable"]
SIGHTS = 2
"""A server that restarts is away for one evaluation: only the second one in a row is told."""


def note_outage(settings: Settings, setup: Setup, routes: Sequence[Route], reason: str) -> bool:
    """Count another evaluation that could not reach the warehouse; tell it when it is time.

    Returns whether it is kept for whoever delivers. If not, it is told at the first sight, and is
    to be delivered in this process at once.
    """
    reason = redact(reason, secrets(settings))
    now = datetime.now(UTC)
    names = [n for n in routes_of(None, None, routes).names("critical") if n in setup.on]
    with outage_file(settings) as kept:
        outage = kept.outage = kept.outage or Outage(uuid4().hex, now.isoformat(), reason)
        outage.sights += 1
        outage.reason = reason
        if (kind := _kind(outage, now, settings)) is not None:
            _tell(outage, kind, names, settings)
    if kept.is_lasting:
        return True
    if outage.told_at is None:
        with outage_file(settings) as kept:
            kept.outage = outage
            _tell(outage, "opened", names, settings)
    return False


def _tell(outage: Outage, kind: Kind, names: Sequence[str], settings: Settings) -> None:
    now = datetime.now(UTC)
    outage.told_at = now.isoformat()
    content = _content_of(kind, outage, settings)
    outage.messages += [_message(name, content, now) for name in names]


def _kind(outage: Outage, now: datetime, settings: Settings) -> Kind | None:
    if outage.told_at is None:
        return "opened" if outage.sights >= SIGHTS else None
    hours = settings.alert_remind_hours[0]
    told_at = datetime.fromisoformat(outage.told_at)
    return "reminder" if hours and told_at <= now - timedelta(hours=hours) else None


def waiting(settings: Settings) -> list[Message]:
    """Messages of the outage that are to be sent now, the oldest of each destination."""
    now = datetime.now(UTC)
    with outage_file(settings) as kept:
        messages = kept.outage.messages if kept.outage else []
        heads: dict[str, dict[str, Any]] = {}
        for one in messages:
            if one["state"] == "waiting":
                heads.setdefault(one["destination"], one)
        return [
            Message(
                one["key"],
                one["destination"],
                Content.of(one["content"]),
                datetime.fromisoformat(one["created_at"]),
            )
            for one in heads.values()
            if datetime.fromisoformat(one["not_before"]) <= now
        ]


def note(settings: Settings, key: str, state: str, told: str, after_seconds: float = 0.0) -> None:
    """How an attempt to send a message ended: `sent` with its receipt, else with the error."""
    now = datetime.now(UTC)
    with outage_file(settings) as kept:
        for one in kept.outage.messages if kept.outage else []:
            if one["key"] == key:
                one["state"] = state
                one["attempts"] += 1
                one["not_before"] = (now + timedelta(seconds=after_seconds)).isoformat()
                one["receipt" if state == "sent" else "last_error"] = told
                if state == "sent":
                    one["sent_at"] = now.isoformat()


def attempts(settings: Settings, key: str) -> int:
    """How often a message was tried."""
    with outage_file(settings) as kept:
        found = [one for one in (kept.outage.messages if kept.outage else []) if one["key"] == key]
        return int(found[0]["attempts"]) if found else 0


def take_over(connection: Connection, settings: Settings) -> bool:
    """Bring an outage into the ledger, in the caller's transaction: an alert that its end resolves.

    Returns whether there was one: its file can be forgotten once the transaction is committed.
    """
    with outage_file(settings) as kept:
        outage = kept.outage
    if outage is None or outage.told_at is None:
        return outage is not None
    known = connection.execute(
        "select 1 from ops.alerts where rule = %s and facts ->> 'outage' = %s",
        [RULE.name, outage.outage_id],
    ).fetchone()
    if known is None:
        row = connection.execute(
            "insert into ops.alerts (fingerprint, rule, severity, subject, detail, facts, since, "
            "opened_at, notified_at, times_seen) values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s) "
            "returning alert_id",
            [
                f"{RULE.name}::",
                RULE.name,
                RULE.severity,
                RULE.title,
                storable(outage.reason),
                Jsonb({"outage": outage.outage_id}),
                outage.since,
                outage.since,
                outage.told_at,
                outage.sights,
            ],
        ).fetchone()
        assert row is not None
        _hand_over(connection, outage, row[0])
    return True


def _hand_over(connection: Connection, outage: Outage, alert_id: int) -> None:
    """Its messages, sent or not: what waits is sent from the outbox, before the end is told."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into ops.alert_messages (message_key, destination, kind, rule, severity, "
            "alert_ids, content, state, attempts, created_at, sent_at, receipt, last_error) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    one["key"],
                    one["destination"],
                    one["content"]["kind"],
                    RULE.name,
                    RULE.severity,
                    [alert_id],
                    Jsonb(one["content"]),
                    one["state"],
                    one["attempts"],
                    one["created_at"],
                    one.get("sent_at"),
                    one.get("receipt"),
                    one.get("last_error"),
                )
                for one in outage.messages
            ],
        )


def forget(settings: Settings) -> None:
    """The outage is in the ledger, or was never told."""
    with outage_file(settings) as kept:
        kept.outage = None


def _content_of(kind: Kind, outage: Outage, settings: Settings) -> Content:
    return Content(
        kind,
        RULE.severity,
        RULE.name,
        f"{'Still: ' if kind == 'reminder' else ''}{RULE.title}",
        since=instant(datetime.fromisoformat(outage.since)),
        does=RULE.does,
        do=RULE.do,
        links=(Link("Runbook", f"{settings.dashboard_url}/admin/runbook#{RULE.name}"),),
        note=outage.reason,
    )


def _message(destination: str, content: Content, now: datetime) -> dict[str, Any]:
    return {
        "key": str(uuid4()),
        "destination": destination,
        "content": content.document(),
        "state": "waiting",
        "attempts": 0,
        "created_at": now.isoformat(),
        "not_before": now.isoformat(),
    }
