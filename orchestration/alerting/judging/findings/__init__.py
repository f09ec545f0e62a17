"""What each rule finds in the facts: one finding for each (rule, client, subject)."""

from orchestration.alerting.judging.facts import Facts
from orchestration.alerting.judging.findings.api import (
    changed_accounts,
    dead_tokens,
    denied_access,
    outage,
    retired_version,
    throttled,
)
from orchestration.alerting.judging.findings.days import (
    daily_collection,
    failed_collections,
    gaps,
    quarantine_waiting,
    refused_days,
)
from orchestration.alerting.judging.findings.finding import Finding
from orchestration.alerting.judging.findings.months import (
    final_months,
    left_out,
    splits,
    totals,
    vanished,
)
from orchestration.alerting.judging.findings.service import (
    ending_version,
    failed_runs,
    failing_destinations,
    gate_warnings,
    hit_rate,
    publication,
    stale_caches,
    unproven_clients,
)
from orchestration.settings import Settings

__all__ = ["Finding", "find"]


def find(facts: Facts, settings: Settings) -> list[Finding]:
    """Everything that any rule finds, explained or not, in the order of the rules."""
    refused = refused_days(facts)
    found = [
        *dead_tokens(facts),
        *retired_version(facts),
        *denied_access(facts),
        *changed_accounts(facts),
        *publication(facts, settings),
        *(daily := list(daily_collection(facts, refused))),
        *splits(facts),
        *totals(facts),
        *vanished(facts),
        *left_out(facts),
        *unproven_clients(facts),
        *final_months(facts),
        *failed_runs(facts),
        *failing_destinations(facts),
        *gaps(facts, settings, refused, daily),
        *quarantine_waiting(facts),
        *failed_collections(facts, settings),
        *outage(facts),
        *throttled(facts),
        *stale_caches(facts, settings),
        *hit_rate(facts),
        *gate_warnings(facts),
        *ending_version(facts, settings),
    ]
    return [f for f in found if f.client_id is None or f.client_id in facts.clients]
