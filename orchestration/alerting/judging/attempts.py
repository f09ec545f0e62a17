"""Adds to findings about days how many attempts failed, and when the next one is due."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from orchestration.alerting.judging.findings.finding import Day, Finding
from orchestration.alerting.messages.severity import one_step_up
from orchestration.alerting.rows import dict_rows
from orchestration.text import instant, instants, plural
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

RULES_ABOUT_DAYS = {
    "daily_collection",
    "split_data",
    "control_totals_disagree",
    "data_vanished",
    "gap_older_than_a_day",
    "quarantine_waiting",
    "failed_collections",
    "throttled",
}
"""Rules about days that Meta is asked for again."""
MOST_DAYS = 3
"""For how many days of a client all attempts are listed."""


@dataclass(frozen=True)
class Attempts:
    """How many attempts for a day failed. `next_at` is None once a person has to decide.

    `failed_at` are the instants of the failed attempts, known only once there is no next one.
    """

    failed: int
    next_at: datetime | None
    failed_at: Sequence[datetime] = ()


def add_attempts(connection: Connection, findings: Sequence[Finding]) -> list[Finding]:
    """The findings with their attempts; where none is to follow, one step more severe."""
    days = {
        (finding.client_id, day)
        for finding in findings
        if finding.rule in RULES_ABOUT_DAYS and finding.client_id is not None
        for day in finding.days
    }
    attempts = _read_attempts(connection, days)
    return [_with_attempts(finding, attempts) for finding in findings]


def _read_attempts(connection: Connection, days: Iterable[Day]) -> dict[Day, Attempts]:
    """The attempts of each (client, day); days without a failed attempt are absent."""
    wanted = sorted(days)
    if not wanted:
        return {}
    values = {"clients": [c for c, _ in wanted], "days": [d for _, d in wanted]}
    return {
        (row["client_id"], row["day"]): Attempts(
            row["failed"],
            None if row["is_given_up"] else row["next_at"],
            row["failed_at"] or (),
        )
        for row in dict_rows(connection, read_sql(__file__, "attempts"), values)
    }


def _with_attempts(finding: Finding, attempts: Mapping[Day, Attempts]) -> Finding:
    if finding.rule not in RULES_ABOUT_DAYS or finding.client_id is None:
        return finding
    by_day = {
        day: attempts[finding.client_id, day]
        for day in finding.days
        if (finding.client_id, day) in attempts
    }
    if not by_day:
        return finding
    given_up = {day: of_day for day, of_day in by_day.items() if of_day.next_at is None}
    if not given_up:
        next_at = min(of_day.next_at for of_day in by_day.values() if of_day.next_at)
        text = f"{_failed(by_day)}; the next one is at {instant(next_at)}"
        return replace(finding, text=f"{finding.text}; {text}")
    listed = [
        f"{day} at {instants(of_day.failed_at)}"
        for day, of_day in sorted(given_up.items())[:MOST_DAYS]
    ]
    text = f"{_failed(given_up)} ({'; '.join(listed)}), and no more follow"
    return replace(finding, text=f"{finding.text}; {text}", raised_to=one_step_up(finding.severity))


def _failed(by_day: Mapping[str, Attempts]) -> str:
    return f"{plural(max(of_day.failed for of_day in by_day.values()), 'attempt')} failed"
