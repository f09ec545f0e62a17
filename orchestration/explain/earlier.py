"""The earlier values of a published number, and what made each publication change its month."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from psycopg import sql
from psycopg.rows import class_row

from orchestration.days import days_in_words
from orchestration.explain.metrics import Metric
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

MOST_DAYS = 5
"""How many restated days get a sentence of their own."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """A publication that changed the client-month, and the value that it showed; None: unknown.

    `has_other_rules`: its build followed other rules than the build before.
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


@dataclass(frozen=True, kw_only=True)
class Restatement:
    """A figure of a client's day, summed over its campaigns, that a later reading changed."""

    date_day: date
    metric: str
    before: Decimal
    after: Decimal
    age_days: int
    batch_id: int
    noted_at: datetime


@dataclass(frozen=True, kw_only=True)
class EarlierValue:
    """The value that a publication showed, and in words why the month was published then."""

    publication_id: int
    published_at: datetime
    kind: str
    value: Decimal | None
    is_pruned: bool
    reasons: list[str]


def earlier_values(
    connection: Connection, metric: Metric, client_id: str, month: date, campaign_id: str | None
) -> list[EarlierValue]:
    """The value in every publication that changed the client-month, oldest first."""
    values = {"client": client_id, "month": month, "campaign": campaign_id}
    with connection.cursor(row_factory=class_row(Step)) as cursor:
        steps = cursor.execute(_steps(metric), values).fetchall()
    with connection.cursor(row_factory=class_row(Restatement)) as others:
        restatements = others.execute(
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
            publication_id=step.publication_id,
            published_at=step.published_at,
            kind=step.kind,
            value=step.value,
            is_pruned=step.is_pruned,
            reasons=_reasons(metric, before, step, restatements),
        )
        for before, step in zip([None, *steps], steps, strict=False)
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
    return sql.SQL(read_sql(__file__, "publications_of_month")).format(
        amount=sql.Identifier(amount),
        mart=sql.Identifier(mart),
        condition=condition,
        is_conversion=sql.Literal(metric.array is not None),
    )


def _reasons(
    metric: Metric, before: Step | None, step: Step, restatements: Sequence[Restatement]
) -> list[str]:
    """Why the month was published again, as far as the ledger says."""
    if step.kind == "rollback":
        return [f"taken back to publication {step.restores}: {step.reason}"]
    reasons: list[str] = []
    new = set(step.received_days) - set(before.received_days if before else ())
    if new and not step.is_pruned:
        reasons.append(f"days {'new' if before else 'received'}: {days_in_words(new)}")
    reasons += _restated(metric, before, step, restatements)
    if step.reopened:
        reasons.append(f"the month was final: {step.reopened}")
    return reasons or [_unexplained(before, step)]


def _restated(
    metric: Metric, before: Step | None, step: Step, restatements: Sequence[Restatement]
) -> list[str]:
    """What was restated between two publications: the metric itself, else the names of others."""
    between = [
        each
        for each in restatements
        if before and before.published_at < each.noted_at <= step.published_at
    ]
    own = [each for each in between if metric.is_restated_as(each.metric)]
    if not own:
        others = sorted({each.metric for each in between})
        return [f"other numbers were restated: {', '.join(others)}"] if others else []
    sentences = [_sentence(each) for each in own[:MOST_DAYS]]
    if len(own) > MOST_DAYS:
        sentences.append(f"and {len(own) - MOST_DAYS} more restated days")
    return sentences


def _unexplained(before: Step | None, step: Step) -> str:
    if before is None:
        return "first publication"
    if step.has_other_rules:
        return "rebuilt with other rules"
    if before.kind == "rollback":
        return "built anew after the rollback"
    return "built anew; no restatement is noted of the figures that are watched"


def _sentence(each: Restatement) -> str:
    name = each.metric.replace(":", " of ")
    return (
        f"{each.date_day} restated at {each.age_days} days of age: {name} {each.before:f} became "
        f"{each.after:f} (all campaigns, batch {each.batch_id})"
    )
