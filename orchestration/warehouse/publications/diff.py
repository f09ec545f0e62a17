"""What differs between the marts as two publications left them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

MONTHLY = ("monthly_campaign_metrics", "monthly_conversion_metrics")
DAILY = ("daily_campaign_performance",)
KEYS = ("client_id", "campaign_id", "month", "date_day", "conversion_family", "attribution_window")
"""The key columns of these marts, in the order of the output; each mart has some of them."""
OWN_KEYS = {
    "monthly_campaign_metrics": KEYS[:3],
    "monthly_conversion_metrics": (*KEYS[:3], *KEYS[4:]),
    "daily_campaign_performance": KEYS[:4],
}


@dataclass(frozen=True, kw_only=True)
class Change:
    """A metric that differs in a row; amounts are decimal text, None where the row is missing."""

    mart: str
    client_id: str
    campaign_id: str
    month: date
    date_day: date | None
    conversion_family: str | None
    attribution_window: str | None
    metric: str
    before: str | None
    after: str | None
    change: str


def changes(
    connection: Connection,
    before: int,
    after: int,
    client_ids: Sequence[str],
    *,
    with_days: bool = False,
) -> list[Change]:
    """What differs between two publications, by mart; either may be the earlier one."""
    values: dict[str, Any] = {"before": before, "after": after}
    values |= {"lower": min(before, after), "upper": max(before, after)}
    values |= {"clients": list(client_ids) or None}
    differences: list[Change] = []
    for mart in MONTHLY + (DAILY if with_days else ()):
        with connection.cursor(row_factory=class_row(Change)) as cursor:
            cursor.execute(statement(mart), values)
            differences += cursor.fetchall()
    return differences


def statement(mart: str) -> sql.Composed:
    """The query for what differs in a mart; `changes` gives its values."""
    own = OWN_KEYS[mart]
    dropped = [*own, "publication_id", "ended_publication_id"]
    return sql.SQL(read_sql(__file__, "changes_of_mart")).format(
        mart=sql.Identifier(mart),
        mart_name=sql.Literal(mart),
        keys=sql.SQL(", ").join(map(sql.Identifier, own)),
        names=sql.SQL("array[{}]").format(sql.SQL(", ").join(map(sql.Literal, dropped))),
        all_keys=sql.SQL(", ").join(
            sql.Identifier(key) if key in own else sql.SQL("null as {}").format(sql.Identifier(key))
            for key in KEYS
        ),
    )
