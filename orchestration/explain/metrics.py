"""The numbers that can be explained: where the marts have each, and where the API's rows do."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from orchestration.answers.families import members
from orchestration.errors import UsageError


@dataclass(frozen=True)
class Metric:
    """A number of a client's month, of a campaign's month or of a day.

    `column` names it in the marts by client, month and day; None where it is shown by month only.
    Delivery has an `api_field`; conversions have an `array` of the API's row, of one `family` or,
    None, of all that count.
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

    def is_noted_as(self, noted: str) -> bool:
        """Whether this is what ops.restatements calls by that name."""
        if self.array is None:
            return noted == self.name
        kind = "conversions" if self.array == "actions" else "value"
        wanted = f"{kind}:{self.family or ''}"
        return noted == wanted if self.family else noted.startswith(wanted)


NAMED = (
    Metric("spend", "spend", api_field="spend"),
    Metric("impressions", "impressions", api_field="impressions"),
    Metric("clicks", "clicks", api_field="clicks"),
    Metric("link_clicks", "link_clicks", api_field="inline_link_clicks"),
    Metric("conversions", "conversions", array="actions"),
    Metric("conversion_value", "conversion_value", array="action_values"),
    Metric("purchases", "purchases", array="actions", family="purchase"),
    Metric("purchase_value", "purchase_value", array="action_values", family="purchase"),
    Metric("leads", "leads", array="actions", family="lead"),
)
SHOWN_BY_DAY = {"purchase": "purchases", "lead": "leads"}
"""Families that the daily marts have a column of."""


def metric_named(name: str) -> Metric:
    """The metric, or the conversion family, of that name.

    Raises:
        UsageError: there is none; names those there are.
    """
    found = {metric.name: metric for metric in NAMED}
    if name in found:
        return found[name]
    families = sorted({member.family for member in members().values()} - {"other"})
    if name not in families:
        raise UsageError(
            f"No metric {name}: there are {', '.join(found)}, "
            f"and the conversion families {', '.join(families)}."
        )
    return Metric(name, SHOWN_BY_DAY.get(name), array="actions", family=name)


@dataclass(frozen=True)
class CountedType:
    """The action type that a client-month, or a day, counts for a family.

    That of a month may be several, in order of precedence, joined by commas: see `types`.
    """

    conversion_family: str
    action_type: str
    is_conversion: bool

    @property
    def types(self) -> list[str]:
        """Each of them by itself."""
        return self.action_type.split(", ")


def counted_for(metric: Metric, counted: Sequence[CountedType]) -> list[CountedType]:
    """Those of a client-month's counted types that make up a metric."""
    return [
        one
        for one in counted
        if (one.conversion_family == metric.family if metric.family else one.is_conversion)
    ]


def counted_on(named: Collection[str], counted: Sequence[CountedType]) -> list[CountedType]:
    """What a day counts of its month's types: of each family the first that it names."""
    chosen = [(one, next((name for name in one.types if name in named), None)) for one in counted]
    return [replace(one, action_type=name) for one, name in chosen if name]


def api_entries(
    metric: Metric, row: Mapping[str, Any], counted: Sequence[CountedType]
) -> dict[str, str]:
    """What the API's row says of a metric, as it wrote it: by field, or by action type."""
    if metric.api_field is not None:
        value = row.get(metric.api_field)
        return {} if value is None else {metric.api_field: str(value)}
    chosen = {one.action_type for one in counted_for(metric, counted)}
    return {
        entry["action_type"]: str(entry["value"])
        for entry in row.get(metric.array or "") or []
        if entry.get("action_type") in chosen and "value" in entry
    }


def api_amount(entries: Mapping[str, str]) -> Decimal:
    """The entries added up; a field that the API left out is zero."""
    return sum(map(Decimal, entries.values()), Decimal(0))
