"""One cause, one alert: what another finding explains is not told by itself."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from orchestration.alerting.judging.findings.finding import Finding
from orchestration.alerting.messages.message import SEVERITIES, Severity
from orchestration.alerting.messages.rules import API_CAUSES, BY_NAME

RAISING = "daily_collection"
"""What makes its cause as bad as itself: a throttled client whose day is late is no trifle."""
SPLIT_FINDINGS = {"split"}
TOTALS_FINDINGS = {"control_totals"}


@dataclass(frozen=True)
class Judged:
    """Findings to tell, and the fingerprints of those that are explained by them."""

    told: list[Finding]
    explained: set[str]


def judge(findings: Sequence[Finding]) -> Judged:
    """Take out what others explain; a cause takes over the severity of what it explains."""
    by_rule: dict[str, list[Finding]] = {}
    for finding in findings:
        by_rule.setdefault(finding.rule, []).append(finding)
    told: list[Finding] = []
    explained: set[str] = set()
    worst: dict[str, Severity] = {}
    for finding in findings:
        causes = [
            cause
            for name in BY_NAME[finding.rule].explained_by
            for cause in by_rule.get(name, ())
            if _explains(cause, finding)
        ]
        if not causes:
            told.append(finding)
            continue
        explained.add(finding.fingerprint)
        for cause in causes:
            if finding.rule == RAISING and cause.rule in API_CAUSES:
                worst[cause.fingerprint] = finding.is_as_bad_as
    return Judged([_raised(f, worst.get(f.fingerprint)) for f in told], explained)


def _explains(cause: Finding, finding: Finding) -> bool:
    if finding.rule == "run_failed":
        return bool(finding.facts["is_build"])
    if cause.rule in API_CAUSES:
        return finding.client_id is None or finding.client_id in cause.clients
    if cause.client_id != finding.client_id:
        return False
    if finding.rule == "split_month":
        return cause.subject == finding.subject
    if finding.rule == "client_month_left_out":
        known = SPLIT_FINDINGS if cause.rule == "split_data" else TOTALS_FINDINGS
        return cause.subject == finding.subject and {*finding.facts["findings"]} <= known
    return finding.rule == "failed_collections" or {*finding.days} <= {*cause.days}


def _raised(finding: Finding, by: Severity | None) -> Finding:
    return finding if by is None else replace(finding, severity=_worse(finding.is_as_bad_as, by))


def _worse(one: Severity, other: Severity) -> Severity:
    return min(one, other, key=SEVERITIES.index)


def one_step_up(severity: Severity) -> Severity:
    """The next worse severity."""
    return SEVERITIES[max(0, SEVERITIES.index(severity) - 1)]
