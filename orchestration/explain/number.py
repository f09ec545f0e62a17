"""A published number of a client or a campaign, and the campaigns that it is made of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg import sql
from psycopg.rows import class_row

from orchestration.explain.metrics import CountedType, Metric
from orchestration.warehouse.connection import Connection


@dataclass(frozen=True, kw_only=True)
class PublishedNumber:
    """What the marts show for a client or a campaign; `value` is None where it is unknown."""

    value: Decimal | None
    null_reason: str | None
    currency: str | None
    publication_id: int
    published_at: datetime


@dataclass(frozen=True)
class CampaignLine:
    """A campaign's part of a client's number."""

    campaign_id: str
    campaign_name: str | None
    value: Decimal | None
    publication_id: int


OF_CLIENT = """
select
    {value} as value, s.conversions_null_reason as null_reason, s.currency, s.publication_id,
    p.published_at
from marts.monthly_client_summary as s
inner join ops.publications as p on s.publication_id = p.publication_id
where s.client_id = %(client)s and s.month = %(month)s
"""
OF_CAMPAIGN = """
select
    {value} as value, s.conversions_null_reason as null_reason, s.currency, s.publication_id,
    p.published_at
from marts.monthly_campaign_performance as s
inner join ops.publications as p on s.publication_id = p.publication_id
where s.client_id = %(client)s and s.month = %(month)s and s.campaign_id = %(campaign)s
"""
# A family that did not occur is zero where the conversions are known at all.
OF_FAMILY = """
coalesce(
    (select sum(f.conversions) from marts.monthly_conversion_metrics as f
     where f.client_id = s.client_id and f.month = s.month and f.attribution_window = 'default'
         and f.conversion_family = {family} {of_campaign}),
    case when s.conversions is not null then 0 end
)
"""
CAMPAIGNS = """
select s.campaign_id, s.campaign_name, {value} as value, s.publication_id
from marts.monthly_campaign_performance as s
where s.client_id = %(client)s and s.month = %(month)s
order by 3 desc nulls last, 1
"""


def published_number(
    connection: Connection, metric: Metric, client_id: str, month: date, campaign_id: str | None
) -> PublishedNumber | None:
    """The number of a client's or a campaign's month; None where nothing is published."""
    query = sql.SQL(OF_CLIENT if campaign_id is None else OF_CAMPAIGN)
    value = _monthly(metric, of_campaign=campaign_id is not None)
    with connection.cursor(row_factory=class_row(PublishedNumber)) as cursor:
        cursor.execute(
            query.format(value=value),
            {"client": client_id, "month": month, "campaign": campaign_id},
        )
        return cursor.fetchone()


def campaign_lines(
    connection: Connection, metric: Metric, client_id: str, month: date
) -> list[CampaignLine]:
    """What each campaign adds to the client's number, the largest part first."""
    with connection.cursor(row_factory=class_row(CampaignLine)) as cursor:
        cursor.execute(
            sql.SQL(CAMPAIGNS).format(value=_monthly(metric, of_campaign=True)),
            {"client": client_id, "month": month},
        )
        return cursor.fetchall()


def counted_types(connection: Connection, client_id: str, month: date) -> list[CountedType]:
    """The action types that the published month counts, by conversion family."""
    with connection.cursor(row_factory=class_row(CountedType)) as cursor:
        cursor.execute(
            "select distinct conversion_family, action_type, is_conversion "
            "from marts.monthly_conversion_metrics where client_id = %s and month = %s order by 1",
            [client_id, month],
        )
        return cursor.fetchall()


def campaigns_of(connection: Connection, client_id: str, month: date) -> Sequence[str]:
    """The ids of the campaigns that are published for the month."""
    rows = connection.execute(
        "select campaign_id from marts.monthly_campaign_performance "
        "where client_id = %s and month = %s order by 1",
        [client_id, month],
    )
    return [row[0] for row in rows]


def _monthly(metric: Metric, *, of_campaign: bool) -> sql.Composable:
    """The expression for a metric in a monthly mart called s."""
    if metric.column is not None:
        return sql.SQL("s.{}::numeric").format(sql.Identifier(metric.column))
    return sql.SQL(OF_FAMILY).format(
        family=sql.Literal(metric.family),
        of_campaign=sql.SQL("and f.campaign_id = s.campaign_id" if of_campaign else ""),
    )
