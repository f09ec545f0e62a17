"""Findings about days: not in, missing for long, refused, failed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from orchestration.alerting.judging.facts import Facts
from orchestration.alerting.judging.findings.finding import (
    Day,
    Finding,
    days_between,
    instant_of,
    told,
)
from orchestration.alerting.judging.findings.months import told_days
from orchestration.settings import Settings

SETTLING_HOURS = 2
"""So long a new warehouse may know no client."""


def daily_collection(facts: Facts, refused: Mapping[Day, set[str]]) -> Iterator[Finding]:
    """Clients whose latest late day is not in; once told of, a day stays until it is there."""
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    since: dict[str, datetime | None] = {}
    for one in facts.check("todayCollection")["missing"]:
        if one["isLate"]:
            client_id = one["client"]
            reasons[client_id][one["day"]] = why(refused, client_id, one["day"], one["reason"])
            since[client_id] = instant_of(one["lateAt"])
    for client_id, day, reason in carried(facts, "daily_collection"):
        reasons[client_id].setdefault(day, why(refused, client_id, day, reason))
    for client_id, by_day in reasons.items():
        living = facts.living.get(f"daily_collection:{client_id}:")
        began = living["since"] if living else since.get(client_id)
        yield of_days("daily_collection", client_id, by_day, began)
    if not facts.clients and facts.set_up_at < facts.now - timedelta(hours=SETTLING_HOURS):
        text = "no client is known: nothing was ever collected here"
        yield Finding("daily_collection", None, text, since=facts.set_up_at)


def gaps(
    facts: Facts,
    settings: Settings,
    refused: Mapping[Day, set[str]],
    daily: Iterable[Finding],
) -> Iterator[Finding]:
    named = {(f.client_id, day) for f in daily for day in f.days}
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    for gap in facts.check("missingDays")["gaps"]:
        client_id = gap["client"]
        for day in gap["days"] if gap["kind"] == "missing" else ():
            if (client_id, day) not in named and _is_old(facts, settings, client_id, day):
                reasons[client_id][day] = why(refused, client_id, day, gap["reason"])
    for client_id, day, reason in carried(facts, "gap_older_than_a_day"):
        if (client_id, day) not in named:
            reasons[client_id].setdefault(day, why(refused, client_id, day, reason))
    for client_id, by_day in reasons.items():
        became_late = late_at(facts, settings, client_id, min(by_day))
        yield of_days("gap_older_than_a_day", client_id, by_day, became_late)


def quarantine_waiting(facts: Facts) -> Iterator[Finding]:
    """Refused days that no other rule is about."""
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    since: dict[str, list[datetime]] = defaultdict(list)
    known = told_days(facts)
    for one in facts.check("quarantine")["days"]:
        client_id, day = one["client"], one["day"]
        if (client_id, day) not in known:
            stands = "earlier data stand" if one["earlierDataStand"] else "nothing stands"
            reasons[client_id][day] = f"{', '.join(one['rules'])} ({stands})"
            since[client_id].append(datetime.fromisoformat(one["refusedAt"]))
    for client_id, by_day in reasons.items():
        yield of_days("quarantine_waiting", client_id, by_day, min(since[client_id]))


def failed_collections(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """Collections that only a person can mend, and others that stay open for long."""
    limit = facts.now - timedelta(minutes=settings.alert_failed_minutes)
    found: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for one in facts.check("failedCollections")["collections"]:
        if (one["client"], one["since"], one["until"]) not in facts.still_failing:
            continue
        if one["needsPerson"] or datetime.fromisoformat(one["failedAt"]) <= limit:
            found[one["client"]].append(one)
    for client_id, failures in found.items():
        reasons: dict[str, set[str]] = defaultdict(set)
        for one in failures:
            days = days_between(date.fromisoformat(one["since"]), date.fromisoformat(one["until"]))
            reasons[one["reason"]] |= set(days)
        yield Finding(
            "failed_collections",
            client_id,
            told(reasons),
            days=tuple(sorted({day for days in reasons.values() for day in days})),
            since=min(datetime.fromisoformat(one["failedAt"]) for one in failures),
        )


def refused_days(facts: Facts) -> dict[Day, set[str]]:
    """The rules that refused the last answer about each day."""
    return {(d["client"], d["day"]): set(d["rules"]) for d in facts.check("quarantine")["days"]}


def why(refused: Mapping[Day, set[str]], client_id: str, day: str, reason: str) -> str:
    """Why a day is missing; the rules alone of a refusal, whose own words hold amounts."""
    rules = refused.get((client_id, day))
    return f"refused: {', '.join(sorted(rules))}" if rules else reason


def carried(facts: Facts, rule: str) -> Iterator[tuple[str, str, str]]:
    for fingerprint, days in facts.carried.items():
        name, client_id, _ = fingerprint.split(":", 2)
        if name == rule:
            before = facts.living[fingerprint]["facts"].get("reasons", {})
            for day in days:
                yield client_id, day, before.get(day, "not in yet")


def of_days(
    rule: str, client_id: str, reasons: Mapping[str, str], since: datetime | None
) -> Finding:
    by_reason: dict[str, list[str]] = defaultdict(list)
    for day, reason in sorted(reasons.items()):
        by_reason[reason].append(day)
    return Finding(
        rule,
        client_id,
        told(by_reason),
        days=tuple(sorted(reasons)),
        since=since,
        facts={"reasons": dict(reasons)},
    )


def _is_old(facts: Facts, settings: Settings, client_id: str, day: str) -> bool:
    became_late = late_at(facts, settings, client_id, day)
    return became_late <= settings.now() - timedelta(hours=settings.alert_gap_hours)


def late_at(facts: Facts, settings: Settings, client_id: str, day: str) -> datetime:
    """When a day became late: `ops.late_at`."""
    zone = facts.clients[client_id]["zone"] if client_id in facts.clients else "UTC"
    next_day = date.fromisoformat(day) + timedelta(days=1)
    due = datetime.combine(next_day, time(settings.due_hour), ZoneInfo(zone))
    return due.astimezone(UTC) + timedelta(minutes=settings.due_grace_minutes)
