"""One cause, one alert: what follows from another finding sends no message of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestration.alerting.judging.findings.finding import Finding
from orchestration.alerting.messages.rules import ALERT_RULES, API_CAUSES
from orchestration.alerting.messages.severity import Severity, is_worse

RAISING_RULE = "daily_collection"
"""Raises its cause to its own severity: a throttled client whose latest day is late is urgent."""
SPLIT_AUDITS = {"split"}
TOTALS_AUDITS = {"control_totals"}


@dataclass(frozen=True)
class Judged:
    """Findings that are alerts, and the fingerprints of those that these explain."""

    alerts: list[Finding]
    explained: set[str]


def judge(findings: Sequence[Finding]) -> Judged:
    """Leave out what others explain; a cause takes over the severity of what it explains."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    alerts: list[Finding] = []
    explained: set[str] = set()
    raised: dict[str, Severity] = {}
    for finding in findings:
        causes = [
            cause
            for name in ALERT_RULES[finding.rule].explained_by
            for cause in by_rule.get(name, ())
            if _explains(cause, finding)
        ]
        if not causes:
            alerts.append(finding)
            continue
        explained.add(finding.fingerprint)
        if finding.rule == RAISING_RULE:
            raised |= {
                cause.fingerprint: finding.severity for cause in causes if cause.rule in API_CAUSES
            }
    return Judged([_raised(a, raised.get(a.fingerprint)) for a in alerts], explained)


def _explains(cause: Finding, finding: Finding) -> bool:
    if finding.rule == "run_failed":
        return bool(finding.details["is_build"])
    if cause.rule in API_CAUSES:
        return finding.client_id is None or finding.client_id in cause.clients
    if cause.client_id != finding.client_id:
        return False
    if finding.rule == "split_month":
        return cause.subject == finding.subject
    if finding.rule == "client_month_left_out":
        audits = SPLIT_AUDITS if cause.rule == "split_data" else TOTALS_AUDITS
        return cause.subject == finding.subject and {*finding.details["findings"]} <= audits
    return finding.rule == "failed_collections" or {*finding.days} <= {*cause.days}


def _raised(finding: Finding, severity: Severity | None) -> Finding:
    if severity is None or not is_worse(severity, finding.severity):
        return finding
    return replace(finding, raised_to=severity)
