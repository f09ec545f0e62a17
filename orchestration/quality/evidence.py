"""What the gate looks at of an answer, gathered page by page, so that no row has to be kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from math import isfinite
from typing import Any

from orchestration.answers.families import Own
from orchestration.answers.slices import ARRAYS, ENTITY_FIELD
from orchestration.quality import oddities
from orchestration.quality.actions import Shapes, array_problem, read_plain, readable, shape_of
from orchestration.quality.figures import METRICS, Arrays, Sums

Row = dict[str, Any]

TEXTS = ("date_start", "date_stop", "account_id", "account_currency")
NUMBERS = {f"{name}_n": field_name for name, field_name in METRICS.items()}
FINGERPRINT = ("campaign_id", *METRICS.values())


class Evidence:
    """Columns of single rows, one entry a row, and sums and fingerprints of days.

    `columns` are those of `expectations.insights` that depend on the row alone; unknown types and
    fields are tuples of names, of which the frame shows those not told before. `sums` stand by
    level and day. `fingerprints` of a day's campaign rows are equal where they have equal numbers.
    """

    def __init__(self, days: Sequence[date], levels: Iterable[str], own: Own = None) -> None:
        self.columns: dict[str, list[Any]] = defaultdict(list)
        self.sums = {level: {day: Sums(own) for day in days} for level in levels}
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
        columns["unnamed_clicks"] += oddities.unnamed_clicks(level, rows)
        by_day: dict[date, list[Row]] = defaultdict(list)
        for row, day in zip(rows, days, strict=True):
            if day is not None:
                by_day[day].append(row)
        for day, some in by_day.items():
            self.sums[level][day].add_delivery(some)
            if level == "campaign":
                self.fingerprints[day] += sum(map(_fingerprint, some))
        self._add_arrays(level, rows, days)

    def _once(self, values: Sequence[Any]) -> Iterable[str | None]:
        texts = [v if v is None or isinstance(v, str) else str(v) for v in values]
        return map(self._texts.setdefault, texts, texts)

    def _add_arrays(self, level: str, rows: Sequence[Row], days: Sequence[date | None]) -> None:
        counted: list[Any]
        valued: list[Any]
        counted, valued = ([row.get(name) for row in rows] for name in ARRAYS)
        plain = read_plain([*counted, *valued])
        problems: list[str | None] = [None] * len(rows)
        if plain is None:
            problems = [
                array_problem("actions", counts) or array_problem("action_values", values)
                for counts, values in zip(counted, valued, strict=True)
            ]
            # What can be read of a row that is refused counts all the same.
            counted, valued = ([readable(one) for one in some] for some in (counted, valued))
        shapes = plain.shapes if plain else [shape_of(one) for one in (*counted, *valued)]
        pairs = list(zip(shapes, shapes[len(rows) :], strict=False))
        groups: dict[tuple[date, Shapes], list[Arrays]] = defaultdict(list)
        for day, pair, counts, values in zip(days, pairs, counted, valued, strict=True):
            if day is not None:
                groups[day, pair].append((counts, values))
        for (day, pair), arrays in groups.items():
            self.sums[level][day].add_actions(arrays, pair)
        told = [
            (None, None) if problem else oddities.types_problems(*pair)
            for pair, problem in zip(pairs, problems, strict=True)
        ]
        self.columns["actions_problem"] += problems
        self.columns["unknown_types"] += [unknown for unknown, _ in told]
        self.columns["uncounted"] += [uncounted for _, uncounted in told]
        self.columns["negative_values"] += (
            [None] * len(rows)
            if plain and not plain.has_negative
            else [
                None if problem else _negative(values)
                for values, problem in zip(valued, problems, strict=True)
            ]
        )


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
