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
from orchestration.warehouse.sql_files import read_sql

MOST_DAYS = 5
"""Restated days that a reason spells out."""

# The rows of a mart that a publication showed are those between their first and their last one.


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
    return sql.SQL(read_sql(__file__, "publications_of_month")).format(
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
