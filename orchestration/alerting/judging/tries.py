"""What was tried for missing and refused days, and when it is tried again; or that it is not."""

from collections.abc import Sequence
from dataclasses import replace

from orchestration.alerting.judging.causes import one_step_up
from orchestration.alerting.judging.facts import Try, read_tries
from orchestration.alerting.judging.findings.finding import Finding
from orchestration.text import instant, instants, times
from orchestration.warehouse.connection import Connection

TRIED = {
    "daily_collection",
    "split_data",
    "control_totals_disagree",
    "data_vanished",
    "gap_older_than_a_day",
    "quarantine_waiting",
    "failed_collections",
    "throttled",
}
"""Rules about days that are asked for again."""
MOST_TRIES = 3
"""So many days of a client are told with all their tries."""


def with_tries(connection: Connection, findings: Sequence[Finding]) -> list[Finding]:
    """The findings with what was tried; what is left to a person is a step more severe."""
    days = {
        (finding.client_id, day)
        for finding in findings
        if finding.rule in TRIED and finding.client_id is not None
        for day in finding.days
    }
    tries = read_tries(connection, days)
    return [_told(finding, tries) for finding in findings]


def _told(finding: Finding, tries: dict[tuple[str, str], Try]) -> Finding:
    if finding.rule not in TRIED or finding.client_id is None:
        return finding
    own = {day: t for day in finding.days if (t := tries.get((finding.client_id, day)))}
    if not own:
        return finding
    given_up = {day: tried for day, tried in own.items() if tried.again_at is None}
    if not given_up:
        most = max(tried.tries for tried in own.values())
        again = min(tried.again_at for tried in own.values() if tried.again_at)
        text = f"asked in vain {times(most)}, again at {instant(again)}"
        return replace(finding, text=f"{finding.text}; {text}")
    told = [
        f"{day} at {instants(tried.tried_at)}"
        for day, tried in sorted(given_up.items())[:MOST_TRIES]
    ]
    left = f"left to you, asked in vain {times(max(t.tries for t in given_up.values()))}"
    return replace(
        finding,
        text=f"{finding.text}; {left}: {'; '.join(told)}",
        severity=one_step_up(finding.is_as_bad_as),
    )
