"""A client's month for the KPI API: past months from the marts, the running one from its cache.

A value older than three hours is a miss: a refresh is asked for through the database, because this
server does not collect, and waited for; otherwise the old value is answered, marked stale.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from orchestration.current_month.cache import REFRESHER, REQUESTED
from orchestration.text import plain
from orchestration.web.api.counters import ReadCounters
from orchestration.web.database import Database

POLL_SECONDS = 0.1
"""How often a waiting read looks for the refreshed value."""

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

# The ratios are those of the marts (macros/ratio.sql); a test holds the two together.
CACHED = """
select
    c.client_id,
    to_char(ops.local_day(coalesce(c.timezone_name, 'UTC')), 'YYYY-MM') as running_month,
    to_char(k.month, 'YYYY-MM') as month,
    k.currency, k.publication_id, k.missing_days, k.until,
    k.refreshed_at < clock_timestamp() - interval '3 hours' as is_stale,
    ops.instant(k.refreshed_at) as refreshed_at,
    k.refreshed_at as refreshed_instant,
    k.spend, k.impressions, k.clicks, k.link_clicks, k.conversions, k.conversion_value,
    k.purchases, k.purchase_value, k.leads, k.conversions_null_reason,
    round(100 * k.clicks::numeric / nullif(k.impressions, 0), 6) as ctr,
    round(k.spend / nullif(k.clicks, 0), 6) as cpc,
    round(1000 * k.spend / nullif(k.impressions, 0), 6) as cpm,
    round(k.spend / nullif(k.conversions, 0), 6) as cost_per_conversion,
    round(k.purchase_value / nullif(k.spend, 0), 6) as roas,
    exists (select 1 from serving.cached_clients as r where r.client_id = c.client_id) as is_kept
from ops.clients as c
left join serving.current_month_cache as k on c.client_id = k.client_id
where c.client_id = %s
"""
PUBLISHED = """
select
    s.*, to_char(s.month, 'YYYY-MM') as month, ops.instant(p.published_at) as refreshed_at,
    ops.received_until(s.client_id, s.month) as until
from marts.monthly_client_summary as s
left join ops.publications as p on s.publication_id = p.publication_id
where s.client_id = %s and s.month = (%s || '-01')::date
"""
HAS_MARTS = "select to_regclass('marts.monthly_client_summary') is not null as has_marts"
# Asks once for any number of readers; not again within a minute of a refresh that failed.
REQUEST = """
with asked as (
    insert into serving.cache_refreshes as r (client_id, requested_at)
    values (%(client)s, clock_timestamp())
    on conflict (client_id) do update set requested_at = excluded.requested_at
    where coalesce(r.requested_at, '-infinity') <= coalesce(r.attempted_at, '-infinity')
        and (r.error is null or r.attempted_at < clock_timestamp() - interval '1 minute')
    returning client_id
)
select
    (select count(pg_notify(%(channel)s, client_id)) from asked) as asked,
    exists (
        select 1 from ops.heartbeats
        where name = %(refresher)s and ops.is_alive(beat_at, interval_seconds)
    ) as is_heard,
    exists (
        select 1 from serving.cache_refreshes
        where client_id = %(client)s and error is not null
            and attempted_at >= clock_timestamp() - interval '1 minute'
    ) as has_failed
"""


@dataclass(frozen=True)
class NoKpisError(Exception):
    """There is nothing to answer with; `may_come` says whether asking again makes sense."""

    reason: str
    may_come: bool = False


class KpiReader:
    """Reads months; `wait_seconds` is how long a miss waits for fresh figures."""

    def __init__(self, database: Database, counters: ReadCounters, wait_seconds: float) -> None:
        self._database, self._counters = database, counters
        self._wait_seconds = wait_seconds

    async def month(self, client_id: str, month: str | None) -> dict[str, Any]:
        """The KPIs of a month (`2026-11`), of the running one without.

        Raises:
            NoKpisError: no such client, or nothing is known of that month.
        """
        row = await self._database.row(CACHED, [client_id])
        if row is None:
            raise NoKpisError(f"there is no client {client_id}")
        month = month or row["running_month"]
        if month > row["running_month"]:
            raise NoKpisError(f"{month} has not begun")
        # What rests today has no figures of today: its running month is what is published.
        if month < row["running_month"] or not row["is_kept"]:
            published = await self._published(client_id, month)
            if published is None:
                raise NoKpisError(f"nothing of {client_id} is published for {month}")
            return published
        return await self._running(client_id, month, row)

    async def _running(self, client_id: str, month: str, row: Mapping[str, Any]) -> dict[str, Any]:
        if _is_fresh(row, month):
            self._counters.count("hits")
            return _cached(row)
        fresh = await self._refreshed(client_id, month, row["refreshed_instant"])
        if fresh is not None:
            self._counters.count("misses")
            return _cached(fresh)
        self._counters.count("stale")
        if row["month"] == month:
            return _cached(row) | {"isStale": True}
        published = await self._published(client_id, month)
        if published is None:
            raise NoKpisError(f"nothing of {client_id} is there for {month} yet", may_come=True)
        return published | {"isStale": True}

    async def _refreshed(self, client_id: str, month: str, before: Any) -> dict[str, Any] | None:
        """The row once it is refreshed; None if nobody does, or not in time."""
        names = {"channel": REQUESTED, "refresher": REFRESHER}
        asked = await self._database.row(REQUEST, {"client": client_id} | names)
        if asked is None or not asked["is_heard"] or (asked["has_failed"] and not asked["asked"]):
            return None
        deadline = monotonic() + self._wait_seconds
        while monotonic() < deadline:
            await asyncio.sleep(POLL_SECONDS)
            row = await self._database.row(CACHED, [client_id])
            if row is not None and row["refreshed_instant"] != before and _is_fresh(row, month):
                return row
        return None

    async def _published(self, client_id: str, month: str) -> dict[str, Any] | None:
        has_marts = await self._database.row(HAS_MARTS)
        if has_marts is None or not has_marts["has_marts"]:
            return None
        row = await self._database.row(PUBLISHED, [client_id, month])
        return None if row is None else _published(row)


def _is_fresh(row: Mapping[str, Any], month: str) -> bool:
    return row["month"] == month and row["is_stale"] is False


def _cached(row: Mapping[str, Any]) -> dict[str, Any]:
    return (
        _about(row, "cache")
        | {
            "monthState": "open",
            "isComplete": not row["missing_days"],
            "isStale": bool(row["is_stale"]),
        }
        | _measures(row)
    )


def _published(row: Mapping[str, Any]) -> dict[str, Any]:
    return (
        _about(row, "publication")
        | {
            "monthState": row["month_state"],
            "isComplete": row["is_complete"],
            "isStale": False,
        }
        | _measures(row)
    )


def _about(row: Mapping[str, Any], source: str) -> dict[str, Any]:
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
    """Exact decimals as text, in the names of the API."""
    return {_camel(name): None if row[name] is None else plain(row[name]) for name in MEASURES} | {
        "conversionsNullReason": row["conversions_null_reason"]
    }


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.title() for part in rest)
