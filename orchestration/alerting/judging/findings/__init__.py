"""What the rules find in the evidence: one finding for each rule, client and subject."""

from orchestration.alerting.judging.evidence import Evidence
from orchestration.alerting.judging.findings import api, days, months, service
from orchestration.alerting.judging.findings.finding import Finding
from orchestration.settings import Settings

__all__ = ["Finding", "find"]


def find(evidence: Evidence, settings: Settings) -> list[Finding]:
    """Everything that any rule finds, also what another finding explains."""
    refused = days.refused_days(evidence)
    daily = list(days.daily_collection(evidence, refused))
    findings = [
        *api.dead_tokens(evidence),
        *api.retired_version(evidence),
        *api.denied_access(evidence),
        *api.changed_accounts(evidence),
        *service.failing_publication(evidence, settings),
        *daily,
        *months.split_data(evidence),
        *months.split_months(evidence),
        *months.disagreeing_totals(evidence),
        *months.vanished_data(evidence),
        *months.months_left_out(evidence),
        *service.unproven_clients(evidence),
        *months.changed_final_months(evidence),
        *service.failed_runs(evidence),
        *service.failing_destinations(evidence),
        *days.gaps(evidence, settings, refused, daily),
        *days.quarantine_waiting(evidence),
        *days.failed_collections(evidence, settings),
        *api.api_outage(evidence),
        *api.throttled_accounts(evidence),
        *service.stale_caches(evidence, settings),
        *service.low_hit_rate(evidence),
        *service.gate_warnings(evidence),
        *service.ending_version(evidence, settings),
    ]
    return [f for f in findings if f.client_id is None or f.client_id in evidence.clients]
