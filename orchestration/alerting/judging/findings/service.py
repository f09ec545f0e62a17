"""Findings about what works by itself: publishing, runs, destinations, the cache, the gate."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from orchestration.alerting.judging.facts import Facts
from orchestration.alerting.judging.findings.finding import Finding, instant_of
from orchestration.meta_api.versions import ends_about, is_ending
from orchestration.settings import Settings
from orchestration.text import plural

BUILD_GRACE_SECONDS = 20.0
"""A build that failed is tried again after the pauses of the settings, and then some."""
BUILD_FAILED = "The build failed"
"""How the error of a step that builds begins."""
WAITING_HOURS = 4
"""So long collected data may wait for a build: as in the health check."""

UNPROVEN = {"no conversions yet": "no_conversions_yet", "no delivery yet": "no_delivery_yet"}
"""The rule for each kind of client of whom nothing that counts ever came."""


def publication(facts: Facts, settings: Settings) -> Iterator[Finding]:
    builds = facts.builds
    grace = timedelta(seconds=BUILD_GRACE_SECONDS if any(settings.retry_delays) else 0)
    if builds["state"] == "failed":
        if not builds["is_running"] and builds["finished_at"] <= facts.now - grace:
            reason = builds["reason"] or "the latest build failed"
            yield Finding("publication_failing", None, reason, since=builds["failing_since"])
        elif (living := facts.living.get("publication_failing::")) is not None:
            # It is being tried again: nothing is published yet.
            yield Finding("publication_failing", None, living["detail"], since=living["since"])
        return
    waiting = builds["waiting_since"]
    if waiting is not None and waiting <= facts.now - timedelta(hours=WAITING_HOURS):
        text = "what was collected waits to be built, and nothing builds it"
        yield Finding("publication_failing", None, text, since=waiting)


def failed_runs(facts: Facts) -> Iterator[Finding]:
    """Runs that failed for what no other rule tells: not because a service is away."""
    for run in facts.runs:
        text = f"{run['error']}: {run['reason']} (run {run['run_id'][:8]}"
        text += f", {run['runs']} in a row)" if run["runs"] > 1 else ")"
        is_build = run["step"] == "build_marts" or run["reason"].startswith(BUILD_FAILED)
        told = {"is_build": is_build}
        yield Finding("run_failed", None, text, run["job"], since=run["since"], facts=told)


def failing_destinations(facts: Facts) -> Iterator[Finding]:
    for one in facts.destinations:
        text = one["last_error"] or "no answer"
        name, since = one["destination"], one["failing_since"]
        yield Finding("destination_failing", None, text, name, since=since)


def stale_caches(facts: Facts, settings: Settings) -> Iterator[Finding]:
    limit = facts.now - timedelta(hours=settings.alert_cache_hours)
    for one in facts.check("cacheFreshness")["clients"]:
        refreshed_at = instant_of(one["refreshedAt"])
        if refreshed_at is not None and refreshed_at < limit:
            yield Finding("cache_stale", one["client"], one["reason"], since=refreshed_at)


def hit_rate(facts: Facts) -> Iterator[Finding]:
    found = facts.check("cacheHitRate")
    if found["status"] != "pass":
        reads = found["hits"] + found["misses"] + found["stale"]
        text = f"{float(found['rate']) * 100:.0f} % of {reads} reads in 24 hours were fresh"
        yield Finding("cache_hit_rate", None, text)


def unproven_clients(facts: Facts) -> Iterator[Finding]:
    """Clients of whom nothing that counts ever came."""
    for one in facts.check("splitData")["unproven"]:
        text = f"{one['since']} to {one['until']}: nothing came"
        if one["kind"] == "no conversions yet":
            text = f"{one['since']} to {one['until']}: clicks, and not one counted conversion"
        figures = (f"{one['linkClicks']} link clicks",)
        yield Finding(UNPROVEN[one["kind"]], one["client"], text, figures=figures)


def gate_warnings(facts: Facts) -> Iterator[Finding]:
    by_client: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in facts.warnings:
        by_client[row["client_id"]].append(row)
    for client_id, rows in by_client.items():
        told = [f"{r['rule']} on {plural(r['days'], 'day')}, last {r['latest']}" for r in rows]
        since = min(row["since"] for row in rows)
        yield Finding("gate_warnings", client_id, "; ".join(told), since=since)


def ending_version(facts: Facts, settings: Settings) -> Iterator[Finding]:
    """What Meta announces in its answers, and what is known of the life of versions."""
    told = [row["notice"] for row in facts.notices]
    since = facts.notices[0]["first_heard_at"] if facts.notices else None
    if is_ending(settings.api_version, settings.now().date()):
        told.append(f"{settings.api_version} ends about {ends_about(settings.api_version)}")
    if told:
        yield Finding("api_version_ending", None, "; ".join(told), since=since)
