"""The days behind a campaign's number, each with its batch, its receipts and the API's own row."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from psycopg import sql
from psycopg.rows import class_row

from orchestration.explain.metrics import Metric
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql


@dataclass(frozen=True, kw_only=True)
class DayTrail:
    """A campaign's day: the published value, the batch of the stored rows, and the API's own row.

    `stands` is the state of the stored rows, `batch_id` their batch, `confirmed_at` when an answer
    last said the same. `receipts` are all of the client-day at campaign level, oldest first.
    `named_types` are the action types that the account or its campaigns name that day.
    `mended_from` is the level that completed the row, `answered_row` the row before that. `refused`
    says why the latest reading was refused, if it was. `is_pruned`: the API's rows of the day
    are no longer kept, so nobody knows whether this campaign had one. `imported_from` and
    `imported_sha256` name the export that a person imported, where the rows come from one.
    """

    date_day: date
    published: Decimal | None
    is_published: bool
    publication_id: int | None
    published_at: datetime | None
    stands: str | None
    batch_id: int | None
    received_at: datetime | None
    confirmed_at: datetime | None
    read_for: date | None
    receipts: list[dict[str, Any]]
    named_types: list[str]
    api_row: dict[str, Any] | None
    mended_from: str | None
    answered_row: dict[str, Any] | None
    refused: str | None
    is_pruned: bool
    imported_from: str | None
    imported_sha256: str | None


def day_trails(
    connection: Connection, metric: Metric, client_id: str, month: date, campaign_id: str
) -> list[DayTrail]:
    """The days of a campaign that are published or that have a stored row of the API."""
    published: sql.Composable = sql.SQL("null::numeric")
    if metric.column is not None:
        published = sql.SQL("p.{}::numeric").format(sql.Identifier(metric.column))
    with connection.cursor(row_factory=class_row(DayTrail)) as cursor:
        cursor.execute(
            sql.SQL(read_sql(__file__, "day_trails")).format(published=published),
            {"client": client_id, "month": month, "campaign": campaign_id},
        )
        return cursor.fetchall()
