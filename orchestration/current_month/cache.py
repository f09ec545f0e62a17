"""Reads and writes the cache of the running month, and the requests to refresh it."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal

from psycopg.rows import class_row, dict_row

from orchestration.process.owner import owner_is_dead
from orchestration.warehouse.connection import Connection, storable
from orchestration.warehouse.sql_files import read_sql

REQUESTED = "meta_ads_refresh_requested"
"""The channel on which the KPI API asks for a refresh after it read a value that is too old."""
REFRESHER = "cache_refresher"
"""The heartbeat of a process that listens on that channel."""
LEASE_SECONDS = 300
"""After this time another refresher takes a request over: the first one hangs, or its machine is
gone."""


@dataclass(frozen=True)
class RunningMonth:
    """A client's running month.

    Attributes:
        month: its first day.
        today: in the account's time zone.
        first_day: the first day of the month that the ad account can be asked for.
    """

    client_id: str
    month: date
    today: date
    first_day: date


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Sums of some days. Conversions that are not known are None, with a reason."""

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

    def __add__(self, other: "Figures") -> "Figures":
        """The sums of both; a figure that one of them does not know is unknown.

        The reason is that of the first.
        """
        return Figures(
            spend=self.spend + other.spend,
            impressions=self.impressions + other.impressions,
            clicks=self.clicks + other.clicks,
            link_clicks=self.link_clicks + other.link_clicks,
            conversions=_sum(self.conversions, other.conversions),
            conversion_value=_sum(self.conversion_value, other.conversion_value),
            purchases=_sum(self.purchases, other.purchases),
            purchase_value=_sum(self.purchase_value, other.purchase_value),
            leads=_sum(self.leads, other.leads),
            conversions_null_reason=self.conversions_null_reason,
        )


def _sum(one: Decimal | None, other: Decimal | None) -> Decimal | None:
    return None if one is None or other is None else one + other


@dataclass(frozen=True, kw_only=True)
class PublishedPart:
    """The published days of a month; `received_until` is the last of them."""

    figures: Figures
    currency: str
    publication_id: int
    received_until: date | None
    missing_days: list[date]


@dataclass(frozen=True, kw_only=True)
class CacheRow:
    """A row of `serving.current_month_cache`.

    Attributes:
        fresh_since: the first day that was asked for just now; the days before are published.
        publication_id: of the published days; None if there are none.
        missing_days: days of which nothing is in the figures.
        refreshed_at: when the refresh began.
    """

    running: RunningMonth
    currency: str
    fresh_since: date
    publication_id: int | None
    missing_days: Sequence[date]
    figures: Figures
    refreshed_at: datetime


def running_months(connection: Connection, client_ids: Sequence[str]) -> list[RunningMonth]:
    """Running months of those of the clients that the cache is kept for, oldest value first."""
    with connection.cursor(row_factory=class_row(RunningMonth)) as cursor:
        cursor.execute(read_sql(__file__, "running_months"), {"client_ids": list(client_ids)})
        return cursor.fetchall()


def published_part(connection: Connection, running: RunningMonth) -> PublishedPart | None:
    """What the marts show of a client's running month; None if they show nothing."""
    with connection.cursor(row_factory=dict_row) as cursor:
        cursor.execute(
            read_sql(__file__, "published_part"),
            {"client_id": running.client_id, "month": running.month},
        )
        row = cursor.fetchone()
    if row is None:
        return None
    figures = Figures(**{field.name: row.pop(field.name) for field in fields(Figures)})
    return PublishedPart(figures=figures, **row)


def write_row(connection: Connection, row: CacheRow) -> None:
    """Replace a client's row, unless a row that was asked for later is there. One transaction."""
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
        connection.execute(read_sql(__file__, "write_row"), values)
        note_refresh(connection, row.running.client_id, row.refreshed_at, None)


def note_refresh(
    connection: Connection, client_id: str, begun_at: datetime, error: str | None
) -> None:
    """Store how a refresh ended; it answers the requests that were made before it began."""
    connection.execute(
        "insert into serving.cache_refreshes as r (client_id, attempted_at, error) "
        "values (%s, %s, %s) on conflict (client_id) do update "
        "set (attempted_at, error, lease_owner, leased_until) "
        "= (excluded.attempted_at, excluded.error, null, null) "
        "where r.attempted_at is null or r.attempted_at <= excluded.attempted_at",
        [client_id, begun_at, storable(error) if error else None],
    )


def claim_requests(connection: Connection, owner: str) -> list[str]:
    """Clients whose refresh was requested and not tried since: this refresher's work from now on.

    Another one, of this machine or another, takes it over once this process is gone, or after
    LEASE_SECONDS.
    """
    owners = connection.execute(
        "select distinct lease_owner from serving.cache_refreshes "
        "where leased_until > clock_timestamp()"
    ).fetchall()
    dead = [owner for (owner,) in owners if owner_is_dead(owner)]
    rows = connection.execute(
        read_sql(__file__, "claim_requests"),
        {"owner": owner, "seconds": LEASE_SECONDS, "dead": dead},
    )
    return sorted(client_id for (client_id,) in rows)


def close_requests(
    connection: Connection, client_ids: Sequence[str], reason: str, until: datetime
) -> None:
    """Note for requests made until an instant, if no refresh answered them, why none did.

    Otherwise they would be answered again and again.
    """
    connection.execute(
        "update serving.cache_refreshes set (attempted_at, error, lease_owner, leased_until) "
        "= (clock_timestamp(), %s, null, null) "
        "where client_id = any(%s) and requested_at > coalesce(attempted_at, '-infinity') "
        "and requested_at <= %s",
        [storable(reason), list(client_ids), until],
    )
