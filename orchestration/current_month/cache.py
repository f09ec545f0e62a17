"""The cache of the running month: what is published of it, and the figures that replace a row."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg.rows import class_row

from orchestration.warehouse.connection import Connection, storable

REQUESTED = "meta_ads_refresh_requested"
"""The channel on which a read that found nothing fresh says so."""
REFRESHER = "cache_refresher"
"""The heartbeat of a process that listens there."""


@dataclass(frozen=True)
class RunningMonth:
    """A client's running month: its first day, and today in the account's zone."""

    client_id: str
    month: date
    today: date
    first_day: date


@dataclass(frozen=True)
class Figures:
    """Sums of some days; conversions are None, with a reason, where they are not known."""

    spend: Decimal = Decimal(0)
    impressions: int = 0
    clicks: int = 0
    link_clicks: int = 0
    conversions: Decimal | None = Decimal(0)
    conversion_value: Decimal | None = Decimal(0)
    purchases: Decimal | None = Decimal(0)
    purchase_value: Decimal | None = Decimal(0)
    leads: Decimal | None = Decimal(0)
    conversions_null_reason: str | None = None


@dataclass(frozen=True)
class PublishedPart:
    """What is published of a month; `received_until` is the last day that it holds."""

    figures: Figures
    currency: str
    publication_id: int
    received_until: date | None
    missing_days: list[date]


@dataclass(frozen=True)
class CacheRow:
    """A row of `serving.current_month_cache`; `refreshed_at` is when it was asked for."""

    running: RunningMonth
    currency: str
    fresh_since: date
    publication_id: int | None
    missing_days: Sequence[date]
    figures: Figures
    refreshed_at: datetime


def running_months(connection: Connection, client_ids: Sequence[str]) -> list[RunningMonth]:
    """Those of the clients whose running month is kept fresh, oldest value first."""
    with connection.cursor(row_factory=class_row(RunningMonth)) as cursor:
        cursor.execute(
            """
            select
                r.client_id, r.month, r.today,
                greatest(
                    r.month, c.starts_on, c.account_since, ops.earliest_day(c.timezone_name)
                ) as first_day
            from serving.cached_clients as r
            inner join ops.clients as c on r.client_id = c.client_id
            left join serving.current_month_cache as k on r.client_id = k.client_id
            where r.client_id = any(%s)
            order by k.refreshed_at nulls first, r.client_id
            """,
            [list(client_ids)],
        )
        return cursor.fetchall()


def published_part(connection: Connection, running: RunningMonth) -> PublishedPart | None:
    """What the marts show of a client's running month; None where there is nothing."""
    row = connection.execute(
        """
        select
            s.spend, s.impressions, s.clicks, s.link_clicks, s.conversions, s.conversion_value,
            s.purchases, s.purchase_value, s.leads, s.conversions_null_reason,
            s.currency, s.publication_id, ops.received_until(s.client_id, s.month), s.missing_days
        from marts.monthly_client_summary as s
        where s.client_id = %s and s.month = %s
        """,
        [running.client_id, running.month],
    ).fetchone()
    if row is None:
        return None
    return PublishedPart(Figures(*row[:10]), *row[10:])


def write_row(connection: Connection, row: CacheRow) -> None:
    """Replace a client's row, unless one that was asked for later is there. One transaction."""
    values = vars(row.figures) | {
        "client_id": row.running.client_id,
        "month": row.running.month,
        "until": row.running.today,
        "currency": row.currency,
        "fresh_since": row.fresh_since,
        "publication_id": row.publication_id,
        "missing_days": list(row.missing_days),
        "refreshed_at": row.refreshed_at,
    }
    with connection.transaction():
        connection.execute(
            """
            insert into serving.current_month_cache as k (
                client_id, month, currency, until, fresh_since, publication_id, missing_days,
                spend, impressions, clicks, link_clicks, conversions, conversion_value, purchases,
                purchase_value, leads, conversions_null_reason, refreshed_at
            )
            values (
                %(client_id)s, %(month)s, %(currency)s, %(until)s, %(fresh_since)s,
                %(publication_id)s, %(missing_days)s::date[], %(spend)s, %(impressions)s,
                %(clicks)s, %(link_clicks)s, %(conversions)s, %(conversion_value)s, %(purchases)s,
                %(purchase_value)s, %(leads)s, %(conversions_null_reason)s, %(refreshed_at)s
            )
            on conflict (client_id) do update set (
                month, currency, until, fresh_since, publication_id, missing_days, spend,
                impressions, clicks, link_clicks, conversions, conversion_value, purchases,
                purchase_value, leads, conversions_null_reason, refreshed_at
            ) = (
                excluded.month, excluded.currency, excluded.until, excluded.fresh_since,
                excluded.publication_id, excluded.missing_days, excluded.spend,
                excluded.impressions, excluded.clicks, excluded.link_clicks, excluded.conversions,
                excluded.conversion_value, excluded.purchases, excluded.purchase_value,
                excluded.leads, excluded.conversions_null_reason, excluded.refreshed_at
            )
            where k.refreshed_at <= excluded.refreshed_at
            """,
            values,
        )
        note_refresh(connection, row.running.client_id, row.refreshed_at, None)


def note_refresh(
    connection: Connection, client_id: str, begun_at: datetime, error: str | None
) -> None:
    """How a refresh that began at an instant ended: requests of before are answered by it."""
    connection.execute(
        "insert into serving.cache_refreshes as r (client_id, attempted_at, error) "
        "values (%s, %s, %s) on conflict (client_id) do update "
        "set (attempted_at, error) = (excluded.attempted_at, excluded.error) "
        "where r.attempted_at is null or r.attempted_at <= excluded.attempted_at",
        [client_id, begun_at, storable(error) if error else None],
    )


def requested_refreshes(connection: Connection) -> list[str]:
    """Clients whose refresh was asked for and not tried since."""
    found = connection.execute(
        "select client_id from serving.cache_refreshes "
        "where requested_at > coalesce(attempted_at, '-infinity') order by requested_at"
    )
    return [row[0] for row in found]


def database_clock(connection: Connection) -> datetime:
    """The real clock of the database, by which requests are noted."""
    row = connection.execute("select clock_timestamp()").fetchone()
    assert row is not None
    at: datetime = row[0]
    return at
