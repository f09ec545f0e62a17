"""Reads the rows that `/metrics` is made of: results of the health checks, and bounded queries.

A figure that a check has is taken from the check, so that the two never differ. Client-days come
from the latest 35 due days by the primary key of `ops.slice_state`; batches and rows are not read.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql

from orchestration.health.checks import DAYS_OF_CLIENT, Health, unreachable
from orchestration.warehouse.sql_files import read_sql
from orchestration.web.database import UNREACHABLE, Database, Query
from orchestration.web.queries import OPEN_ENTRIES
from orchestration.web.snapshot import Snapshot

STATES: tuple[str, ...] = (
    "good",
    "mended",
    "held",
    "zero",
    "thin",
    "split",
    "refused",
    "failed",
    "missing",
    "waived",
    "expected",
)
"""The states of a day, as `ops.day_states` names them."""
STATUSES = ("pass", "warning", "fail")
OVERALL = ("healthy", "degraded", "unhealthy")

Rows = Sequence[Mapping[str, Any]]
Sources = Mapping[str, Rows]
"""Rows by the name of their source; a metric whose source is absent is left out."""
log = logging.getLogger(__name__)

# Each is read from `sql/NAME.sql`; its name is also that of the source.
QUERIES: Mapping[str, Query] = {
    name: read_sql(__file__, name)
    for name in (
        "clients",
        "api_usage",
        "publication",
        "alerts",
        "alerts_by_rule",
        "alert_messages",
        "alert_destinations",
        "cache_reads",
        "caches",
        "heartbeats",
    )
} | {
    "publications": "select count(*) as publications from ops.publications",
    "recovery_log": sql.SQL(read_sql(__file__, "recovery_log")).format(open_entries=OPEN_ENTRIES),
}


async def read_sources(database: Database, snapshot: Snapshot) -> Sources:
    """Read every source of the metrics.

    While the warehouse cannot be reached, only the sources about its health are there.
    """
    health = await snapshot.health()
    if not health.is_reachable:
        return _of_health(health)
    rows: dict[str, Rows] = {}
    try:
        async with database.connection() as connection:
            for name, query in QUERIES.items():
                cursor = await connection.execute(query, {"days": DAYS_OF_CLIENT})
                rows[name] = await cursor.fetchall()
    except UNREACHABLE as error:
        log.warning("The warehouse cannot be reached: %s", type(error).__name__)
        return _of_health(unreachable(error))
    return {
        **rows,
        **_of_clients(rows["clients"]),
        **_of_publication(rows["publication"]),
        **_of_health(health),
    }


def _of_health(health: Health) -> Sources:
    """The results of the checks, and the figures that they have counted."""
    known = health.checks if health.is_reachable else {"warehouse": health.checks["warehouse"]}
    sources: dict[str, Rows] = {
        "up": [{"up": int(health.is_reachable)}],
        "health": [{"status": status, "is": int(status == health.overall)} for status in OVERALL],
        "checks": [
            {"check": name, "status": status, "is": int(status == check["status"])}
            for name, check in known.items()
            for status in STATUSES
        ],
    }
    if health.is_reachable:
        counted = {
            "time_is_set": int(health.as_of is not None),
            "split_issues": health.checks["splitData"]["issueCount"],
            "waiting_months": health.checks["publication"]["waitingCount"],
            "quarantined_days": health.checks["quarantine"]["waitingCount"],
            "failed_collections": health.checks["failedCollections"]["openCount"],
        }
        sources["counted"] = [counted]
    return sources


def _of_clients(rows: Rows) -> Sources:
    """The totals of each client, and its days by state; a state without a day has a zero.

    A time series that disappears for a while cannot be compared with its past.
    """
    totals = [row for row in rows if row["is_total"]]
    days = {(row["client"], row["state"]): row["days"] for row in rows if not row["is_total"]}
    return {
        "clients": totals,
        "client_days": [
            {"client": row["client"], "state": state, "days": days.get((row["client"], state), 0)}
            for row in totals
            for state in STATES
        ],
    }


def _of_publication(rows: Rows) -> Sources:
    """The rows that the latest publication inserted, and those that it ended."""
    return {
        "publication_rows": [
            {"kind": kind, "rows": row[f"rows_{kind}"]}
            for row in rows
            for kind in ("inserted", "ended")
        ]
    }
