"""The Data Health panel: a line for each check, for the dashboard and the terminal alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestration.days import folded
from orchestration.expectations.catalogue.reasons import (
    cause_in_words,
    left_out_in_words,
    reason_in_words,
    reason_of_range,
    sentences,
    stored_reason,
)
from orchestration.health.catalogue import BY_NAME, Check
from orchestration.health.checks import Health, Status
from orchestration.text import plural

MOST_NOTES = 10
"""How many notes follow a line at most; the API lists all."""
MOST_NAMES = 4
"""How many destinations of alerts a line names at most."""
SYMBOLS: Mapping[Status, str] = {"pass": "✅", "warning": "⚠️", "fail": "❌"}

Detail = Mapping[str, Any]
"""What a check says, as the API has it."""
Summary = tuple[str, list[str]]
"""What a line says of a check, and its notes."""


@dataclass(frozen=True, kw_only=True)
class Line:
    """A line of the panel. `notes` name clients and days; `runbook` is a section of the runbook."""

    name: str
    title: str
    status: Status
    summary: str
    notes: list[str] = field(default_factory=list)
    runbook: str

    @property
    def symbol(self) -> str:
        """The symbol of the status."""
        return SYMBOLS[self.status]


def lines(health: Health) -> list[Line]:
    """The lines of the panel, in the order of the checks; the warehouse has one if it fails."""
    panel = []
    for name, detail in health.checks.items():
        if name != "warehouse":
            panel.append(_line(BY_NAME[name], detail, is_known=health.is_reachable))
        elif detail["status"] != "pass":
            panel.append(
                Line(
                    name=name,
                    title="Warehouse",
                    status="fail",
                    summary=f"({detail['reason']})",
                    runbook="unreachable",
                )
            )
    return panel


def _line(check: Check, detail: Detail, *, is_known: bool) -> Line:
    summary, notes = _SUMMARIES[check.name](detail) if is_known else ("not known", [])
    has_no_gaps = is_known and check.name == "missingDays" and not detail["gaps"]
    return Line(
        name=check.name,
        title="No Missing Days" if has_no_gaps else check.title,
        status=detail["status"],
        summary=f"({summary})",
        notes=_first(notes),
        runbook=check.runbook,
    )


def _first(notes: list[str]) -> list[str]:
    rest = len(notes) - MOST_NOTES
    return notes if rest <= 0 else [*notes[:MOST_NOTES], f"and {rest} more"]


def _reason(detail: Detail) -> list[str]:
    return [detail["reason"]] if detail.get("reason") else []


def _today(detail: Detail) -> Summary:
    notes = [
        f"{missing['client']} {missing['day']}: {reason_in_words(missing['reason'])}"
        + ("" if missing["isLate"] else f" (not late before {missing['lateAt']})")
        for missing in detail["missing"]
    ]
    return f"{detail['clientCount']}/{detail['expectedCount']} clients", _reason(detail) + notes


def _split(detail: Detail) -> Summary:
    count, unproven = detail["issueCount"], detail["unproven"]
    of_days = [issue for issue in detail["issues"] if issue["day"]]
    ranges = folded(
        of_days,
        lambda issue: (issue["client"], issue["rule"], issue["isPublished"]),
        lambda issue: (issue["day"], issue["day"]),
    )
    notes = [_issue(str(days), days.rows) for days in ranges]
    notes += [_issue(issue["month"], [issue]) for issue in detail["issues"] if not issue["day"]]
    notes += [
        f"{client['client']}: {client['kind']}, {client['since']} to {client['until']}"
        for client in unproven
    ]
    parts = [plural(count, "issue")] if count else []
    parts += [f"{plural(len(unproven), 'client')} unproven"] if unproven else []
    return (", ".join(parts) or "No issues"), notes


def _issue(when: str, issues: Sequence[Detail]) -> str:
    reasons = [stored_reason([(issue["rule"], issue["detail"] or "")]) for issue in issues]
    published = " (published)" if issues[0]["isPublished"] else ""
    return f"{issues[0]['client']} {when}: {reason_of_range(reasons)}{published}"


def _gaps(detail: Detail) -> Summary:
    of_days = [(gap, day) for gap in detail["gaps"] for day in gap["days"]]
    ranges = folded(
        of_days,
        lambda row: (row[0]["client"], row[0]["kind"], cause_in_words(row[0]["reason"])),
        lambda row: (row[1], row[1]),
    )
    notes = [
        f"{gap['client']} {days}: {gap['kind']}: "
        + reason_of_range([each["reason"] for each, _ in days.rows])
        for days in ranges
        for gap, _ in days.rows[:1]
    ]
    return (plural(detail["gapCount"], "day") if detail["gaps"] else "Last 7 days"), notes


def _cache(detail: Detail) -> Summary:
    notes = [
        f"{cache['client']}: {cache['reason']}"
        + (f" {cache['refreshedAt']}" if cache["refreshedAt"] else "")
        for cache in detail["clients"]
    ]
    stale, count = detail["staleCount"], detail["clientCount"]
    fresh = f"{count} fresh" if count else "nothing to refresh yet"
    return (f"{stale} stale" if stale else fresh), notes


def _publication(detail: Detail) -> Summary:
    number = detail["publicationId"]
    summary = f"number {number}, {detail['publishedAt']}" if number else "nothing is published yet"
    notes = [
        f"{month['client']} {month['month']}: left out: {left_out_in_words(month['reason'])}"
        for month in detail["leftOut"]
    ]
    if detail["latestBuild"] == "failed":
        notes.insert(0, "the latest build failed, the marts are as they were")
    if detail["waitingCount"]:
        waiting = plural(detail["waitingCount"], "client-month")
        notes.append(f"{waiting} changed since {detail['waitingSince']}")
    return summary, notes


def _quarantine(detail: Detail) -> Summary:
    ranges = folded(
        detail["days"],
        lambda day: (day["client"], day["earlierDataStand"], *day["rules"]),
        lambda day: (day["day"], day["day"]),
    )
    notes = [
        f"{day['client']} {days}: {sentences(day['rules'])}; "
        + ("earlier data stand" if day["earlierDataStand"] else "nothing stands")
        for days in ranges
        for day in days.rows[:1]
    ]
    count = detail["waitingCount"]
    return (f"{plural(count, 'day')} to decide about" if count else "empty"), notes


def _failed(detail: Detail) -> Summary:
    ranges = folded(
        detail["collections"],
        lambda failed: (failed["client"], failed["reason"], failed["needsPerson"]),
        lambda failed: (failed["since"], failed["until"]),
    )
    notes = [
        f"{failed['client']} {days}: {failed['reason']}"
        + (" (needs a person)" if failed["needsPerson"] else "")
        for days in ranges
        for failed in days.rows[:1]
    ]
    return (f"{detail['openCount']} open" if detail["openCount"] else "none"), notes


def _alerting(detail: Detail) -> Summary:
    notes = _reason(detail) + [
        f"{destination['name']} fails since {destination['failingSince']}: {destination['reason']}"
        if destination["isOn"]
        else f"{destination['name']} is off"
        + (f": {destination['reason']}" if destination["reason"] else "")
        for destination in detail["destinations"]
        if destination["failingSince"] or not destination["isOn"]
    ]
    evaluated, delivered = detail["evaluatedAt"], detail["deliveredAt"]
    if evaluated is None or delivered is None:
        return "not set up", notes
    destinations = _destinations(detail["destinations"])
    return f"evaluated {evaluated}, delivered {delivered}; {destinations}", notes


def _destinations(destinations: Sequence[Detail]) -> str:
    """`slack, email; webhook off`; where there are many, how many."""
    on = [each["name"] for each in destinations if each["isOn"]]
    off = [each["name"] for each in destinations if not each["isOn"]]
    parts = [_names(on) if on else "on the dashboard only"]
    return "; ".join(parts + ([f"{_names(off)} off"] if off else []))


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} destinations"


def _hit_rate(detail: Detail) -> Summary:
    if detail["rate"] is None:
        return "no reads in 24 hours", []
    reads = detail["hits"] + detail["misses"] + detail["stale"]
    return f"{float(detail['rate']) * 100:.0f} % of {reads} reads", []


_SUMMARIES: Mapping[str, Callable[[Detail], Summary]] = {
    "todayCollection": _today,
    "splitData": _split,
    "missingDays": _gaps,
    "cacheFreshness": _cache,
    "publication": _publication,
    "quarantine": _quarantine,
    "failedCollections": _failed,
    "alerting": _alerting,
    "cacheHitRate": _hit_rate,
}
