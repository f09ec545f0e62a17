"""One evaluation: read the evidence, judge it, update the alerts, write the messages about them.

All of it is one transaction behind one lock: two evaluations at once open no alert twice, and one
that is killed changes nothing.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from orchestration.alerting.delivery import offline, outbox
from orchestration.alerting.delivery.offline_delivery import deliver_offline
from orchestration.alerting.delivery.state import sync_destinations
from orchestration.alerting.destinations.secrets import hidden_values, redact, redact_all
from orchestration.alerting.destinations.setup import Setup, destinations
from orchestration.alerting.digest import digest
from orchestration.alerting.heartbeat_messages import heartbeats
from orchestration.alerting.judging.attempts import add_attempts
from orchestration.alerting.judging.causes import Judged, judge
from orchestration.alerting.judging.evidence import read_evidence
from orchestration.alerting.judging.findings import Finding, find
from orchestration.alerting.judging.pending import past_pending_time
from orchestration.alerting.lifecycle import update_alerts
from orchestration.alerting.messages.compose import Composer
from orchestration.alerting.quiet_hours import hold_back
from orchestration.alerting.routing import Routing
from orchestration.clients.routes import Route, configured_routes
from orchestration.errors import MetaAdsError, UsageError
from orchestration.settings import Settings
from orchestration.text import plural
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.heartbeats import beat
from orchestration.warehouse.migrations import migrate

EVALUATION = "alert_evaluation"
"""The heartbeat of evaluations in the warehouse."""


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation did: events by kind, alerts that are unresolved now, messages written.

    `unreachable` says why the warehouse could not be used; nothing else is known then.
    """

    events: Counter[str] = field(default_factory=Counter)
    standing: int = 0
    messages: int = 0
    unreachable: str = ""

    @property
    def summary(self) -> str:
        """`3 alerts open; 1 opened, 2 resolved`."""
        events = ", ".join(f"{count} {kind}" for kind, count in sorted(self.events.items()))
        return f"{plural(self.standing, 'alert')} open; {events or 'nothing new'}"


def evaluate(settings: Settings) -> Evaluation:
    """Open, count and resolve alerts, and write the messages about them into the outbox.

    A warehouse that cannot be reached or written to is an alert, too: it is kept in a file until
    the warehouse is back. Where no file can be written, its messages are sent at once.
    """
    routes = configured_routes(settings)
    setup = destinations(settings, routes)
    try:
        migrate(settings)
        with connect(settings) as connection:
            connection.execute("select ops.take_lock('evaluation')")
            had_outage = offline.take_over(connection, settings)
            evaluation = _evaluate(connection, settings, routes, setup)
            beat(connection, EVALUATION, settings.alert_interval_seconds)
    except UsageError:
        raise
    except MetaAdsError as error:
        if not offline.note_outage(settings, setup, routes, str(error)):
            deliver_offline(settings, setup, hidden_values(settings, routes, {}))
        return Evaluation(unreachable=str(error))
    if had_outage:
        offline.forget(settings)
    return evaluation


def _evaluate(
    connection: Connection, settings: Settings, routes: Sequence[Route], setup: Setup
) -> Evaluation:
    sync_destinations(connection, setup.on, setup.off)
    evidence = read_evidence(connection)
    secrets = hidden_values(settings, routes, evidence.clients)
    findings = past_pending_time(connection, evidence, find(evidence, settings), settings)
    judged = _ready_to_send(connection, judge(findings), secrets)
    events, unresolved = update_alerts(connection, evidence, judged, settings)
    routing = Routing(routes, setup, evidence.clients)
    composer = Composer(evidence.clients, settings.dashboard_url, settings.alert_figures)
    drafts = [
        *composer.drafts(events, routing.destinations_of),
        *digest(connection, evidence.now, settings, routing.by_default("low")),
        *heartbeats(connection, evidence.now, settings, unresolved),
    ]
    outbox.write(connection, hold_back(drafts, evidence.now, settings))
    return Evaluation(Counter(event.kind for event in events), unresolved, len(drafts))


def _ready_to_send(connection: Connection, judged: Judged, secrets: Sequence[str]) -> Judged:
    """The findings with their attempts, and with no secret in their texts, whatever was quoted."""
    with_attempts = add_attempts(connection, judged.alerts)
    return replace(judged, alerts=[_without_secrets(finding, secrets) for finding in with_attempts])


def _without_secrets(finding: Finding, secrets: Sequence[str]) -> Finding:
    return replace(
        finding,
        text=redact(finding.text, secrets),
        figures=redact_all(finding.figures, secrets),
        details=redact_all(finding.details, secrets),
    )
