"""The Data Health panel: a line for each check, for the dashboard and the terminal alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orchestration.health.checks import BY_NAME, Health, Status
from orchestration.text import plural

MOST_NOTES = 10
"""So many lines of detail follow a line; the API has all."""
MOST_NAMES = 4
"""So many destinations of alerts are named in a line."""
SYMBOLS: Mapping[Status, str] = {"pass": "✅", "warning": "⚠️", "fail": "❌"}


@dataclass(frozen=True)
class Line:
    """One line of the panel; `notes` name clients and days, `runbook` is its section there."""

    name: str
    title: str
    status: Status
    summary: str
    notes: list[str] = field(default_factory=list)
    runbook: str = ""

    @property
    def symbol(self) -> str:
        """As the panel draws it."""
        return SYMBOLS[self.status]


Found = Mapping[str, Any]


def lines(health: Health) -> list[Line]:
    """The panel, in the order of the checks."""
    told = []
    for name, found in health.checks.items():
        if name == "warehouse":
            if found["status"] != "pass":
                told.append(
                    Line(name, "Warehouse", "fail", f"({found['reason']})", [], "unreachable")
                )
            continue
        check = BY_NAME[name]
        if not health.is_reachable:
            told.append(Line(name, check.title, "fail", "(not known)", [], check.runbook))
            continue
        summary, notes = _TOLD[name](found)
        title = "No Missing Days" if name == "missingDays" and not found["gaps"] else check.title
        told.append(Line(name, title, found["status"], f"({summary})", _few(notes), check.runbook))
    return told


def _few(notes: list[str]) -> list[str]:
    rest = len(notes) - MOST_NOTES
    return notes if rest <= 0 else [*notes[:MOST_NOTES], f"and {rest} more"]


def _reason(found: Found) -> list[str]:
    return [found["reason"]] if found.get("reason") else []


def _today(found: Found) -> tuple[str, list[str]]:
    notes = [
        f"{one['client']} {one['day']}: {one['reason']}"
        + ("" if one["isLate"] else f" (not late before {one['lateAt']})")
        for one in found["missing"]
    ]
    return f"{found['clientCount']}/{found['expectedCount']} clients", _reason(found) + notes


def _split(found: Found) -> tuple[str, list[str]]:
    count = found["issueCount"]
    notes = [
        f"{one['client']} {one['day'] or one['month']}: {one['rule']}: {one['detail']}"
        + (" (published)" if one["isPublished"] else "")
        for one in found["issues"]
    ]
    unproven = found["unproven"]
    notes += [
        f"{one['client']}: {one['kind']}, {one['since']} to {one['until']}" for one in unproven
    ]
    told = [plural(count, "issue")] if count else []
    told += [f"{plural(len(unproven), 'client')} unproven"] if unproven else []
    return (", ".join(told) or "No issues"), notes


def _gaps(found: Found) -> tuple[str, list[str]]:
    notes = [
        f"{gap['client']} {', '.join(gap['days'])}: {gap['kind']}: {gap['reason']}"
        for gap in found["gaps"]
    ]
    return (plural(found["gapCount"], "day") if found["gaps"] else "Last 7 days"), notes


def _cache(found: Found) -> tuple[str, list[str]]:
    notes = [
        f"{one['client']}: {one['reason']}"
        + (f" {one['refreshedAt']}" if one["refreshedAt"] else "")
        for one in found["clients"]
    ]
    stale = found["staleCount"]
    return (f"{stale} stale" if stale else f"{found['clientCount']} fresh"), notes


def _publication(found: Found) -> tuple[str, list[str]]:
    number = found["publicationId"]
    summary = f"number {number}, {found['publishedAt']}" if number else "nothing is published yet"
    notes = [
        f"{one['client']} {one['month']}: left out: {one['reason']}" for one in found["leftOut"]
    ]
    if found["latestBuild"] == "failed":
        notes.insert(0, "the latest build failed, the marts are as they were")
    if found["waitingCount"]:
        waiting = plural(found["waitingCount"], "client-month")
        notes.append(f"{waiting} changed since {found['waitingSince']}")
    return summary, notes


def _quarantine(found: Found) -> tuple[str, list[str]]:
    notes = [
        f"{one['client']} {one['day']}: {', '.join(one['rules'])}; "
        + ("earlier data stand" if one["earlierDataStand"] else "nothing stands")
        for one in found["days"]
    ]
    count = found["waitingCount"]
    return (f"{plural(count, 'day')} to decide about" if count else "empty"), notes


def _failed(found: Found) -> tuple[str, list[str]]:
    notes = [
        f"{one['client']} {one['since']} to {one['until']}: {one['reason']}"
        + (" (needs a person)" if one["needsPerson"] else "")
        for one in found["collections"]
    ]
    return (f"{found['openCount']} open" if found["openCount"] else "none"), notes


def _alerting(found: Found) -> tuple[str, list[str]]:
    notes = _reason(found) + [
        f"{one['name']} fails since {one['failingSince']}: {one['reason']}"
        if one["isOn"]
        else f"{one['name']} is off" + (f": {one['reason']}" if one["reason"] else "")
        for one in found["destinations"]
        if one["failingSince"] or not one["isOn"]
    ]
    if found["evaluatedAt"] is None or found["deliveredAt"] is None:
        return "not set up", notes
    told = f"evaluated {found['evaluatedAt']}, delivered {found['deliveredAt']}"
    return f"{told}; {_destinations(found['destinations'])}", notes


def _destinations(found: Sequence[Found]) -> str:
    """`slack, email; webhook off`; where there are many, how many."""
    on = [one["name"] for one in found if one["isOn"]]
    off = [one["name"] for one in found if not one["isOn"]]
    told = [_names(on) if on else "on the dashboard only"]
    return "; ".join(told + ([f"{_names(off)} off"] if off else []))


def _names(names: Sequence[str]) -> str:
    return ", ".join(names) if len(names) <= MOST_NAMES else f"{len(names)} destinations"


def _hit_rate(found: Found) -> tuple[str, list[str]]:
    if found["rate"] is None:
        return "no reads in 24 hours", []
    share = f"{float(found['rate']) * 100:.0f} %"
    return f"{share} of {found['hits'] + found['misses'] + found['stale']} reads", []


_TOLD: Mapping[str, Callable[[Found], tuple[str, list[str]]]] = {
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
