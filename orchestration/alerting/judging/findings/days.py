"""Findings about days: late, missing for long, refused, failed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from typing import Any

from orchestration.alerting.judging.evidence import Evidence
from orchestration.alerting.judging.findings.finding import (
    NOT_PUBLISHED,
    Day,
    Finding,
    days_between,
    instant_of,
    reasons_in_words,
)
from orchestration.alerting.judging.findings.months import days_of_other_rules
from orchestration.expectations.catalogue.reasons import sentences
from orchestration.settings import Settings

SETTLING_HOURS = 2
"""How long a new warehouse may have no client."""


def daily_collection(evidence: Evidence, refused: Mapping[Day, set[str]]) -> Iterator[Finding]:
    """Clients whose latest late day is missing; a day that an alert names stays until it comes."""
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    late_since: dict[str, datetime | None] = {}
    for missing in evidence.check("todayCollection")["missing"]:
        if missing["isLate"]:
            client_id, day = missing["client"], missing["day"]
            reasons[client_id][day] = _reason(refused, client_id, day, missing["reason"])
            late_since[client_id] = instant_of(missing["lateAt"])
    for client_id, day, reason in _still_missing(evidence, "daily_collection"):
        reasons[client_id].setdefault(day, _reason(refused, client_id, day, reason))
    for client_id, by_day in reasons.items():
        alert = evidence.unresolved.get(f"daily_collection:{client_id}:")
        since = alert["since"] if alert else late_since.get(client_id)
        yield _about_days("daily_collection", client_id, by_day, since)
    if not evidence.clients and evidence.set_up_at < evidence.now - timedelta(hours=SETTLING_HOURS):
        text = "no client is known: nothing was ever collected here"
        yield Finding(rule="daily_collection", text=text, since=evidence.set_up_at)


def gaps(
    evidence: Evidence,
    settings: Settings,
    refused: Mapping[Day, set[str]],
    daily: Iterable[Finding],
) -> Iterator[Finding]:
    """Clients with days that are missing for META_ADS_ALERT_GAP_HOURS; `daily` names the others."""
    named = {(finding.client_id, day) for finding in daily for day in finding.days}
    long_ago = settings.now() - timedelta(hours=settings.alert_gap_hours)
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    for gap in evidence.check("missingDays")["gaps"]:
        client_id = gap["client"]
        for day in gap["days"] if gap["kind"] == "missing" else ():
            is_old = _late_at(evidence, settings, client_id, day) <= long_ago
            if is_old and (client_id, day) not in named:
                reasons[client_id][day] = _reason(refused, client_id, day, gap["reason"])
    for client_id, day, reason in _still_missing(evidence, "gap_older_than_a_day"):
        if (client_id, day) not in named:
            reasons[client_id].setdefault(day, _reason(refused, client_id, day, reason))
    for client_id, by_day in reasons.items():
        since = _late_at(evidence, settings, client_id, min(by_day))
        yield _about_days("gap_older_than_a_day", client_id, by_day, since)


def quarantine_waiting(evidence: Evidence) -> Iterator[Finding]:
    """Clients with refused days that no other rule is about."""
    reasons: dict[str, dict[str, str]] = defaultdict(dict)
    since: dict[str, list[datetime]] = defaultdict(list)
    elsewhere = days_of_other_rules(evidence)
    for refused in evidence.check("quarantine")["days"]:
        client_id, day = refused["client"], refused["day"]
        if (client_id, day) not in elsewhere:
            stored = "earlier rows are kept" if refused["earlierDataStand"] else "no rows yet"
            reasons[client_id][day] = f"{sentences(refused['rules'])} ({stored})"
            since[client_id].append(datetime.fromisoformat(refused["refusedAt"]))
    for client_id, day in evidence.waiting_for_a_build("quarantine_waiting"):
        reasons[client_id].setdefault(day, NOT_PUBLISHED)
    for client_id, by_day in reasons.items():
        began = min(since[client_id], default=None)
        yield _about_days("quarantine_waiting", client_id, by_day, began)


def failed_collections(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Clients with collections that only a person can repair, or that stay open for long."""
    limit = evidence.now - timedelta(minutes=settings.alert_failed_minutes)
    by_client: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for failed in evidence.check("failedCollections")["collections"]:
        if (failed["client"], failed["since"], failed["until"]) not in evidence.still_failing:
            continue
        if failed["needsPerson"] or datetime.fromisoformat(failed["failedAt"]) <= limit:
            by_client[failed["client"]].append(failed)
    for client_id, collections in by_client.items():
        days: dict[str, set[str]] = defaultdict(set)
        for failed in collections:
            span = date.fromisoformat(failed["since"]), date.fromisoformat(failed["until"])
            days[failed["reason"]] |= set(days_between(*span))
        yield Finding(
            rule="failed_collections",
            client_id=client_id,
            text=reasons_in_words(days),
            days=tuple(sorted(set().union(*days.values()))),
            since=min(datetime.fromisoformat(failed["failedAt"]) for failed in collections),
        )


def refused_days(evidence: Evidence) -> dict[Day, set[str]]:
    """The gate rules that refused the latest answer about each day."""
    days = evidence.check("quarantine")["days"]
    return {(day["client"], day["day"]): set(day["rules"]) for day in days}


def _reason(refused: Mapping[Day, set[str]], client_id: str, day: str, reason: str) -> str:
    """Why a day is missing; of a refusal no figures, since they are amounts."""
    rules = refused.get((client_id, day))
    return sentences(sorted(rules)) if rules else reason


def _still_missing(evidence: Evidence, rule: str) -> Iterator[tuple[str, str, str]]:
    """Days (client, day, reason) that unresolved alerts of a rule name and that still concern them.

    They have not come; or they have, and are not published yet.
    """
    for fingerprint, days in evidence.still_missing.items():
        name, client_id, _ = fingerprint.split(":", 2)
        if name == rule:
            reasons = evidence.unresolved[fingerprint]["facts"].get("reasons", {})
            for day, is_there in days.items():
                yield client_id, day, NOT_PUBLISHED if is_there else reasons.get(day, "not in yet")


def _about_days(
    rule: str, client_id: str, reasons: Mapping[str, str], since: datetime | None
) -> Finding:
    days_by_reason: dict[str, list[str]] = defaultdict(list)
    for day, reason in sorted(reasons.items()):
        days_by_reason[reason].append(day)
    return Finding(
        rule=rule,
        client_id=client_id,
        text=reasons_in_words(days_by_reason),
        days=tuple(sorted(reasons)),
        since=since,
        details={"reasons": dict(reasons)},
    )


def _late_at(evidence: Evidence, settings: Settings, client_id: str, day: str) -> datetime:
    """When a day of a client became late."""
    zone = evidence.clients[client_id]["zone"] if client_id in evidence.clients else "UTC"
    return settings.late_at(date.fromisoformat(day), zone)
