"""What an answer adds up to: by level and day, in exact amounts."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from orchestration.families import counted_types
from orchestration.quality.actions import Shapes, counting

METRICS = {
    "spend": "spend",
    "impressions": "impressions",
    "clicks": "clicks",
    "link_clicks": "inline_link_clicks",
}
"""The additive metrics by our names and Meta's."""
ZERO = Decimal(0)


@dataclass
class Sums:
    """The rows of one level and day, added up; actions in the default window.

    Only action types that may count into `conversions` are added up.
    """

    rows: int = 0
    has_actions: bool = False
    metrics: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(METRICS, ZERO))
    counts: dict[str, Decimal] = field(default_factory=dict)
    values: dict[str, Decimal] = field(default_factory=dict)

    def add_delivery(self, rows: list[dict[str, Any]]) -> None:
        """So many rows more; what is no number counts as nothing, another rule sees to it."""
        self.rows += len(rows)
        for name, field_name in METRICS.items():
            self.metrics[name] += _sum([row.get(field_name, "0") for row in rows])

    def add_actions(self, actions: Any, values: Any, shapes: Shapes) -> None:
        """The arrays of a row."""
        for added, entries, shape in zip(
            (self.counts, self.values), (actions, values), shapes, strict=True
        ):
            if not isinstance(entries, list):
                continue
            self.has_actions = True
            for kind, value in counting(entries, shape):
                added[kind] = added.get(kind, ZERO) + _decimal(value)

    def families(self) -> dict[str, Decimal]:
        """Conversions of each family that counts, by the one type of it that is counted."""
        return {f: self.counts.get(t, ZERO) for f, t in counted_types({*self.counts}).items()}

    def figures(self) -> dict[str, Decimal]:
        """Everything that a re-read may change, by the names of `ops.restatements`."""
        types = counted_types({*self.counts, *self.values})
        found = dict(self.metrics)
        for family, action_type in types.items():
            found[f"conversions:{family}"] = self.counts.get(action_type, ZERO)
            found[f"value:{family}"] = self.values.get(action_type, ZERO)
        return found


LevelSums = Mapping[str, Mapping[date, Sums]]
"""By level and day; every day of the window is there."""


def _sum(values: Sequence[Any]) -> Decimal:
    if {*map(type, values)} == {str}:
        with suppress(InvalidOperation):
            total = sum(map(Decimal, values), ZERO)
            if total.is_finite():
                return total
    return sum(map(_decimal, values), ZERO)


def _decimal(value: Any) -> Decimal:
    """A number as Meta writes it; nothing, and what is no number, is 0."""
    try:
        number = Decimal(value if isinstance(value, str) else str(value))
    except InvalidOperation:
        return ZERO
    return number if number.is_finite() else ZERO
