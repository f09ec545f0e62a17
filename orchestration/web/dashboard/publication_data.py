"""What the page of one publication shows: what it holds, and what it changed."""

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from orchestration.warehouse.publications import diff as publication_diff
from orchestration.web.database import Database

MOST_CHANGES = 200
MOST_CLIENT_MONTHS = 500
Rows = list[dict[str, Any]]

PUBLICATION = """
select
    p.*, b.as_of as business_time, b.started_at, b.is_full,
    e.publication_id as previous_id, e.pruned_at as previous_pruned_at,
    (
        select min(later.publication_id) from ops.publications as later
        where later.publication_id > p.publication_id
    ) as next_id
from ops.publications as p
left join lateral (
    select earlier.publication_id, earlier.pruned_at from ops.publications as earlier
    where earlier.publication_id < p.publication_id
    order by earlier.publication_id desc
    limit 1
) as e on true
left join ops.builds as b on p.build_id = b.build_id
where p.publication_id = %s
"""
MANIFEST = """
select
    client_id, month, count(*) as marts, sum(row_count) as row_count,
    max((sums ->> 'spend')::numeric) filter (where mart = 'monthly_campaign_metrics') as spend,
    max((sums ->> 'impressions')::numeric) filter (where mart = 'monthly_campaign_metrics')
        as impressions,
    max((sums ->> 'clicks')::numeric) filter (where mart = 'monthly_campaign_metrics') as clicks,
    count(*) over () as total
from ops.publication_manifest
where publication_id = %s
group by client_id, month
order by client_id, month
limit %s
"""
REOPENINGS = """
select client_id, month, changes, reopened_at from ops.reopenings
where publication_id = %s order by client_id, month
"""
LIMITED = sql.SQL("select c.*, count(*) over () as total from ({}) as c limit {}")


@dataclass(frozen=True)
class Changes:
    """Differences to the one before, at most 200 of `total`; `why_none`: it cannot be told."""

    rows: Rows
    total: int
    why_none: str = ""


async def publication(database: Database, publication_id: int) -> dict[str, Any] | None:
    """The publication; None: there is none."""
    return await database.row(PUBLICATION, [publication_id])


async def manifest(database: Database, publication_id: int) -> Rows:
    """What each client-month that it changed held afterwards."""
    return await database.rows(MANIFEST, [publication_id, MOST_CLIENT_MONTHS])


async def reopenings(database: Database, publication_id: int) -> Rows:
    """Final months that it changed."""
    return await database.rows(REOPENINGS, [publication_id])


async def changes(database: Database, found: dict[str, Any]) -> Changes:
    """What it changed against the publication before it, in the monthly marts."""
    before, after = found["previous_id"], found["publication_id"]
    if before is None:
        return Changes([], 0, "It is the first one: there is nothing to compare it with.")
    if found["pruned_at"] or found["previous_pruned_at"]:
        return Changes([], 0, "What one of the two showed was pruned and is no longer kept.")
    values = {"before": before, "after": after, "lower": before, "upper": after, "clients": None}
    rows: Rows = []
    total = 0
    try:
        async with database.connection() as connection:
            for mart in publication_diff.MONTHLY:
                limit = sql.Literal(max(MOST_CHANGES - len(rows), 1))
                # The same statement as `meta-ads publications diff`, cut off by the database.
                statement = LIMITED.format(publication_diff.statement(mart), limit)
                own = await (await connection.execute(statement, values)).fetchall()
                total += own[0]["total"] if own else 0
                rows += own
    except psycopg.errors.QueryCanceled:
        told = f"meta-ads publications diff {before} {after}"
        return Changes([], 0, f"There is too much to compare in a page: {told} has the time.")
    return Changes(rows[:MOST_CHANGES], total)
