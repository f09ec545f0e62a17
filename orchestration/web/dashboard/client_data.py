"""Reads what the page of a client shows."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from orchestration.health.checks import DAYS_OF_CLIENT
from orchestration.warehouse.sql_files import read_sql
from orchestration.web.dashboard.charts import Chart, Point
from orchestration.web.dashboard.client_days import (
    DayLine,
    ViolationLine,
    day_lines,
    violation_lines,
)
from orchestration.web.dashboard.overview_data import (
    conversions_chart,
    has_marts,
    running_month,
    spend_charts,
)
from orchestration.web.database import Database

Rows = list[dict[str, Any]]

FACTS = read_sql(__file__, "client/client")
DAY_STATES = read_sql(__file__, "client/day_states")
MONTHS = read_sql(__file__, "client/months")
COLLECTED_MONTHS = read_sql(__file__, "client/collected_months")
RESTATEMENTS = read_sql(__file__, "client/restatements")
VIOLATIONS = read_sql(__file__, "client/violations")
BATCHES = read_sql(__file__, "client/batches")


@dataclass(frozen=True, kw_only=True)
class ClientPage:
    """The data of a client's page; months come newest first, with a row for each currency.

    `more_violations` is how many there are beside those in `violations`.
    """

    facts: dict[str, Any]
    days: list[DayLine]
    months: Rows
    restatements: Rows
    violations: list[ViolationLine]
    more_violations: int
    batches: Rows
    spend: list[Chart]
    conversions: Chart | None
    running: date


async def client_facts(database: Database, client_id: str) -> dict[str, Any] | None:
    """The client's entry and its pauses; None if there is no such client."""
    return await database.row(FACTS, [client_id])


async def client_page(database: Database, facts: dict[str, Any]) -> ClientPage:
    """Read the page of the client with these facts."""
    client_id = facts["client_id"]
    months = await database.rows(
        MONTHS if await has_marts(database) else COLLECTED_MONTHS, {"client": client_id}
    )
    published = [row for row in months if row["currency"] is not None]
    running = await running_month(database)
    violations = await database.rows(VIOLATIONS, [client_id])
    return ClientPage(
        facts=facts,
        days=day_lines(await database.rows(DAY_STATES, [DAYS_OF_CLIENT, client_id])),
        months=months,
        restatements=await database.rows(RESTATEMENTS, [client_id]),
        violations=violation_lines(violations),
        more_violations=violations[0]["total"] - len(violations) if violations else 0,
        batches=await database.rows(BATCHES, [client_id]),
        spend=spend_charts(published, running),
        conversions=conversions_chart(_conversions(published), running),
        running=running,
    )


def _conversions(months: Rows) -> list[Point]:
    """Conversions by month, over all currencies of the month; unknown if one of them is unknown."""
    by_month: dict[Any, Point] = {}
    for row in months:
        earlier = by_month.get(row["month"])
        value, note = row["conversions"], row["conversions_null_reason"] or ""
        if earlier is not None:
            is_known = earlier.value is not None and value is not None
            value, note = (earlier.value + value if is_known else None), earlier.note or note
        by_month[row["month"]] = Point(row["month"], value, note)
    return list(by_month.values())
