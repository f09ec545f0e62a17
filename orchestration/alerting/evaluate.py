"""One evaluation: read the facts, judge them, change the alerts, write the messages; then a beat.

All of it is one transaction behind one lock, so that two that run at once open no alert twice, and
one that is killed leaves nothing half.
"""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from orchestration.alerting import digest as signs
from orchestration.alerting.delivery import offline, outbox
from orchestration.alerting.delivery.offline_delivery import deliver_offline
from orchestration.alerting.delivery.state import sync_destinations
from orchestration.alerting.destinations.secrets import hidden_values, redact, redact_all
from orchestration.alerting.destinations.setup import Setup, destinations
from orchestration.alerting.judging.causes import judge
from orchestration.alerting.judging.facts import Facts, read_facts
from orchestration.alerting.judging.findings import Finding, find
from orchestration.alerting.judging.pending import ripe
from orchestration.alerting.judging.tries import with_tries
from orchestration.alerting.lifecycle import live
from orchestration.alerting.messages.compose import compose
from orchestration.alerting.messages.event import Event
from orchestration.alerting.messages.message import Draft, at_least
from orchestration.alerting.routing import Routing
from orchestration.clients.routes import Route, routes_as_they_are
from orchestration.errors import MetaAdsError, UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection, connect
from orchestration.warehouse.heartbeats import beat
from orchestration.warehouse.migrations import migrate

EVALUATION = "alert_evaluation"
"""The heartbeat of evaluations."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Evaluation:
    """What an evaluation did: events by kind, alerts that stand now, messages written.

    `unreachable` says why the warehouse could not be asked; nothing else is known then.
    """

    events: Counter[str] = field(default_factory=Counter)
    standing: int = 0
    messages: int = 0
    unreachable: str = ""


def evaluate(settings: Settings) -> Evaluation:
    """Open, count and resolve alerts by the facts as they stand, and write what is to be told.

    A warehouse that cannot be reached or takes nothing is an alert, too: it is kept in a file until
    it is back. Where no file can be written it is sent at once.
    """
    routes = routes_as_they_are(settings)
    setup = destinations(settings, routes)
    try:
        migrate(settings)
        with connect(settings) as connection:
            connection.execute("select ops.take_lock('evaluation')")
            outage = offline.take_over(connection, settings)
            done = _evaluate(connection, settings, routes, setup)
            beat(connection, EVALUATION, settings.alert_interval_seconds)
    except UsageError:
        raise
    except MetaAdsError as error:
        if not offline.note_outage(settings, setup, routes, str(error)):
            deliver_offline(settings, setup, hidden_values(settings, routes, {}))
        return Evaluation(unreachable=str(error))
    if outage:
        offline.forget(settings)
    return done


def _evaluate(
    connection: Connection, settings: Settings, routes: Sequence[Route], setup: Setup
) -> Evaluation:
    sync_destinations(connection, setup.on, setup.off)
    facts = read_facts(connection)
    judged = judge(ripe(connection, facts, find(facts, settings), settings))
    hidden = hidden_values(settings, routes, facts.clients)
    told = [_without_secrets(one, hidden) for one in with_tries(connection, judged.told)]
    judged = replace(judged, told=told)
    events, standing = live(connection, facts, judged, settings)
    routing = Routing(routes, setup, facts.clients)
    drafts = _drafts(connection, facts, settings, routing, events, standing)
    outbox.write(connection, drafts)
    return Evaluation(Counter(event.kind for event in events), standing, len(drafts))


def _drafts(
    connection: Connection,
    facts: Facts,
    settings: Settings,
    routing: Routing,
    events: Sequence[Event],
    standing: int,
) -> list[Draft]:
    told = compose(
        events,
        routing.where,
        facts.clients,
        settings.dashboard_url,
        with_figures=settings.alert_figures,
    )
    drafts = [
        *told,
        *signs.digest(connection, facts, settings, routing.everywhere("low")),
        *signs.heartbeats(connection, facts, settings, standing),
    ]
    quiet = signs.quiet_until(facts.now, settings)
    return [
        d if at_least(d.content.severity, "high") else replace(d, not_before=quiet) for d in drafts
    ]


def _without_secrets(finding: Finding, hidden: Sequence[str]) -> Finding:
    """The finding with no secret in any of its texts, whatever an error quoted."""
    return replace(
        finding,
        text=redact(finding.text, hidden),
        figures=redact_all(finding.figures, hidden),
        facts=redact_all(finding.facts, hidden),
    )
