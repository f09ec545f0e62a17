"""The alert that the warehouse cannot store: that it cannot be reached or written to.

It is kept in a file, with its messages, until the warehouse is back. Then it becomes an alert of
the warehouse, which the next evaluation resolves.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from psycopg.types.json import Jsonb

from orchestration.alerting.delivery.outage_file import Outage, OutageMessage, outage_file
from orchestration.alerting.destinations.secrets import redact, secrets
from orchestration.alerting.destinations.setup import Setup
from orchestration.alerting.messages.message import Content, Kind, Link, Message
from orchestration.alerting.messages.rules import ALERT_RULES
from orchestration.clients.routes import Route, routes_of
from orchestration.settings import Settings
from orchestration.text import instant
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql

RULE = ALERT_RULES["warehouse_unreachable"]
EVALUATIONS = 2
"""Only the second evaluation in a row opens the alert: a server that restarts is away for one."""


def note_outage(settings: Settings, setup: Setup, routes: Sequence[Route], reason: str) -> bool:
    """Count an evaluation that could not use the warehouse, and write the messages that are due.

    Returns whether a file keeps them for whoever delivers. If not, the alert opens at once, and
    this process has to send its messages itself.
    """
    reason = redact(reason, secrets(settings))
    now = datetime.now(UTC)
    default = routes_of(None, None, routes)
    names = [name for name in default.names(RULE.severity) if name in setup.on]
    with outage_file(settings) as stored:
        outage = stored.outage = stored.outage or Outage(
            outage_id=uuid4().hex, since=now.isoformat(), reason=reason
        )
        outage.sights += 1
        outage.reason = reason
        if (kind := _due_kind(outage, now, settings)) is not None:
            _write_messages(outage, kind, names, settings)
    if stored.is_in_file:
        return True
    if outage.told_at is None:
        with outage_file(settings) as stored:
            stored.outage = outage
            _write_messages(outage, "opened", names, settings)
    return False


def waiting_messages(settings: Settings) -> list[Message]:
    """The messages that are to be sent now: the oldest one of each destination."""
    now = datetime.now(UTC)
    oldest: dict[str, OutageMessage] = {}
    with outage_file(settings) as stored:
        for message in stored.outage.messages if stored.outage else []:
            if message.state == "waiting":
                oldest.setdefault(message.destination, message)
    return [
        Message(
            message.key,
            message.destination,
            Content.from_document(message.content),
            datetime.fromisoformat(message.created_at),
        )
        for message in oldest.values()
        if datetime.fromisoformat(message.not_before) <= now
    ]


def note_sent(settings: Settings, key: str, receipt: str) -> None:
    """Note that a destination accepted a message."""
    now = datetime.now(UTC).isoformat()
    _note(settings, key, state="sent", not_before=now, receipt=receipt, sent_at=now)


def note_refused(settings: Settings, key: str, error: str) -> None:
    """Note that a destination refused a message for good."""
    now = datetime.now(UTC).isoformat()
    _note(settings, key, state="refused", not_before=now, last_error=error)


def note_delayed(settings: Settings, key: str, error: str, seconds: float) -> None:
    """Note that a message is sent again after a pause."""
    not_before = (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()
    _note(settings, key, not_before=not_before, last_error=error)


def attempts(settings: Settings, key: str) -> int:
    """How often a message was tried."""
    with outage_file(settings) as stored:
        messages = stored.outage.messages if stored.outage else []
        return next((message.attempts for message in messages if message.key == key), 0)


def take_over(connection: Connection, settings: Settings) -> bool:
    """Store an outage as an alert with its messages, in the caller's transaction.

    Returns whether there was one: its file can be deleted once the transaction is committed.
    """
    with outage_file(settings) as stored:
        outage = stored.outage
    if outage is None or outage.told_at is None:
        return outage is not None
    known = connection.execute(
        "select 1 from ops.alerts where rule = %s and facts ->> 'outage' = %s",
        [RULE.name, outage.outage_id],
    ).fetchone()
    if known is None:
        _store(connection, outage)
    return True


def forget(settings: Settings) -> None:
    """Delete the file: the outage is stored in the warehouse, or never had a message."""
    with outage_file(settings) as stored:
        stored.outage = None


def _due_kind(outage: Outage, now: datetime, settings: Settings) -> Kind | None:
    """The kind of the messages that are due now; None where none are."""
    if outage.told_at is None:
        return "opened" if outage.sights >= EVALUATIONS else None
    hours = settings.alert_remind_hours[0]
    told_at = datetime.fromisoformat(outage.told_at)
    return "reminder" if hours and told_at <= now - timedelta(hours=hours) else None


def _write_messages(outage: Outage, kind: Kind, names: Sequence[str], settings: Settings) -> None:
    now = datetime.now(UTC).isoformat()
    outage.told_at = now
    document = _content(kind, outage, settings).document()
    outage.messages += [
        OutageMessage(
            key=str(uuid4()), destination=name, content=document, created_at=now, not_before=now
        )
        for name in names
    ]


def _content(kind: Kind, outage: Outage, settings: Settings) -> Content:
    return Content(
        kind=kind,
        severity=RULE.severity,
        rule=RULE.name,
        title=f"Still: {RULE.title}" if kind == "reminder" else RULE.title,
        since=instant(datetime.fromisoformat(outage.since)),
        does=RULE.system_does,
        do=RULE.to_do,
        links=(Link("Runbook", f"{settings.dashboard_url}/admin/runbook#{RULE.name}"),),
        note=outage.reason,
    )


def _note(settings: Settings, key: str, **changes: str) -> None:
    """Count an attempt to send a message, with what it changes."""
    with outage_file(settings) as stored:
        for message in stored.outage.messages if stored.outage else []:
            if message.key == key:
                message.attempts += 1
                for name, value in changes.items():
                    setattr(message, name, value)


def _store(connection: Connection, outage: Outage) -> None:
    row = connection.execute(
        read_sql(__file__, "insert_outage_alert"),
        {
            "fingerprint": f"{RULE.name}::",
            "rule": RULE.name,
            "severity": RULE.severity,
            "subject": RULE.title,
            "detail": storable(outage.reason),
            "facts": Jsonb({"outage": outage.outage_id}),
            "since": outage.since,
            "notified_at": outage.told_at,
            "times_seen": outage.sights,
        },
    ).fetchone()
    assert row is not None
    of_alert = {"rule": RULE.name, "severity": RULE.severity, "alert_ids": [row[0]]}
    with connection.cursor() as cursor:
        cursor.executemany(
            read_sql(__file__, "insert_outage_message"),
            [_row(message) | of_alert for message in outage.messages],
        )


def _row(message: OutageMessage) -> dict[str, object]:
    return vars(message) | {"kind": message.content["kind"], "content": Jsonb(message.content)}
