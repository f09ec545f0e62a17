"""How much room the tables take, how fast they grow, and what retention would free."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import LiteralString

from psycopg.rows import class_row, dict_row

from orchestration.retention.files import old_files
from orchestration.retention.rules import RULES, Rule
from orchestration.settings import Settings
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

SAMPLED_PAGES = 2000
"""So many pages of a table are read to estimate which share of it would go: 16 MB."""
MONTH = timedelta(days=30.44)
LEAST_AGE = timedelta(days=1)
"""From the rows of fewer hours no growth is estimated."""
FIRST_BATCH: LiteralString = "select asked_at from ops.batches order by batch_id limit 1"
BY_BATCH: LiteralString = (
    "select asked_at from ops.batches where batch_id = (select min(batch_id) from {table})"
)
OLDEST: dict[str, LiteralString] = {
    "landing.insights": BY_BATCH,
    "landing.witness_rows": BY_BATCH,
    "quarantine.insights": BY_BATCH,
    "ops.receipts": "select received_at from {table} order by receipt_id limit 1",
    "quarantine.violations": "select found_at from {table} order by violation_id limit 1",
    "ops.alert_messages": "select created_at from {table} order by message_id limit 1",
    "ops.build_client_months": "select started_at from ops.builds where build_id = "
    "(select min(build_id) from {table})",
    "serving.cache_reads": "select min(minute) from {table}",
}
"""When the oldest row of a table was written. What is not here is as old as the first batch."""


@dataclass(frozen=True)
class Table:
    """A table with its indexes: size in bytes, and how many rows the server believes it has."""

    name: str
    size: int
    rows: int
    pages: int


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """What a rule would delete or fold now; `rows` is exact where the whole table was read."""

    rule: Rule
    days: int
    rows: int
    frees: int
    is_exact: bool


@dataclass(frozen=True, kw_only=True)
class TableReport:
    """A table, its growth in bytes a month (None: too young to say), and what retention frees."""

    table: Table
    growth: int | None
    estimate: Estimate | None


@dataclass(frozen=True, kw_only=True)
class Storage:
    """All tables, the largest first; `old_files` are files that retention would delete."""

    tables: Sequence[TableReport]
    old_files: Sequence[Path]

    @property
    def size(self) -> int:
        """The size of all tables in bytes."""
        return sum(report.table.size for report in self.tables)

    @property
    def frees(self) -> int:
        """The bytes that retention would free."""
        return sum(report.estimate.frees for report in self.tables if report.estimate)


def measure(connection: Connection, settings: Settings) -> Storage:
    """Measure all tables. Reads little: what would go is estimated from a sample of pages."""
    with connection.cursor(row_factory=class_row(Table)) as cursor:
        tables = cursor.execute(read_sql(__file__, "tables")).fetchall()
    rules = {rule.table: rule for rule in RULES}
    reports = [
        TableReport(
            table=table,
            growth=_growth(connection, settings, table),
            estimate=_estimate(connection, settings, rules.get(table.name), table),
        )
        for table in tables
    ]
    return Storage(tables=reports, old_files=[*old_files(settings)])


def _growth(connection: Connection, settings: Settings, table: Table) -> int | None:
    age = _age(connection, table.name)
    if age is None or age < LEAST_AGE:
        return None
    if table.name.startswith("dagster_records."):
        age = min(age, timedelta(days=settings.dagster_days))
    return int(table.size * (MONTH / age))


def _age(connection: Connection, table: str) -> timedelta | None:
    statement = OLDEST.get(table, FIRST_BATCH).replace("{table}", table)
    row = connection.execute(f"select clock_timestamp(), ({statement})".encode()).fetchone()
    assert row is not None
    now: datetime = row[0]
    oldest: datetime | None = row[1]
    return None if oldest is None else now - oldest


def _estimate(
    connection: Connection, settings: Settings, rule: Rule | None, table: Table
) -> Estimate | None:
    """What a rule would free of its table; None without a rule."""
    if rule is None:
        return None
    days = rule.days(settings)
    percent = min(100.0, 100.0 * SAMPLED_PAGES / max(table.pages, 1))
    if not days or not table.pages:
        return Estimate(rule=rule, days=days, rows=0, frees=0, is_exact=True)
    values = rule.values(settings) | {"percent": percent}
    with connection.cursor(row_factory=dict_row) as cursor:
        counts = cursor.execute(rule.estimate(), values).fetchone()
    assert counts is not None
    share = counts["old_rows"] / counts["all_rows"] if counts["all_rows"] else 0.0
    return Estimate(
        rule=rule,
        days=days,
        rows=round(counts["old_rows"] * 100 / percent),
        frees=round(table.size * share * rule.frees),
        is_exact=percent == 100.0,
    )
