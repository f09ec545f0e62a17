"""What the page of one client shows."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.health.checks import DAYS_OF_CLIENT
from orchestration.web.dashboard.charts import Chart, Point
from orchestration.web.dashboard.overview_data import (
    conversions_chart,
    has_marts,
    running_month,
    spend_charts,
)
from orchestration.web.database import Database

Rows = list[dict[str, Any]]

FACTS = """
select
    c.*,
    (
        select coalesce(json_agg(p order by p.since desc), '[]')
        from (
            select since, until, reason from ops.client_pauses as p where p.client_id = c.client_id
        ) as p
    ) as pauses
from ops.clients as c
where c.client_id = %s
"""
DAY_STATES = """
select
    date_day, state, is_late, row_count, received_at, confirmed_at, last_attempt, attempted_at,
    reason, failed_attempts
from ops.day_states(%s, %s)
order by date_day desc
"""
# What is left out counts only while the data still wait to be published.
MONTHS = """
select
    m.month, s.month_state, s.days_received, s.days_owed, s.missing_days,
    t.currency, t.spend, t.conversions, t.conversions_null_reason, t.publication_id,
    m.published_version is distinct from m.version as is_waiting, l.left_out
from ops.client_months as m
left join marts.client_month_states as s on m.client_id = s.client_id and m.month = s.month
left join marts.monthly_client_summary as t
    on m.client_id = t.client_id and m.month = t.month and t.client_id = %(client)s
left join lateral ops.latest_build_of(m.client_id, m.month) as l
    on m.published_version is distinct from m.version
where m.client_id = %(client)s
order by m.month desc, t.currency
limit 60
"""
COLLECTED_MONTHS = """
select
    month, null as month_state, null as days_received, null as days_owed, null as missing_days,
    null as currency, null as spend, null as conversions, null as conversions_null_reason,
    null as publication_id, true as is_waiting, null as left_out
from ops.client_months where client_id = %(client)s order by month desc limit 60
"""
RESTATEMENTS = """
select date_day, metric, before, after, age_days, noted_at
from ops.restatements
where client_id = %s and before is not null
order by restatement_id desc
limit 50
"""
VIOLATIONS = """
select violation_id, date_day, rule, severity, detail, found_at, count(*) over () as total
from quarantine.violations
where client_id = %s and closed_at is null
order by severity, date_day desc nulls first, violation_id desc
limit 100
"""
BATCHES = """
select batch_id, since, until, run_id, state, api_calls, row_count, asked_at, finished_at
from ops.batches where client_id = %s order by batch_id desc limit 50
"""


@dataclass(frozen=True)
class ClientPage:
    """A client, for its page; months come newest first, a row for each currency."""

    facts: dict[str, Any]
    days: Rows
    months: Rows
    restatements: Rows
    violations: Rows
    batches: Rows
    spend: list[Chart]
    conversions: Chart | None
    running: date


async def client_facts(database: Database, client_id: str) -> dict[str, Any] | None:
    """What is known of the client; None: there is none."""
    return await database.row(FACTS, [client_id])


async def client_page(database: Database, facts: dict[str, Any]) -> ClientPage:
    """Everything that is known of the client with these facts."""
    client_id = facts["client_id"]
    months = await database.rows(
        MONTHS if await has_marts(database) else COLLECTED_MONTHS, {"client": client_id}
    )
    published = [row for row in months if row["currency"] is not None]
    running = await running_month(database)
    return ClientPage(
        facts,
        await database.rows(DAY_STATES, [DAYS_OF_CLIENT, client_id]),
        months,
        await database.rows(RESTATEMENTS, [client_id]),
        await database.rows(VIOLATIONS, [client_id]),
        await database.rows(BATCHES, [client_id]),
        spend_charts(published, running),
        conversions_chart(_conversions(published), running),
        running,
    )


def _conversions(months: Rows) -> list[Point]:
    """By month, over the currencies that an account had in it; one unknown makes all unknown."""
    by_month: dict[Any, Point] = {}
    for row in months:
        earlier = by_month.get(row["month"])
        value, note = row["conversions"], row["conversions_null_reason"] or ""
        if earlier is not None:
            is_known = earlier.value is not None and value is not None
            value, note = (earlier.value + value if is_known else None), earlier.note or note
        by_month[row["month"]] = Point(row["month"], value, note)
    return list(by_month.values())
