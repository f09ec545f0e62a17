"""The earlier values of a published number, and what made each publication change its month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg import sql
from psycopg.rows import class_row

from orchestration.explain.metrics import Metric
from orchestration.text import days_in_words
from orchestration.warehouse.connection import Connection

MOST_DAYS = 5
"""Restated days that a reason spells out."""

# The rows of a mart that a publication showed are those between their first and their last one.
STEPS = """
with changing as (
    select distinct publication_id from ops.publication_manifest
    where client_id = %(client)s and month = %(month)s
),
amounts as (
    select publication_id, null::bigint as ended, {amount} as amount
    from published.{mart} as r
    where client_id = %(client)s and month = %(month)s and {condition}
        and campaign_id = coalesce(%(campaign)s, campaign_id)
    union all
    select publication_id, ended_publication_id, {amount}
    from history.{mart} as r
    where client_id = %(client)s and month = %(month)s and {condition}
        and campaign_id = coalesce(%(campaign)s, campaign_id)
),
campaigns as (
    select publication_id, null::bigint as ended, days_without_receipt,
        days_of_unnamed_results
    from published.monthly_campaign_metrics
    where client_id = %(client)s and month = %(month)s
        and campaign_id = coalesce(%(campaign)s, campaign_id)
    union all
    select publication_id, ended_publication_id, days_without_receipt, days_of_unnamed_results
    from history.monthly_campaign_metrics
    where client_id = %(client)s and month = %(month)s
        and campaign_id = coalesce(%(campaign)s, campaign_id)
),
months as (
    select publication_id, null::bigint as ended, received_days from published.client_months
    where client_id = %(client)s and month = %(month)s
    union all
    select publication_id, ended_publication_id, received_days from history.client_months
    where client_id = %(client)s and month = %(month)s
)
select
    p.publication_id, p.published_at, p.kind, p.restores, p.reason, o.changes as reopened,
    p.pruned_at is not null as is_pruned,
    b.rules_hash is distinct from (
        select e.rules_hash from ops.builds as e
        where e.build_id < p.build_id and e.state in ('published', 'unchanged')
        order by e.build_id desc limit 1
    ) as has_other_rules,
    case
        when p.pruned_at is not null then null
        when {is_conversion} and c.unknown > 0 then null
        when %(campaign)s::text is not null and c.campaigns = 0 then null
        else coalesce(a.amount, 0)
    end as value,
    coalesce(m.received_days, '{{}}') as received_days
from changing
inner join ops.publications as p using (publication_id)
left join ops.builds as b on p.build_id = b.build_id
left join ops.reopenings as o
    on o.publication_id = p.publication_id and o.client_id = %(client)s and o.month = %(month)s
cross join lateral (
    select sum(a.amount) as amount from amounts as a
    where a.publication_id <= p.publication_id
        and (a.ended is null or a.ended > p.publication_id)
) as a
cross join lateral (
    select count(*) as campaigns, count(*) filter (
        where c.days_without_receipt > 0 or c.days_of_unnamed_results > 0
    ) as unknown
    from campaigns as c
    where c.publication_id <= p.publication_id
        and (c.ended is null or c.ended > p.publication_id)
) as c
left join lateral (
    select m.received_days from months as m
    where m.publication_id <= p.publication_id
        and (m.ended is null or m.ended > p.publication_id)
    limit 1
) as m on true
order by p.publication_id
"""


@dataclass(frozen=True)
class Step:
    """A publication that changed the client-month, with the value as of it; None: unknown.

    `has_other_rules` says that its build followed other rules than the one before.
    """

    publication_id: int
    published_at: datetime
    kind: str
    restores: int | None
    reason: str | None
    reopened: str | None
    is_pruned: bool
    has_other_rules: bool
    value: Decimal | None
    received_days: list[date]


@dataclass(frozen=True)
class Restatement:
    """What a re-read changed of a client's day, summed over its campaigns."""

    date_day: date
    metric: str
    before: Decimal
    after: Decimal
    age_days: int
    batch_id: int
    noted_at: datetime


@dataclass(frozen=True)
class EarlierValue:
    """The value as of a publication, and in words why the month was published then."""

    publication_id: int
    published_at: datetime
    kind: str
    value: Decimal | None
    is_pruned: bool
    reasons: list[str]


def earlier_values(
    connection: Connection, metric: Metric, client_id: str, month: date, campaign_id: str | None
) -> list[EarlierValue]:
    """The value as of every publication that changed the client-month, oldest first."""
    values = {"client": client_id, "month": month, "campaign": campaign_id}
    with connection.cursor(row_factory=class_row(Step)) as cursor:
        steps = cursor.execute(_steps(metric), values).fetchall()
    with connection.cursor(row_factory=class_row(Restatement)) as others:
        restated = others.execute(
            """
            select date_day, metric, before, coalesce(after, 0) as after, age_days, batch_id,
                noted_at
            from ops.restatements
            where client_id = %(client)s and date_trunc('month', date_day) = %(month)s
                and before is not null
            order by restatement_id
            """,
            values,
        ).fetchall()
    return [
        EarlierValue(
            step.publication_id,
            step.published_at,
            step.kind,
            step.value,
            step.is_pruned,
            _reasons(metric, steps[place - 1] if place else None, step, restated),
        )
        for place, step in enumerate(steps)
    ]


def _steps(metric: Metric) -> sql.Composed:
    condition: sql.Composable = sql.SQL("true")
    amount = metric.name
    mart = "monthly_campaign_metrics"
    if metric.array is not None:
        mart, amount = "monthly_conversion_metrics", metric.amount
        condition = sql.SQL("attribution_window = 'default' and {}").format(
            sql.SQL("conversion_family = {}").format(sql.Literal(metric.family))
            if metric.family
            else sql.SQL("is_conversion")
        )
    return sql.SQL(STEPS).format(
        amount=sql.Identifier(amount),
        mart=sql.Identifier(mart),
        condition=condition,
        is_conversion=sql.Literal(metric.array is not None),
    )


def _reasons(
    metric: Metric, before: Step | None, step: Step, restated: Sequence[Restatement]
) -> list[str]:
    """Why the month was published anew, as far as the ledger tells."""
    if step.kind == "rollback":
        return [f"taken back to publication {step.restores}: {step.reason}"]
    found: list[str] = []
    known = set(before.received_days) if before else set()
    new = sorted(set(step.received_days) - known)
    if new and not step.is_pruned:
        found.append(f"days {'new' if before else 'received'}: {days_in_words(new)}")
    between = [
        one
        for one in restated
        if before and before.published_at < one.noted_at <= step.published_at
    ]
    own = [one for one in between if metric.is_noted_as(one.metric)]
    found += [_sentence(one) for one in own[:MOST_DAYS]]
    if len(own) > MOST_DAYS:
        found.append(f"and {len(own) - MOST_DAYS} more restated days")
    others = sorted({one.metric for one in between} - {one.metric for one in own})
    if others and not own:
        found.append(f"other numbers were restated: {', '.join(others)}")
    if step.reopened:
        found.append(f"the month was final: {step.reopened}")
    return found or [_unexplained(before, step)]


def _unexplained(before: Step | None, step: Step) -> str:
    if before is None:
        return "first publication"
    if step.has_other_rules:
        return "rebuilt with other rules"
    if before.kind == "rollback":
        return "built anew after the rollback"
    return "built anew; no restatement is noted of the figures that are watched"


def _sentence(one: Restatement) -> str:
    name = one.metric.replace(":", " of ")
    return (
        f"{one.date_day} restated at {one.age_days} days of age: {name} {one.before:f} became "
        f"{one.after:f} (all campaigns, batch {one.batch_id})"
    )
