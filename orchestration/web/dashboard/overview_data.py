"""Reads the latest publications and the totals of all clients for the monitoring page."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from orchestration.warehouse.sql_files import read_sql
from orchestration.web.dashboard.charts import Chart, Point, bar_chart, months_of
from orchestration.web.database import Database

Rows = list[dict[str, Any]]

PUBLICATIONS = read_sql(__file__, "publications/latest")
HAS_MARTS = "select to_regclass('marts.monthly_client_summary') is not null as has_marts"
TOTALS = read_sql(__file__, "publications/totals")
TOTALS_KEY = read_sql(__file__, "publications/totals_key")
RUNNING_MONTH = "select date_trunc('month', ops.business_now())::date as month"


@dataclass(frozen=True)
class Totals:
    """Charts of all clients: the spend in each currency, and the conversions."""

    spend: list[Chart]
    conversions: Chart | None
    running: date


async def latest_publications(database: Database) -> Rows:
    """The latest ten publications, newest first."""
    return await database.rows(PUBLICATIONS)


async def has_marts(database: Database) -> bool:
    """Whether the marts exist: not before the first build."""
    row = await database.row(HAS_MARTS)
    return bool(row and row["has_marts"])


async def running_month(database: Database) -> date:
    """The first day of the current month in UTC."""
    row = await database.row(RUNNING_MONTH)
    assert row is not None
    first: date = row["month"]
    return first


async def totals_key(database: Database) -> tuple[Any, ...]:
    """The running month and the latest publication: the totals change only with them."""
    row = await database.row(TOTALS_KEY)
    return tuple(row.values()) if row else ()


async def totals(database: Database) -> Totals:
    """Read the totals of the last thirteen months, as published."""
    running = await running_month(database)
    rows = await database.rows(TOTALS) if await has_marts(database) else []
    return Totals(spend_charts(rows, running), _conversions(rows, running), running)


def spend_charts(rows: Rows, running: date) -> list[Chart]:
    """A chart for each currency of these rows: amounts in two currencies are never added up."""
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
    """A chart of conversions; None if no month has a point."""
    months = months_of(points, running)
    return bar_chart("conversions", "Conversions", "conversions", points, months)


def _conversions(rows: Rows, running: date) -> Chart | None:
    """Conversions by month, added up over all currencies."""
    points = []
    for month in sorted({row["month"] for row in rows}):
        own = [row for row in rows if row["month"] == month]
        known = sum((row["known_conversions"] for row in own), Decimal(0))
        unknown = sum(row["unknown_clients"] for row in own)
        clients = sum(row["clients"] for row in own)
        note = f"unknown for {unknown} of {clients} clients; what is known adds up to {known:,f}"
        points.append(Point(month, None, note) if unknown else Point(month, known))
    return conversions_chart(points, running)
