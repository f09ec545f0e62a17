"""What the monitoring page shows beside health, system, calendar, alerts: publications, sums."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.web.dashboard.charts import Chart, Point, bar_chart, months_of
from orchestration.web.database import Database

Rows = list[dict[str, Any]]

PUBLICATIONS = """
select
    publication_id, published_at, kind, restores, reason, client_months, rows_inserted, rows_ended
from ops.publications
order by publication_id desc
limit 10
"""
MARTS = "select to_regclass('marts.monthly_client_summary') is not null as are_there"
# The totals of months say nothing of days: read from the campaigns, which can be cut off by month.
# Sums of conversions stand for those that are known; `unknown_clients` says whether they are all.
TOTALS = """
select
    month, currency, sum(spend) as spend,
    coalesce(sum(conversions), 0) as known_conversions,
    count(distinct client_id) as clients,
    count(distinct client_id) filter (where conversions is null) as unknown_clients
from marts.monthly_campaign_performance
where month > date_trunc('month', ops.business_now()) - interval '13 months'
group by month, currency
order by month, currency
"""
TOTALS_KEY = """
select
    date_trunc('month', ops.business_now())::date as month,
    (select max(publication_id) from ops.publications) as publication_id
"""
RUNNING_MONTH = "select date_trunc('month', ops.business_now())::date as month"


@dataclass(frozen=True)
class Totals:
    """Charts over all clients: spend of each currency by itself, and conversions."""

    spend: list[Chart]
    conversions: Chart | None
    running: date


async def latest_publications(database: Database) -> Rows:
    """The last ten, newest first."""
    return await database.rows(PUBLICATIONS)


async def has_marts(database: Database) -> bool:
    """Whether anything was ever built."""
    found = await database.row(MARTS)
    return bool(found and found["are_there"])


async def running_month(database: Database) -> date:
    """The month of now, in UTC."""
    found = await database.row(RUNNING_MONTH)
    assert found is not None
    first: date = found["month"]
    return first


async def totals_key(database: Database) -> tuple[Any, ...]:
    """What changes when the sums do: the running month and the latest publication."""
    found = await database.row(TOTALS_KEY)
    return tuple(found.values()) if found else ()


async def totals(database: Database) -> Totals:
    """The last thirteen months of everything that is published."""
    running = await running_month(database)
    rows = await database.rows(TOTALS) if await has_marts(database) else []
    return Totals(spend_charts(rows, running), _conversions(rows, running), running)


def spend_charts(rows: Rows, running: date) -> list[Chart]:
    """A chart for each currency of rows with month, currency, spend: they are never added up."""
    currencies: dict[str, list[Point]] = {}
    for row in rows:
        currencies.setdefault(row["currency"], []).append(Point(row["month"], row["spend"]))
    months = months_of([point for points in currencies.values() for point in points], running)
    charts = [
        bar_chart(f"spend-{currency.lower()}", f"Spend in {currency}", currency, points, months)
        for currency, points in sorted(currencies.items())
    ]
    return [chart for chart in charts if chart is not None]


def conversions_chart(points: Sequence[Point], running: date) -> Chart | None:
    """A chart of conversions."""
    months = months_of(points, running)
    return bar_chart("conversions", "Conversions", "conversions", points, months)


def _conversions(rows: Rows, running: date) -> Chart | None:
    """Over all currencies, because a conversion is one in each of them."""
    points = []
    for month in sorted({row["month"] for row in rows}):
        own = [row for row in rows if row["month"] == month]
        known = sum((row["known_conversions"] for row in own), Decimal(0))
        unknown = sum(row["unknown_clients"] for row in own)
        clients = sum(row["clients"] for row in own)
        note = f"unknown for {unknown} of {clients} clients; what is known adds up to {known:,f}"
        points.append(Point(month, None, note) if unknown else Point(month, known))
    return conversions_chart(points, running)
