"""What the gate looks at of an answer, gathered page by page, so that no row has to be kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from math import isfinite
from typing import Any

from orchestration.quality import oddities
from orchestration.quality.actions import Shapes, array_problem, plain_shapes, shape_of
from orchestration.quality.figures import METRICS, Sums
from orchestration.warehouse.slices import ARRAYS, ENTITY_FIELD

Row = dict[str, Any]

TEXTS = ("date_start", "date_stop", "account_id", "account_currency")
NUMBERS = {f"{name}_n": field_name for name, field_name in METRICS.items()}
FINGERPRINT = ("campaign_id", *METRICS.values())


class Evidence:
    """Columns of single rows, one entry a row, and sums and fingerprints of days.

    `columns` are those of `expectations.insights` that depend on the row alone. `sums` stand by
    level and day. `fingerprints` of a day's campaign rows are equal where they have equal numbers.
    """

    def __init__(self, days: Sequence[date], levels: Iterable[str]) -> None:
        self.columns: dict[str, list[Any]] = defaultdict(list)
        self.sums = {level: {day: Sums() for day in days} for level in levels}
        self.fingerprints: dict[date, int] = dict.fromkeys(days, 0)
        self._days = {day.isoformat(): day for day in days}
        # Equal texts are kept once: a day's date comes with each of its rows.
        self._texts: dict[str | None, str | None] = {}

    def add(self, level: str, rows: Sequence[Row]) -> None:
        """So many rows of a level more."""
        if not rows:
            return
        columns = self.columns
        columns["level"] += [level] * len(rows)
        columns["entity_id"] += self._once([row.get(ENTITY_FIELD[level]) for row in rows])
        for name in TEXTS:
            columns[name] += self._once([row.get(name) for row in rows])
        days = [self._days.get(text) for text in columns["date_start"][-len(rows) :]]
        columns["is_asked_day"] += [day is not None for day in days]
        for name, field_name in NUMBERS.items():
            # Absent clicks are none; what is no number at all is for the rule on formats.
            columns[name] += _numbers([row.get(field_name) for row in rows])
        columns["missing"] += oddities.missing(level, rows)
        columns["malformed"] += oddities.malformed(rows)
        columns["unknown_fields"] += oddities.foreign(level, rows)
        columns["odd_text"] += oddities.odd_text(level, rows)
        self._add_up(level, rows, days, self._add_arrays(rows))

    def _once(self, values: Sequence[Any]) -> Iterable[str | None]:
        texts = [v if v is None or isinstance(v, str) else str(v) for v in values]
        return map(self._texts.setdefault, texts, texts)

    def _add_arrays(self, rows: Sequence[Row]) -> list[Shapes]:
        """What is told of the arrays of actions; returns their shapes."""
        actions, values = ([row.get(name) for row in rows] for name in ARRAYS)
        found = plain_shapes([*actions, *values])
        problems: list[str | None] = [None] * len(rows)
        if found is not None:
            shapes: list[Shapes] = list(zip(found, found[len(rows) :], strict=False))
        else:
            problems = [
                array_problem("actions", counted) or array_problem("action_values", valued)
                for counted, valued in zip(actions, values, strict=True)
            ]
            shapes = [
                (None, None) if problem else (shape_of(counted), shape_of(valued))
                for counted, valued, problem in zip(actions, values, problems, strict=True)
            ]
        told = [
            (None, None) if shape[0] is None else oddities.types_problems(*shape)
            for shape in shapes
        ]
        self.columns["actions_problem"] += problems
        self.columns["unknown_types"] += [unknown for unknown, _ in told]
        self.columns["uncounted"] += [uncounted for _, uncounted in told]
        self.columns["negative_values"] += [
            None if problem else _negative(valued)
            for valued, problem in zip(values, problems, strict=True)
        ]
        return shapes

    def _add_up(
        self,
        level: str,
        rows: Sequence[Row],
        days: Sequence[date | None],
        shapes: Sequence[Shapes],
    ) -> None:
        by_day: dict[date, list[Row]] = defaultdict(list)
        for row, day, shape in zip(rows, days, shapes, strict=True):
            if day is not None:
                by_day[day].append(row)
                sums = self.sums[level][day]
                sums.add_actions(row.get("actions"), row.get("action_values"), shape)
        for day, some in by_day.items():
            self.sums[level][day].add_delivery(some)
            if level == "campaign":
                self.fingerprints[day] += sum(map(_fingerprint, some))


def _fingerprint(row: Row) -> int:
    try:
        return hash(tuple(map(row.get, FINGERPRINT)))
    except TypeError:  # a list in place of a number; another rule refuses the row
        return 0


def _negative(values: Sequence[Row] | None) -> str | None:
    """The types whose value is below zero."""
    return oddities.listed(
        [e["action_type"] for e in values or () if str(e.get("value", ""))[:1] == "-"]
    )


def _numbers(values: Sequence[Any]) -> list[float]:
    try:
        numbers = [0.0 if value is None else float(value) for value in values]
    except (TypeError, ValueError):
        return [_number(value) for value in values]
    return numbers if isfinite(sum(numbers)) else [_number(value) for value in values]


def _number(value: Any) -> float:
    try:
        number = float(value) if value is not None else 0.0
    except (TypeError, ValueError):
        return 0.0
    return number if isfinite(number) else 0.0
