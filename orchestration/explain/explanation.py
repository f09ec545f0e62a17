"""Gathers everything that the warehouse knows of a published number: where it comes from."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from orchestration.answers.results import with_all_results
from orchestration.days import month_named
from orchestration.errors import UsageError
from orchestration.expectations.catalogue.reasons import left_out_in_words
from orchestration.explain.days import DayTrail, day_trails
from orchestration.explain.earlier import EarlierValue, earlier_values
from orchestration.explain.metrics import (
    CountedType,
    Metric,
    api_amount,
    api_entries,
    counted_on,
    metric_named,
)
from orchestration.explain.number import (
    CampaignLine,
    PublishedNumber,
    campaign_lines,
    campaigns_of,
    counted_types,
    published_number,
)
from orchestration.explain.state import (
    LeftOut,
    MonthState,
    left_out,
    month_state,
    never_published,
)
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.ledger.summary import has_marts


@dataclass(frozen=True)
class Question:
    """Which number is to be explained."""

    client_id: str
    month: date
    campaign_id: str | None
    metric: Metric

    @classmethod
    def asked(cls, client_id: str, month: str, campaign_id: str | None, metric: str) -> "Question":
        """The question as it was typed.

        Raises:
            UsageError: the month is not YYYY-MM, or there is no such metric.
        """
        return cls(client_id, month_named(month), campaign_id, metric_named(metric))


@dataclass(frozen=True, kw_only=True)
class DayLine:
    """A day of a campaign with the values of its API row.

    `differs`: whether the published value is another one; None where the marts have no days of the
    metric, or where the API's rows of the day are no longer kept. `answered_entries`
    are the values before a deeper level completed the row.
    """

    trail: DayTrail
    api_entries: dict[str, str]
    answered_entries: dict[str, str] | None
    api_value: Decimal | None
    differs: bool | None


@dataclass(frozen=True, kw_only=True)
class Explanation:
    """Everything that the warehouse knows of a number."""

    number: PublishedNumber
    state: MonthState
    left_out: LeftOut | None
    campaigns: Sequence[CampaignLine]
    counted: Sequence[CountedType]
    days: Sequence[DayLine]
    earlier: Sequence[EarlierValue]


def explain(connection: Connection, question: Question) -> Explanation:
    """Gather what the warehouse knows of a number.

    Raises:
        UsageError: the month was never published, or has no such campaign.
    """
    client_id, month, campaign_id = question.client_id, question.month, question.campaign_id
    _check_published(connection, question)
    number = published_number(connection, question.metric, client_id, month, campaign_id)
    if number is None:
        known = ", ".join(campaigns_of(connection, client_id, month)) or "none"
        raise UsageError(
            f"No campaign {campaign_id} is published for {client_id} in {month:%Y-%m}: there are "
            f"{known}."
        )
    counted = counted_types(connection, client_id, month)
    campaigns: Sequence[CampaignLine] = ()
    days: Sequence[DayLine] = ()
    if campaign_id is None:
        campaigns = campaign_lines(connection, question.metric, client_id, month)
    else:
        trails = day_trails(connection, question.metric, client_id, month, campaign_id)
        days = [_day_line(question.metric, trail, counted) for trail in trails]
    return Explanation(
        number=number,
        state=month_state(connection, client_id, month),
        left_out=left_out(connection, client_id, month),
        campaigns=campaigns,
        counted=counted,
        days=days,
        earlier=earlier_values(connection, question.metric, client_id, month, campaign_id),
    )


def _check_published(connection: Connection, question: Question) -> None:
    if _is_published(connection, question):
        return
    known = never_published(connection, question.client_id, question.month)
    out = left_out(connection, question.client_id, question.month)
    because = f" The latest build left it out: {left_out_in_words(out.reason)}." if out else ""
    raise UsageError(
        f"{question.client_id} {question.month:%Y-%m} was never published; {known}.{because} "
        "meta-ads run collects what is owed and publishes it."
    )


def _is_published(connection: Connection, question: Question) -> bool:
    if not has_marts(connection):
        return False
    spend = metric_named("spend")
    return published_number(connection, spend, question.client_id, question.month, None) is not None


def _day_line(metric: Metric, trail: DayTrail, counted: Sequence[CountedType]) -> DayLine:
    if trail.api_row is None:
        # Where rows are stored, and none of this campaign, nothing was delivered.
        is_known = metric.column is not None and not trail.is_pruned
        return DayLine(
            trail=trail,
            api_entries={},
            answered_entries=None,
            api_value=None,
            differs=trail.is_published if is_known else None,
        )
    types = counted_on(trail.named_types, counted)
    entries = api_entries(metric, with_all_results(trail.api_row), types)
    answered = None
    if trail.answered_row is not None:
        answered = api_entries(metric, with_all_results(trail.answered_row), types)
    value = api_amount(entries)
    return DayLine(
        trail=trail,
        api_entries=entries,
        answered_entries=answered,
        api_value=value,
        differs=trail.published != value if metric.column else None,
    )
