"""What an answer adds up to: by level and day, in exact amounts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import Any

from orchestration.families import counted_types
from orchestration.quality.actions import counting
from orchestration.quality.answer import Answer, Row

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

    def add(self, row: Row) -> None:
        """One row more; what is no number counts as nothing, another rule sees to it."""
        self.rows += 1
        for name, field_name in METRICS.items():
            self.metrics[name] += decimal(row.get(field_name))
        for added, array in ((self.counts, "actions"), (self.values, "action_values")):
            entries = row.get(array)
            if not isinstance(entries, list):
                continue
            self.has_actions = True
            for kind, value in counting(entries):
                added[kind] = added.get(kind, ZERO) + decimal(value)

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


def sums_of(answer: Answer) -> LevelSums:
    """The sums of every level of an answer for the days that were asked for."""
    found: dict[str, dict[date, Sums]] = {}
    for level, rows in answer.rows.items():
        days = {day: Sums() for day in answer.window.days}
        by_text = {day.isoformat(): sums for day, sums in days.items()}
        for row in rows:
            if (sums := by_text.get(str(row.get("date_start")))) is not None:
                sums.add(row)
        found[level] = days
    return found


def decimal(value: Any) -> Decimal:
    """A number as Meta writes it; nothing, and what is no number, is 0."""
    return ZERO if value is None else _parsed(str(value))


@lru_cache(30_000)
def _parsed(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        return ZERO
    return number if number.is_finite() else ZERO
