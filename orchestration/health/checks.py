"""Runs the health checks: each is one query of `sql/`, run here and nowhere else.

The API, the dashboard, the command line, `/metrics` and Dagster's asset checks show what this
module returns, so that they never disagree. A query returns `status` (pass, warning or fail) and
`detail`, a JSON object; all of them run as one statement, so that they see one snapshot.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Literal

import psycopg
from psycopg import sql

from orchestration.health.catalogue import BY_NAME, CHECKS, Check, Overall
from orchestration.text import iso_instant
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

Status = Literal["pass", "warning", "fail"]

DAYS_OF_CLIENT = 35
"""How many due days of a client are shown."""
CLIENT_DAYS = read_sql(__file__, "client_days")
"""A client with its latest due days, newest first; no row if there is no such client."""

READ_ONLY = "the warehouse is read-only: nothing is collected or published"

Results = Mapping[str, tuple[Status, Mapping[str, Any]]]
"""Status and detail by the name of a check."""


@dataclass(frozen=True)
class Health:
    """The results of the checks at one moment; without `is_reachable` none of them could run.

    `as_of` is the instant that META_ADS_NOW sets in place of the clock, in ISO form.
    """

    overall: Overall
    checks: Mapping[str, Mapping[str, Any]]
    checked_at: datetime
    is_reachable: bool = True
    as_of: str | None = None

    def document(self) -> dict[str, Any]:
        """The JSON object that the API returns, in the order of the checks."""
        return {
            "status": self.overall,
            "checks": self.checks,
            **({"asOf": self.as_of} if self.as_of else {}),
            "lastCheck": iso_instant(self.checked_at),
        }


@cache
def statement(*, of_client: bool = False) -> sql.Composed:
    """One statement with a row (name, status, detail) for each check; `asked` has its parameters.

    The first row is the warehouse's own.
    """
    named = sql.SQL("select {name} as name, q.status, q.detail from (\n{query}\n) as q")
    queries = {"warehouse": "warehouse"} | {c.name: c.query for c in _checks(of_client=of_client)}
    return sql.SQL("\nunion all\n").join(
        named.format(name=sql.Literal(name), query=sql.SQL(read_sql(__file__, query)))
        for name, query in queries.items()
    )


def asked(
    client_id: str | None = None, *, gap_days: int | None = None, most: int | None = None
) -> dict[str, Any]:
    """The parameters of `statement`; None for a limit means the limit of the API.

    `gap_days` is how many days back missing days are looked for (API: 7), `most` how many entries a
    list in a detail has at most (API: 1,000).
    """
    return {"client": client_id, "gap_days": gap_days, "most": most}


def read_health(
    connection: Connection,
    client_id: str | None = None,
    *,
    gap_days: int | None = None,
    most: int | None = None,
) -> Health:
    """Run the checks, for everything or for one client; the limits are those of `asked`."""
    rows = connection.execute(
        statement(of_client=client_id is not None), asked(client_id, gap_days=gap_days, most=most)
    ).fetchall()
    return health_of(rows)


def health_of(rows: Sequence[tuple[Any, ...]]) -> Health:
    """The health that the rows of `statement` add up to."""
    results: Results = {name: (status, detail) for name, status, detail in rows}
    warehouse: dict[str, Any] = {"status": results["warehouse"][0]}
    if warehouse["status"] == "fail":
        warehouse["reason"] = READ_ONLY
    checks: dict[str, Mapping[str, Any]] = {"warehouse": warehouse}
    for check in CHECKS:
        if check.name in results:
            status, detail = results[check.name]
            checks[check.name] = {"status": status} | _in_order(detail, check)
    as_of = results["warehouse"][1].get("asOf")
    return Health(overall_of(checks), checks, datetime.now(UTC), as_of=as_of)


def unreachable(error: BaseException, *, of_client: bool = False) -> Health:
    """The health while the warehouse is unreachable: nothing is known, so every check fails.

    The error's own text stays out: it may name hosts and users.
    """
    reason = (
        "the warehouse took too long to answer"
        if isinstance(error, psycopg.errors.QueryCanceled)
        else "the warehouse cannot be reached"
    )
    checks: dict[str, Mapping[str, Any]] = {"warehouse": {"status": "fail", "reason": reason}}
    for check in _checks(of_client=of_client):
        checks[check.name] = {
            "status": "fail",
            **check.when_unknown,
            "reason": f"not known: {reason}",
        }
    return Health("unhealthy", checks, datetime.now(UTC), is_reachable=False)


def overall_of(checks: Mapping[str, Mapping[str, Any]]) -> Overall:
    """The overall health: healthy if no check fails, else the worst that a failed one leads to."""
    failed = [name for name, result in checks.items() if result["status"] == "fail"]
    if any(name not in BY_NAME or BY_NAME[name].fails_to == "unhealthy" for name in failed):
        return "unhealthy"
    return "degraded" if failed else "healthy"


def _checks(*, of_client: bool) -> list[Check]:
    return [check for check in CHECKS if check.of_client or not of_client]


def _in_order(detail: Mapping[str, Any], check: Check) -> dict[str, Any]:
    """The detail with its keys in the order of the API, then a reason where there is one."""
    ordered = {name: detail[name] for name in check.when_unknown}
    return ordered | {"reason": detail["reason"]} if detail.get("reason") else ordered
