"""What `/metrics` shows, as rows: what the checks say, and one bounded query for each other source.

Where a check has a figure, it is taken from there, so that the two never disagree. Client-days come
from the latest 35 due days by the primary key of `ops.slice_state`; batches and rows are not read.
"""

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from psycopg import sql

from orchestration.health.checks import DAYS_OF_CLIENT, Health, unreachable
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
"""What ops.day_states calls a day."""
STATUSES = ("pass", "warning", "fail")
OVERALL = ("healthy", "degraded", "unhealthy")

Rows = Sequence[Mapping[str, Any]]
Sources = Mapping[str, Rows]
"""Rows by the name of what they were read from; a source that is not there has nothing to say."""
log = logging.getLogger(__name__)

# One reading of the days: a row for each client and state, and one for each client (state null).
CLIENTS = """
select
    c.client_id as client, d.state, grouping(d.state) = 1 as is_total, count(d.date_day) as days,
    extract(epoch from clock_timestamp() - max(d.confirmed_at) filter (
        where d.stands in ('received', 'empty')
    )) as age
from ops.clients as c
left join ops.day_states(%(days)s, null) as d on c.client_id = d.client_id
where c.is_listed
group by grouping sets ((c.client_id), (c.client_id, d.state))
order by c.client_id
"""
API_USAGE = """
select
    u.client_id as client, u.calls_total as calls, u.throttled_total as throttled,
    u.account_percent / 100 as account_share, u.app_percent / 100 as app_share
from ops.api_usage as u
inner join ops.clients as c on u.client_id = c.client_id and c.is_listed
order by u.client_id
"""
PUBLICATION = """
select
    extract(epoch from clock_timestamp() - p.published_at) as age,
    extract(epoch from b.finished_at - b.started_at) as duration,
    p.client_months, p.rows_inserted, p.rows_ended
from ops.publications as p
left join ops.builds as b on p.build_id = b.build_id
order by p.publication_id desc
limit 1
"""
PUBLICATIONS = "select count(*) as publications from ops.publications"
ALERTS = """
select s.severity, t.state, count(a.alert_id) as alerts
from unnest(array['critical', 'high', 'medium', 'low']) as s (severity)
cross join unnest(array['open', 'acknowledged']) as t (state)
left join ops.alerts as a
    on s.severity = a.severity and t.state = a.state and a.state <> 'resolved'
group by s.severity, t.state
order by s.severity, t.state
"""
ALERTS_BY_RULE = """
select rule, severity, state, count(*) as alerts
from ops.alerts
where state <> 'resolved'
group by rule, severity, state
order by rule, severity, state
limit 500
"""
ALERT_MESSAGES = """
with counted as (
    select destination, state, count(*) as messages
    from ops.alert_messages
    group by destination, state
)

select n.destination, s.state, coalesce(c.messages, 0) as messages
from (select destination from ops.alert_destinations union select destination from counted) as n
cross join unnest(array['waiting', 'sent', 'refused', 'expired']) as s (state)
left join counted as c on n.destination = c.destination and s.state = c.state
order by n.destination, s.state
"""
# What quiet hours hold back is not late.
ALERT_DESTINATIONS = """
select
    d.destination,
    d.is_on::integer as is_on,
    (d.is_on and d.failing_since is not null)::integer as is_failing,
    extract(epoch from clock_timestamp() - d.sent_at) as age,
    coalesce((
        select extract(epoch from clock_timestamp() - min(m.created_at))
        from ops.alert_messages as m
        where m.destination = d.destination and m.state = 'waiting'
            and (m.attempts > 0 or m.not_before <= clock_timestamp())
    ), 0) as oldest
from ops.alert_destinations as d
order by d.destination
"""
RECOVERY_LOG = sql.SQL(
    """
    select k.kind, count(e.entry) as entries
    from unnest(array['collection', 'refusal', 'build', 'run', 'message']) as k (kind)
    left join ({entries}) as e on k.kind = e.kind
    group by k.kind
    order by k.kind
    """
).format(entries=OPEN_ENTRIES)
CACHE_READS = """
select k.result, k.reads
from (
    select
        coalesce(sum(hits), 0) as hits,
        coalesce(sum(misses), 0) as misses,
        coalesce(sum(stale), 0) as stale
    from serving.cache_reads
) as r
cross join lateral (
    values ('hit', r.hits), ('miss', r.misses), ('stale', r.stale)
) as k (result, reads)
"""
CACHES = """
select
    c.client_id as client,
    extract(epoch from clock_timestamp() - k.refreshed_at) as age
from serving.cached_clients as c
inner join serving.current_month_cache as k on c.client_id = k.client_id
order by c.client_id
"""
HEARTBEATS = """
select
    name,
    extract(epoch from clock_timestamp() - beat_at) as age,
    interval_seconds as interval
from ops.heartbeats
order by name
limit 100
"""
QUERIES: Mapping[str, Query] = {
    "clients": CLIENTS,
    "api_usage": API_USAGE,
    "publication": PUBLICATION,
    "publications": PUBLICATIONS,
    "alerts": ALERTS,
    "alerts_by_rule": ALERTS_BY_RULE,
    "alert_messages": ALERT_MESSAGES,
    "alert_destinations": ALERT_DESTINATIONS,
    "recovery_log": RECOVERY_LOG,
    "cache_reads": CACHE_READS,
    "caches": CACHES,
    "heartbeats": HEARTBEATS,
}


async def read_sources(database: Database, snapshot: Snapshot) -> Sources:
    """Everything that the metrics are made of.

    While the warehouse cannot be asked, that is all there is: nothing else is known then.
    """
    health = await snapshot.health()
    if not health.is_reachable:
        return _of_health(health)
    found: dict[str, Rows] = {}
    try:
        async with database.connection() as connection:
            for name, query in QUERIES.items():
                cursor = await connection.execute(query, {"days": DAYS_OF_CLIENT})
                found[name] = await cursor.fetchall()
    except UNREACHABLE as error:
        log.warning("The warehouse cannot be asked: %s", type(error).__name__)
        return _of_health(unreachable(error))
    return {
        **found,
        **_of_clients(found["clients"]),
        **_of_publication(found["publication"]),
        **_of_health(health),
    }


def _of_health(health: Health) -> Sources:
    """What the checks say, and the figures that they have already counted."""
    known = health.checks if health.is_reachable else {"warehouse": health.checks["warehouse"]}
    sources: dict[str, Rows] = {
        "up": [{"up": int(health.is_reachable)}],
        "health": [{"status": one, "is": int(one == health.overall)} for one in OVERALL],
        "checks": [
            {"check": name, "status": one, "is": int(one == told["status"])}
            for name, told in known.items()
            for one in STATUSES
        ],
    }
    if health.is_reachable:
        counted = {
            "split_issues": health.checks["splitData"]["issueCount"],
            "waiting_months": health.checks["publication"]["waitingCount"],
            "quarantined_days": health.checks["quarantine"]["waitingCount"],
            "failed_collections": health.checks["failedCollections"]["openCount"],
        }
        sources["counted"] = [counted]
    return sources


def _of_clients(rows: Rows) -> Sources:
    """The totals of the clients, and each client's days by state, also where it has none.

    A series that comes and goes cannot be compared with what it was.
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
    """The rows that the latest publication changed, by what became of them."""
    return {
        "publication_rows": [
            {"kind": kind, "rows": row[f"rows_{kind}"]}
            for row in rows
            for kind in ("inserted", "ended")
        ]
    }
