"""The list of the health checks: their names, their queries, and what it means if one fails."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Overall = Literal["healthy", "degraded", "unhealthy"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """A health check.

    `query` is the name of its file in `sql/`, without the ending. `fails_to` is the overall health
    while it fails: `degraded` where the published data stay right, else `unhealthy`. `of_client`
    says whether it can be run for a single client. `when_unknown` is its detail while the warehouse
    is unreachable, with the keys in the order of the API. `runbook` is the anchor of its section in
    the runbook.
    """

    name: str
    title: str
    query: str
    fails_to: Overall
    runbook: str
    when_unknown: Mapping[str, Any]
    of_client: bool = True


CHECKS = (
    Check(
        name="todayCollection",
        title="Daily Collection",
        query="today_collection",
        fails_to="unhealthy",
        runbook="daily-collection",
        when_unknown={"clientCount": 0, "expectedCount": 0, "missing": []},
    ),
    Check(
        name="splitData",
        title="Data Consistency",
        query="split_data",
        fails_to="unhealthy",
        runbook="data-consistency",
        when_unknown={"issueCount": 0, "issues": [], "unproven": []},
    ),
    Check(
        name="missingDays",
        title="Missing Days",
        query="missing_days",
        fails_to="degraded",
        runbook="missing-days",
        when_unknown={"gapCount": 0, "gaps": []},
    ),
    Check(
        name="cacheFreshness",
        title="Cache Freshness",
        query="cache_freshness",
        fails_to="degraded",
        runbook="cache-freshness",
        when_unknown={"clientCount": 0, "staleCount": 0, "clients": []},
    ),
    Check(
        name="publication",
        title="Publication",
        query="publication",
        fails_to="degraded",
        runbook="publication-check",
        when_unknown={
            "publicationId": None,
            "publishedAt": None,
            "latestBuild": None,
            "waitingCount": 0,
            "waitingSince": None,
            "leftOut": [],
        },
    ),
    Check(
        name="quarantine",
        title="Quarantine",
        query="quarantine",
        fails_to="degraded",
        runbook="quarantine-check",
        when_unknown={"waitingCount": 0, "days": []},
    ),
    Check(
        name="failedCollections",
        title="Failed Collections",
        query="failed_collections",
        fails_to="degraded",
        runbook="a-collection-failed",
        when_unknown={"openCount": 0, "collections": []},
    ),
    Check(
        name="alerting",
        title="Alerting",
        query="alerting",
        fails_to="degraded",
        runbook="alerting-check",
        when_unknown={
            "evaluatedAt": None,
            "deliveredAt": None,
            "waitingCount": 0,
            "destinations": [],
        },
        of_client=False,
    ),
    Check(
        name="cacheHitRate",
        title="Cache Hit Rate",
        query="cache_hit_rate",
        fails_to="degraded",
        runbook="cache-hit-rate",
        when_unknown={"hits": 0, "misses": 0, "stale": 0, "rate": None},
        of_client=False,
    ),
)
BY_NAME = {check.name: check for check in CHECKS}
