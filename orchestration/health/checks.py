"""The health checks: each is one query of `sql/`, read here and nowhere else.

The API, the dashboard, the command line, `/metrics` and Dagster's asset checks show what this
module answers, so that they never disagree. A query answers with `status` (pass, warning or fail)
and `detail`, a JSON object; all of them are read in one statement, so in one snapshot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import psycopg
from psycopg import sql

from orchestration.text import iso_instant
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

Status = Literal["pass", "warning", "fail"]
Overall = Literal["healthy", "degraded", "unhealthy"]


@dataclass(frozen=True, kw_only=True)
class Check:
    """One check.

    `query` is the name of its file in `sql/`, without the ending. `fails_to` is what the whole
    becomes when it fails: `degraded` where the published data stay right, else `unhealthy`.
    `of_client`: it can be asked about one client. `when_unknown` is its detail while the warehouse
    cannot be asked. `runbook` is the anchor of its section there.
    """

    name: str
    title: str
    query: str
    fails_to: Overall
    runbook: str
    when_unknown: Mapping[str, Any]
    of_client: bool = True


DAYS_OF_CLIENT = 35
CLIENT_DAYS = """
select
    c.client_id as client, c.name,
    coalesce(jsonb_agg(
        jsonb_build_object(
            'day', d.date_day, 'state', d.state, 'isLate', d.is_late, 'rows', d.row_count,
            'receivedAt', ops.instant(d.received_at), 'confirmedAt', ops.instant(d.confirmed_at),
            'lastAttempt', d.last_attempt, 'attemptedAt', ops.instant(d.attempted_at),
            'reason', d.reason
        )
        order by d.date_day desc
    ) filter (where d.date_day is not null), '[]') as days
from ops.clients as c
left join ops.day_states(%(days)s, %(client)s) as d on c.client_id = d.client_id
where c.client_id = %(client)s
group by c.client_id, c.name
"""
"""A client with its latest due days, newest first; no row if there is no such client."""

WAREHOUSE = """
select
    'warehouse' as name,
    case when current_setting('transaction_read_only') = 'on' then 'fail' else 'pass' end as status,
    '{}'::jsonb as detail
"""
READ_ONLY = "the warehouse is read-only: nothing is collected or published"

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

Results = Mapping[str, tuple[Status, Mapping[str, Any]]]
"""Status and detail by the name of the check."""


@dataclass(frozen=True)
class Health:
    """What the checks say at one moment; `is_reachable` is false where nobody could ask."""

    overall: Overall
    checks: Mapping[str, Mapping[str, Any]]
    checked_at: datetime
    is_reachable: bool = True

    def document(self) -> dict[str, Any]:
        """The answer of the API, in the order of the checks."""
        return {
            "status": self.overall,
            "checks": self.checks,
            "lastCheck": iso_instant(self.checked_at),
        }


@cache
def statement(*, of_client: bool = False) -> sql.Composed:
    """One statement with a row (name, status, detail) for each check; takes what `asked` makes."""
    parts: list[sql.Composable] = []
    for check in CHECKS:
        if check.of_client or not of_client:
            query = read_sql(__file__, check.query)
            parts.append(
                sql.SQL("select {name} as name, q.status, q.detail from (\n{query}\n) as q").format(
                    name=sql.Literal(check.name), query=sql.SQL(query)
                )
            )
    return sql.SQL("\nunion all\n").join([sql.SQL(WAREHOUSE), *parts])


def asked(
    client_id: str | None = None, *, gap_days: int | None = None, most: int | None = None
) -> dict[str, Any]:
    """The values that `statement` takes; what is None is as the API has it.

    `gap_days` is how far back missing days are looked for (7), `most` how many entries a list of a
    detail holds (1,000).
    """
    return {"client": client_id, "gap_days": gap_days, "most": most}


def read_health(
    connection: Connection,
    client_id: str | None = None,
    *,
    gap_days: int | None = None,
    most: int | None = None,
) -> Health:
    """What the checks say now, of everything or of one client; the limits are those of `asked`."""
    rows = connection.execute(
        statement(of_client=client_id is not None), asked(client_id, gap_days=gap_days, most=most)
    ).fetchall()
    return health_of(rows)


def health_of(rows: Sequence[tuple[Any, ...]]) -> Health:
    """The health that the rows of `statement` tell."""
    found: Results = {name: (status, detail) for name, status, detail in rows}
    warehouse: dict[str, Any] = {"status": found["warehouse"][0]}
    if warehouse["status"] == "fail":
        warehouse["reason"] = READ_ONLY
    checks: dict[str, Mapping[str, Any]] = {"warehouse": warehouse}
    for check in CHECKS:
        if check.name in found:
            status, detail = found[check.name]
            checks[check.name] = {"status": status} | _in_order(detail, check)
    return Health(overall_of(checks), checks, datetime.now(UTC))


def unreachable(error: BaseException, *, of_client: bool = False) -> Health:
    """The health while the warehouse cannot be asked: nothing is known, so nothing passes.

    The error's own text stays out: it may name hosts and users.
    """
    reason = (
        "the warehouse took too long to answer"
        if isinstance(error, psycopg.errors.QueryCanceled)
        else "the warehouse cannot be reached"
    )
    checks: dict[str, Mapping[str, Any]] = {"warehouse": {"status": "fail", "reason": reason}}
    for check in CHECKS:
        if check.of_client or not of_client:
            checks[check.name] = {
                "status": "fail",
                **check.when_unknown,
                "reason": f"not known: {reason}",
            }
    return Health("unhealthy", checks, datetime.now(UTC), is_reachable=False)


def overall_of(checks: Mapping[str, Mapping[str, Any]]) -> Overall:
    """Healthy without a fail; with one as bad as the worst of them makes it."""
    failed = [name for name, found in checks.items() if found["status"] == "fail"]
    if any(name not in BY_NAME or BY_NAME[name].fails_to == "unhealthy" for name in failed):
        return "unhealthy"
    return "degraded" if failed else "healthy"


def _in_order(detail: Mapping[str, Any], check: Check) -> dict[str, Any]:
    """The detail in the order of its description, with a reason where there is one."""
    told = {name: detail[name] for name in check.when_unknown}
    return told | {"reason": detail["reason"]} if detail.get("reason") else told
