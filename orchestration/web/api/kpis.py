"""Reads a month for the KPI API: a past one from the marts, the running one from its cache.

A value older than three hours is a miss. This server does not collect: it asks the refresher for
new figures through the database and waits for them. If they do not come in time, it answers with
the old value, marked as stale.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from orchestration.current_month.cache import REFRESHER, REQUESTED
from orchestration.text import plain
from orchestration.warehouse.sql_files import read_sql
from orchestration.web.api.counters import ReadCounters
from orchestration.web.database import Database

POLL_SECONDS = 0.1
"""How long a waiting read pauses before it looks again for the refreshed value."""

MEASURES = (
    "spend",
    "impressions",
    "clicks",
    "link_clicks",
    "conversions",
    "conversion_value",
    "purchases",
    "purchase_value",
    "leads",
    "ctr",
    "cpc",
    "cpm",
    "cost_per_conversion",
    "roas",
)

CACHED = read_sql(__file__, "cached_month")
PUBLISHED = read_sql(__file__, "published_month")
HAS_MARTS = "select to_regclass('marts.monthly_client_summary') is not null as has_marts"
HAS_PURCHASE_GOAL = "select has_purchase_goal from marts.dim_clients where client_id = %s"
REQUEST = read_sql(__file__, "request_refresh")


@dataclass(frozen=True)
class NoKpisError(Exception):
    """No figures are known; `may_come` says whether a later request may have some."""

    reason: str
    may_come: bool = False


class KpiReader:
    """Reads months; after a miss it waits up to `wait_seconds` for fresh figures."""

    def __init__(self, database: Database, counters: ReadCounters, wait_seconds: float) -> None:
        self._database, self._counters = database, counters
        self._wait_seconds = wait_seconds

    async def month(self, client_id: str, month: str | None) -> dict[str, Any]:
        """The KPIs of a month (`2026-11`); without a month, of the running one.

        Raises:
            NoKpisError: the client does not exist, or no figures of that month are known.
        """
        row = await self._database.row(CACHED, [client_id])
        if row is None:
            raise NoKpisError(f"there is no client {client_id}")
        month = month or row["running_month"]
        if month > row["running_month"]:
            raise NoKpisError(f"{month} has not begun")
        # No figures are cached for a client that is paused or ended: its running month is the
        # published one.
        if month < row["running_month"] or not row["is_cached"]:
            published = await self._published(client_id, month)
            if published is None:
                raise NoKpisError(f"nothing of {client_id} is published for {month}")
            return published
        return await self._running(client_id, month, row)

    async def _running(self, client_id: str, month: str, row: Mapping[str, Any]) -> dict[str, Any]:
        if _is_fresh(row, month):
            self._counters.count("hits")
            return await self._cached(client_id, row)
        fresh = await self._refreshed(client_id, month, row["refreshed_instant"])
        if fresh is not None:
            self._counters.count("misses")
            return await self._cached(client_id, fresh)
        self._counters.count("stale")
        if row["month"] == month:
            return await self._cached(client_id, row) | {"isStale": True}
        published = await self._published(client_id, month)
        if published is None:
            raise NoKpisError(f"nothing of {client_id} is there for {month} yet", may_come=True)
        return published | {"isStale": True}

    async def _refreshed(self, client_id: str, month: str, before: Any) -> dict[str, Any] | None:
        """The row after a refresh; None if no refresher runs, or it is not done in time."""
        names = {"channel": REQUESTED, "refresher": REFRESHER}
        request = await self._database.row(REQUEST, {"client": client_id} | names)
        if request is None or not request["has_refresher"]:
            return None
        if request["has_failed"] and not request["is_new"]:
            return None
        deadline = monotonic() + self._wait_seconds
        while monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            row = await self._database.row(CACHED, [client_id])
            if row is not None and row["refreshed_instant"] != before and _is_fresh(row, month):
                return row
        return None

    async def _cached(self, client_id: str, row: Mapping[str, Any]) -> dict[str, Any]:
        """What the cache has; as in the marts, no return on purchases where they are no goal."""
        month = _cached_month(row)
        if row["roas"] == 0:
            goal = await self._of_marts(HAS_PURCHASE_GOAL, client_id)
            if goal is None or not goal["has_purchase_goal"]:
                month["roas"] = None
        return month

    async def _published(self, client_id: str, month: str) -> dict[str, Any] | None:
        row = await self._of_marts(PUBLISHED, client_id, month)
        return None if row is None else _published_month(row)

    async def _of_marts(self, query: str, *parameters: str) -> dict[str, Any] | None:
        has_marts = await self._database.row(HAS_MARTS)
        if has_marts is None or not has_marts["has_marts"]:
            return None
        return await self._database.row(query, list(parameters))


def _is_fresh(row: Mapping[str, Any], month: str) -> bool:
    return row["month"] == month and row["is_stale"] is False


def _cached_month(row: Mapping[str, Any]) -> dict[str, Any]:
    return (
        _head(row, "cache")
        | {
            "monthState": "open",
            "isComplete": not row["missing_days"],
            "isStale": bool(row["is_stale"]),
        }
        | _measures(row)
    )


def _published_month(row: Mapping[str, Any]) -> dict[str, Any]:
    return (
        _head(row, "publication")
        | {
            "monthState": row["month_state"],
            "isComplete": row["is_complete"],
            "isStale": False,
        }
        | _measures(row)
    )


def _head(row: Mapping[str, Any], source: str) -> dict[str, Any]:
    return {
        "client": row["client_id"],
        "month": row["month"],
        "currency": row["currency"],
        "source": source,
        "publicationId": row["publication_id"],
        "missingDays": row["missing_days"],
        "until": row["until"],
        "refreshedAt": row["refreshed_at"],
    }


def _measures(row: Mapping[str, Any]) -> dict[str, Any]:
    """The measures as exact decimals in text, under the names of the API."""
    return {_camel(name): None if row[name] is None else plain(row[name]) for name in MEASURES} | {
        "conversionsNullReason": row["conversions_null_reason"]
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
