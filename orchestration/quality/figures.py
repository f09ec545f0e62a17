"""What an answer adds up to: by level and day, in exact amounts."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from orchestration.answers.families import Own, counted_types, events_of
from orchestration.answers.slices import ARRAYS
from orchestration.quality.actions import Shapes, events, readable, shape_of

METRICS = {
    "spend": "spend",
    "impressions": "impressions",
    "clicks": "clicks",
    "link_clicks": "inline_link_clicks",
}
"""The additive metrics by our names and Meta's."""
Arrays = tuple[list[dict[str, Any]], list[dict[str, Any]]]
"""The counts and the values of a row, as far as they can be read."""
ZERO = Decimal(0)


@dataclass
class Sums:
    """The rows of one level and day, added up; actions in the default window.

    Only action types that name an event of a family are added up.
    """

    own: Own = None
    rows: int = 0
    has_actions: bool = False
    metrics: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(METRICS, ZERO))
    counts: dict[str, Decimal] = field(default_factory=dict)
    values: dict[str, Decimal] = field(default_factory=dict)

    def add_delivery(self, rows: list[dict[str, Any]]) -> None:
        """So many rows more; what is no number counts as nothing, another rule sees to it."""
        self.rows += len(rows)
        self.has_actions |= any(isinstance(row.get(name), list) for row in rows for name in ARRAYS)
        for name, field_name in METRICS.items():
            self.metrics[name] += _sum([row.get(field_name, "0") for row in rows])

    def add_actions(self, arrays: Sequence[Arrays], shapes: Shapes) -> None:
        """The arrays of rows that all have these shapes."""
        for place, (added, shape) in enumerate(
            zip((self.counts, self.values), shapes, strict=True)
        ):
            for entry, kind in events(shape, self.own):
                told = [pair[place][entry].get("value", "0") for pair in arrays]
                added[kind] = added.get(kind, ZERO) + _sum(told)

    def families(self) -> dict[str, Decimal]:
        """Conversions of each family that counts, by the one type of it that is counted."""
        types = counted_types({*self.counts}, self.own)
        return {family: self.counts.get(name, ZERO) for family, name in types.items()}

    def by_family(self) -> dict[str, tuple[Decimal, Decimal]]:
        """Count and value of every family, whether it counts or not, by its one counted type."""
        types = counted_types({*self.counts, *self.values}, events_of(self.own))
        return {
            family: (self.counts.get(name, ZERO), self.values.get(name, ZERO))
            for family, name in types.items()
        }

    def figures(self, total: "Sums | None" = None) -> dict[str, Decimal]:
        """Everything that a re-read may change, by the names of `ops.restatements`.

        What the account's `total` of the day names has its say in which types are counted.
        """
        found = dict(self.metrics)
        for family, action_type in counted(self, *([total] if total else [])).items():
            found[f"conversions:{family}"] = self.counts.get(action_type, ZERO)
            found[f"value:{family}"] = self.values.get(action_type, ZERO)
        return found


def counted(*levels: Sums) -> dict[str, str]:
    """The one type of each family that a day counts, of those that any of its levels names."""
    named = {name for sums in levels for name in (*sums.counts, *sums.values)}
    return counted_types(named, levels[0].own)


def added_up(rows: Iterable[dict[str, Any]], own: Own) -> dict[str, Sums]:
    """Rows of one level, added up by day."""
    days: dict[str, Sums] = {}
    for row in rows:
        sums = days.setdefault(row["date_start"], Sums(own))
        counts, values = (readable(row.get(name)) for name in ARRAYS)
        sums.add_delivery([row])
        sums.add_actions([(counts, values)], (shape_of(counts), shape_of(values)))
    return days


LevelSums = Mapping[str, Mapping[date, Sums]]
"""By level and day; every day of the window is there."""


def _sum(values: Sequence[Any]) -> Decimal:
    if {*map(type, values)} == {str}:
        with suppress(InvalidOperation):
            total = sum(map(Decimal, values), ZERO)
            if total.is_finite():
                return total
    return sum(map(as_number, values), ZERO)


def as_number(value: Any) -> Decimal:
    """A number as Meta writes it; nothing, and what is no number, is 0."""
    try:
        number = Decimal(value if isinstance(value, str) else str(value))
    except InvalidOperation:
        return ZERO
    return number if number.is_finite() else ZERO
