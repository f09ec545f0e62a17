"""What the gate keeps of an answer, gathered page by page so that no row has to be kept."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from hashlib import blake2b
from math import isfinite
from typing import Any

from orchestration.answers.families import Own
from orchestration.answers.results import Row
from orchestration.answers.slices import ARRAYS, ENTITY_FIELD
from orchestration.quality.rows import oddities
from orchestration.quality.rows.actions import (
    Shapes,
    array_problem,
    read_well_formed,
    readable,
    shape_of,
)
from orchestration.quality.rows.sums import METRICS, Arrays, Sums

TEXTS = ("date_start", "date_stop", "account_id", "account_currency")
NUMBERS = {f"{name}_n": field_name for name, field_name in METRICS.items()}
FINGERPRINT = ("campaign_id", *METRICS.values())


class Evidence:
    """Columns with one entry for each row, and the sums and fingerprints of days.

    `columns` are those of `expectations.insights` that depend on the row alone. In them
    `unknown_types`, `unknown_fields` and `odd_text` are tuples of names, of which the frame leaves
    out those that the client was warned of before. `sums` are by level and day. `fingerprints` are
    by day, and equal for days whose campaign rows have equal numbers.
    """

    def __init__(self, days: Sequence[date], levels: Iterable[str], own: Own = None) -> None:
        self.columns: dict[str, list[Any]] = defaultdict(list)
        self.sums = {level: {day: Sums(own=own) for day in days} for level in levels}
        self.fingerprints: dict[date, int] = dict.fromkeys(days, 0)
        self._days = {day.isoformat(): day for day in days}
        # Equal texts are kept once: a day's date comes with each of its rows.
        self._texts: dict[str | None, str | None] = {}

    def add(self, level: str, rows: Sequence[Row]) -> None:
        """Take in more rows of a level, each with all its results in its `ARRAYS`."""
        if not rows:
            return
        days = [self._days.get(str(row.get("date_start"))) for row in rows]
        self._add_columns(level, rows, days)
        self._add_sums(level, rows, days)
        self._add_actions(level, rows, days)

    def objects(self) -> set[tuple[str, Any, Any]]:
        """Level, day and id of every object of which a row came, as the rows name them."""
        columns = self.columns
        return {*zip(columns["level"], columns["date_start"], columns["entity_id"], strict=True)}

    def _add_columns(self, level: str, rows: Sequence[Row], days: Sequence[date | None]) -> None:
        columns = self.columns
        columns["level"] += [level] * len(rows)
        columns["entity_id"] += self._shared([row.get(ENTITY_FIELD[level]) for row in rows])
        for name in TEXTS:
            columns[name] += self._shared([row.get(name) for row in rows])
        columns["is_asked_day"] += [day is not None for day in days]
        for name, field_name in NUMBERS.items():
            # Absent clicks are 0; the rule `formats` refuses what is no number.
            columns[name] += _numbers([row.get(field_name) for row in rows])
        columns["missing"] += oddities.missing_fields(level, rows)
        columns["malformed"] += oddities.malformed_fields(rows)
        columns["unknown_fields"] += oddities.unasked_fields(level, rows)
        columns["odd_text"] += oddities.unstorable_names(level, rows)
        columns["unnamed_clicks"] += oddities.clicks_without_actions(level, rows)

    def _add_sums(self, level: str, rows: Sequence[Row], days: Sequence[date | None]) -> None:
        by_day: dict[date, list[Row]] = defaultdict(list)
        for row, day in zip(rows, days, strict=True):
            if day is not None:
                by_day[day].append(row)
        for day, of_day in by_day.items():
            self.sums[level][day].add_delivery(of_day)
            if level == "campaign":
                self.fingerprints[day] += sum(map(_fingerprint, of_day))

    def _add_actions(self, level: str, rows: Sequence[Row], days: Sequence[date | None]) -> None:
        counts: list[Any]
        values: list[Any]
        counts, values = ([row.get(name) for row in rows] for name in ARRAYS)
        problems: list[str | None] = [None] * len(rows)
        well_formed = read_well_formed([*counts, *values])
        if well_formed is None:
            problems = [
                array_problem("actions", counted) or array_problem("action_values", valued)
                for counted, valued in zip(counts, values, strict=True)
            ]
            # What can be read of a row that is refused counts all the same.
            counts, values = ([readable(array) for array in side] for side in (counts, values))
        shapes = well_formed.shapes if well_formed else list(map(shape_of, (*counts, *values)))
        pairs = list(zip(shapes, shapes[len(rows) :], strict=False))
        groups: dict[tuple[date, Shapes], list[Arrays]] = defaultdict(list)
        for day, pair, counted, valued in zip(days, pairs, counts, values, strict=True):
            if day is not None:
                groups[day, pair].append((counted, valued))
        for (day, pair), arrays in groups.items():
            self.sums[level][day].add_actions(arrays, pair)
        self._add_columns_of_actions(pairs, problems)
        has_negative = well_formed is None or well_formed.has_negative
        self.columns["negative_values"] += [
            _negative_types(valued) if has_negative and not problem else None
            for valued, problem in zip(values, problems, strict=True)
        ]

    def _add_columns_of_actions(
        self, pairs: Sequence[Shapes], problems: Sequence[str | None]
    ) -> None:
        of_types = [
            (None, None) if problem else oddities.problems_of_types(*pair)
            for pair, problem in zip(pairs, problems, strict=True)
        ]
        self.columns["actions_problem"] += problems
        self.columns["unknown_types"] += [unknown for unknown, _ in of_types]
        self.columns["uncounted"] += [uncounted for _, uncounted in of_types]

    def _shared(self, values: Sequence[Any]) -> list[str | None]:
        texts = [v if v is None or isinstance(v, str) else str(v) for v in values]
        return list(map(self._texts.setdefault, texts, texts))


def _fingerprint(row: Row) -> int:
    # The same in every process: rows of one answer may be read in two of them.
    numbers = "\0".join(map(str, map(row.get, FINGERPRINT)))
    return int.from_bytes(
        blake2b(numbers.encode("utf-8", "replace"), digest_size=8).digest(), "big"
    )


def _negative_types(values: Sequence[Row] | None) -> str | None:
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
