"""The numbers that can be explained, and where the marts and the API's rows have each of them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from orchestration.answers.families import members
from orchestration.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class Metric:
    """A number of a client's month, of a campaign's month or of a day.

    `column` is its column in the marts by client, month and day; None where only monthly marts have
    it. Delivery has an `api_field`. Conversions have an `array` of the API's row, and a `family`;
    None stands for all families that count as conversions.
    """

    name: str
    column: str | None
    api_field: str | None = None
    array: str | None = None
    family: str | None = None

    @property
    def amount(self) -> str:
        """The column of monthly_conversion_metrics."""
        return "conversions" if self.array == "actions" else "conversion_value"

    def is_restated_as(self, name: str) -> bool:
        """Whether `ops.restatements` has this number, or a part of it, under that name."""
        if self.array is None:
            return name == self.name
        kind = "conversions" if self.array == "actions" else "value"
        return name == f"{kind}:{self.family}" if self.family else name.startswith(f"{kind}:")


NAMED = (
    Metric(name="spend", column="spend", api_field="spend"),
    Metric(name="impressions", column="impressions", api_field="impressions"),
    Metric(name="clicks", column="clicks", api_field="clicks"),
    Metric(name="link_clicks", column="link_clicks", api_field="inline_link_clicks"),
    Metric(name="conversions", column="conversions", array="actions"),
    Metric(name="conversion_value", column="conversion_value", array="action_values"),
    Metric(name="purchases", column="purchases", array="actions", family="purchase"),
    Metric(
        name="purchase_value", column="purchase_value", array="action_values", family="purchase"
    ),
    Metric(name="leads", column="leads", array="actions", family="lead"),
)
SHOWN_BY_DAY = {"purchase": "purchases", "lead": "leads"}
"""Families that have a column in the daily marts."""


def metric_named(name: str) -> Metric:
    """The metric, or the conversion family, of that name.

    Raises:
        UsageError: there is none; names those there are.
    """
    named = {metric.name: metric for metric in NAMED}
    if name in named:
        return named[name]
    families = sorted({member.family for member in members().values()} - {"other"})
    if name not in families:
        raise UsageError(
            f"No metric {name}: there are {', '.join(named)}, "
            f"and the conversion families {', '.join(families)}."
        )
    return Metric(name=name, column=SHOWN_BY_DAY.get(name), array="actions", family=name)


@dataclass(frozen=True)
class CountedType:
    """The action type that a client-month, or a day, counts for a conversion family.

    A month may count several, in order of precedence, joined by commas: see `types`.
    """

    conversion_family: str
    action_type: str
    is_conversion: bool

    @property
    def types(self) -> list[str]:
        """The action types, one by one."""
        return self.action_type.split(", ")


def counted_for(metric: Metric, counted: Sequence[CountedType]) -> list[CountedType]:
    """The counted types of a client-month that make up a metric."""
    if metric.family:
        return [each for each in counted if each.conversion_family == metric.family]
    return [each for each in counted if each.is_conversion]


def counted_on(named: Collection[str], counted: Sequence[CountedType]) -> list[CountedType]:
    """The types that a day counts: of each family the first of the month's that the day names."""
    firsts = [(each, next((t for t in each.types if t in named), None)) for each in counted]
    return [replace(each, action_type=first) for each, first in firsts if first]


def api_entries(
    metric: Metric, row: Mapping[str, Any], counted: Sequence[CountedType]
) -> dict[str, str]:
    """The values of a metric in the API's row, unchanged: by field, or by action type."""
    if metric.api_field is not None:
        value = row.get(metric.api_field)
        return {} if value is None else {metric.api_field: str(value)}
    chosen = {each.action_type for each in counted_for(metric, counted)}
    return {
        entry["action_type"]: str(entry["value"])
        for entry in row.get(metric.array or "") or []
        if entry.get("action_type") in chosen and "value" in entry
    }


def api_amount(entries: Mapping[str, str]) -> Decimal:
    """The sum of the entries; a field that the API left out counts as zero."""
    return sum(map(Decimal, entries.values()), Decimal(0))
