"""The sums of an answer's rows by level and day, in exact amounts."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from orchestration.answers.families import Own, counted_types, events_of
from orchestration.answers.results import Row
from orchestration.answers.slices import ARRAYS
from orchestration.answers.standing import StandingSlice
from orchestration.quality.rows.actions import Shapes, event_entries, readable, shape_of

METRICS = {
    "spend": "spend",
    "impressions": "impressions",
    "clicks": "clicks",
    "link_clicks": "inline_link_clicks",
}
"""The additive metrics by our names and Meta's."""
Arrays = tuple[list[Row], list[Row]]
"""The counts and the values of a row, as far as they can be read."""
ZERO = Decimal(0)


@dataclass(kw_only=True)
class Sums:
    """The rows of one level and day, added up; actions in the default attribution window.

    `counts` and `values` are by action type, and only of types that name an event of a conversion
    family. `own` says which families the client counts.
    """

    own: Own = None
    rows: int = 0
    has_actions: bool = False
    metrics: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(METRICS, ZERO))
    counts: dict[str, Decimal] = field(default_factory=dict)
    values: dict[str, Decimal] = field(default_factory=dict)

    def add_delivery(self, rows: Sequence[Row]) -> None:
        """Add the metrics of more rows; what is no number counts as 0, the gate refuses the row."""
        self.rows += len(rows)
        self.has_actions |= any(isinstance(row.get(name), list) for row in rows for name in ARRAYS)
        for name, field_name in METRICS.items():
            self.metrics[name] += _sum([row.get(field_name, "0") for row in rows])

    def add_actions(self, arrays: Sequence[Arrays], shapes: Shapes) -> None:
        """Add the arrays of more rows, all of which have these shapes."""
        for side, (added, shape) in enumerate(zip((self.counts, self.values), shapes, strict=True)):
            for place, action_type in event_entries(shape, self.own):
                amounts = [pair[side][place].get("value", "0") for pair in arrays]
                added[action_type] = added.get(action_type, ZERO) + _sum(amounts)

    def families(self) -> dict[str, Decimal]:
        """Conversions of each family that the client counts, by its one counted type."""
        types = counted_types({*self.counts}, self.own)
        return {family: self.counts.get(name, ZERO) for family, name in types.items()}

    def by_family(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Count and value of every family, whether the client counts it or not."""
        types = counted_types({*self.counts, *self.values}, events_of(self.own))
        return {
            family: (self.counts.get(name, ZERO), self.values.get(name, ZERO))
            for family, name in types.items()
        }

    def figures(self, total: "Sums | None" = None) -> dict[str, Decimal]:
        """Metrics and counted families by the names of `ops.restatements`.

        The types that the account's `total` of the day names also decide which type is counted.
        """
        figures = dict(self.metrics)
        for family, action_type in counted_types_of(self, *([total] if total else [])).items():
            figures[f"conversions:{family}"] = self.counts.get(action_type, ZERO)
            figures[f"value:{family}"] = self.values.get(action_type, ZERO)
        return figures

    def all_figures(self) -> dict[str, float]:
        """Metrics and every family, counted or not, by the names of `ops.restatements`."""
        figures = {name: float(amount) for name, amount in self.metrics.items()}
        for family, (count, value) in self.by_family().items():
            figures[f"conversions:{family}"] = float(count)
            figures[f"value:{family}"] = float(value)
        return figures

    def labelled(self) -> dict[str, Decimal]:
        """Metrics and every family by the words in which people read them."""
        figures = dict(self.metrics)
        for family, (count, value) in sorted(self.by_family().items()):
            figures[family], figures[f"value of {family}"] = count, value
        return figures


LevelSums = Mapping[str, Mapping[date, Sums]]
"""Sums by level and day; every day of the window is there."""


def counted_types_of(*levels: Sums) -> dict[str, str]:
    """The one counted type of each family, of the types that any of a day's levels names."""
    named = {name for sums in levels for name in (*sums.counts, *sums.values)}
    return counted_types(named, levels[0].own)


def sums_of_slice(stands: StandingSlice, own: Own) -> Sums:
    """What stands of a level and day, as the sums that answers are compared with."""
    return Sums(own=own, metrics=stands.metrics, counts=stands.counts, values=stands.values)


def sums_by_day(rows: Iterable[Row], own: Own) -> dict[str, Sums]:
    """The sums of rows of one level, by the text of their day."""
    days: dict[str, Sums] = {}
    for row in rows:
        sums = days.setdefault(row["date_start"], Sums(own=own))
        counts, values = (readable(row.get(name)) for name in ARRAYS)
        sums.add_delivery([row])
        sums.add_actions([(counts, values)], (shape_of(counts), shape_of(values)))
    return days


def as_number(value: Any) -> Decimal:
    """A number as Meta writes it; 0 for nothing and for what is no number."""
    try:
        number = Decimal(value if isinstance(value, str) else str(value))
    except InvalidOperation:
        return ZERO
    return number if number.is_finite() else ZERO


def _sum(values: Sequence[Any]) -> Decimal:
    if {*map(type, values)} == {str}:
        with suppress(InvalidOperation):
            total = sum(map(Decimal, values), ZERO)
            if total.is_finite():
                return total
    return sum(map(as_number, values), ZERO)
