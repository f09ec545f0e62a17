"""Findings about what works by itself: publishing, runs, destinations, the cache, the gate."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta

from orchestration.alerting.judging.evidence import Evidence, Row
from orchestration.alerting.judging.findings.finding import Finding, instant_of
from orchestration.meta_api.versions import ends_about, is_ending
from orchestration.settings import Settings
from orchestration.text import plural

BUILD_GRACE_SECONDS = 20.0
"""How long a failed build may wait to be tried again: more than the pauses of the settings."""
BUILD_FAILED = "The build failed"
"""How the error of a step that builds begins."""
WAITING_HOURS = 4
"""How long collected data may wait for a build, as in the health check."""

UNPROVEN_RULES = {"no conversions yet": "no_conversions_yet", "no delivery yet": "no_delivery_yet"}
"""The rule for each kind of client of whom the health check says that nothing ever came."""


def failing_publication(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """The latest build failed, or collected data wait and nothing builds them."""
    builds = evidence.builds
    grace = timedelta(seconds=BUILD_GRACE_SECONDS if any(settings.retry_delays) else 0)
    text: str | None = None
    since: datetime | None = None
    if builds["state"] == "failed":
        alert = evidence.unresolved.get("publication_failing::")
        if not builds["is_running"] and builds["finished_at"] <= evidence.now - grace:
            text = builds["reason"] or "the latest build failed"
            since = builds["failing_since"]
        elif alert is not None:
            # The build is tried again: nothing is published yet.
            text, since = alert["detail"], alert["since"]
    elif builds["waiting_since"] is not None:
        since = builds["waiting_since"]
        if builds["waiting_since"] <= evidence.now - timedelta(hours=WAITING_HOURS):
            text = "collected data wait for a build, and nothing builds them"
    if text is not None:
        yield Finding(rule="publication_failing", text=text, since=since)


def failed_runs(evidence: Evidence) -> Iterator[Finding]:
    """Jobs whose latest run failed for a reason that no other rule is about."""
    for run in evidence.failed_runs:
        in_a_row = f", {run['runs']} in a row" if run["runs"] > 1 else ""
        is_build = run["step"] == "build_marts" or run["reason"].startswith(BUILD_FAILED)
        yield Finding(
            rule="run_failed",
            text=f"{run['error']}: {run['reason']} (run {run['run_id'][:8]}{in_a_row})",
            subject=run["job"],
            since=run["since"],
            details={"is_build": is_build},
        )


def failing_destinations(evidence: Evidence) -> Iterator[Finding]:
    """Destinations that refuse messages or do not answer."""
    for destination in evidence.failing_destinations:
        yield Finding(
            rule="destination_failing",
            text=destination["last_error"] or "no answer",
            subject=destination["destination"],
            since=destination["failing_since"],
        )


def stale_caches(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """Clients whose current month was not refreshed for META_ADS_ALERT_CACHE_HOURS."""
    limit = evidence.now - timedelta(hours=settings.alert_cache_hours)
    for client in evidence.check("cacheFreshness")["clients"]:
        refreshed_at = instant_of(client["refreshedAt"])
        if refreshed_at is not None and refreshed_at < limit:
            yield Finding(
                rule="cache_stale",
                client_id=client["client"],
                text=client["reason"],
                since=refreshed_at,
            )


def low_hit_rate(evidence: Evidence) -> Iterator[Finding]:
    """Too few reads of the current month found fresh figures."""
    cache = evidence.check("cacheHitRate")
    if cache["status"] != "pass":
        reads = cache["hits"] + cache["misses"] + cache["stale"]
        text = f"{float(cache['rate']) * 100:.0f} % of {reads} reads in 24 hours were fresh"
        yield Finding(rule="cache_hit_rate", text=text)


def unproven_clients(evidence: Evidence) -> Iterator[Finding]:
    """Clients that never had a row, or never a conversion."""
    for client in evidence.check("splitData")["unproven"]:
        observation = "nothing came"
        if client["kind"] == "no conversions yet":
            observation = "clicks, and not one counted conversion"
        yield Finding(
            rule=UNPROVEN_RULES[client["kind"]],
            client_id=client["client"],
            text=f"{client['since']} to {client['until']}: {observation}",
            figures=(f"{client['linkClicks']} link clicks",),
        )


def gate_warnings(evidence: Evidence) -> Iterator[Finding]:
    """Clients with days that the gate kept with warnings."""
    by_client: dict[str, list[Row]] = defaultdict(list)
    for warning in evidence.gate_warnings:
        by_client[warning["client_id"]].append(warning)
    for client_id, warnings in by_client.items():
        texts = [f"{w['rule']} on {plural(w['days'], 'day')}, last {w['latest']}" for w in warnings]
        yield Finding(
            rule="gate_warnings",
            client_id=client_id,
            text="; ".join(texts),
            since=min(warning["since"] for warning in warnings),
        )


def ending_version(evidence: Evidence, settings: Settings) -> Iterator[Finding]:
    """The end of the API version, as Meta announces it or as versions usually end."""
    notices = evidence.api_notices
    texts = [row["notice"] for row in notices]
    if is_ending(settings.api_version, settings.now().date()):
        texts.append(f"{settings.api_version} ends about {ends_about(settings.api_version)}")
    if texts:
        since = notices[0]["first_heard_at"] if notices else None
        yield Finding(rule="api_version_ending", text="; ".join(texts), since=since)
