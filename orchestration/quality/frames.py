"""The API's rows as data frames that the suites of `expectations` read."""

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import isfinite
from typing import Any

import pandas as pd

from orchestration.families import counted_types, unknown_types
from orchestration.meta_api.fields import insights_fields
from orchestration.quality.actions import (
    MOST_NUMBERS,
    MOST_SHAPES,
    NUMBER,
    are_plain,
    is_number,
    types_of,
)
from orchestration.quality.answer import ENTITY_FIELD, Answer, Row
from orchestration.quality.figures import LevelSums, Sums

TOLERANCE_SHARE = Decimal("0.001")
"""Parts may fall short of a delivery total by this share of it: the two are read moments apart."""
TOLERANCE_UNITS = {"spend": Decimal("0.01"), "impressions": Decimal(1), "clicks": Decimal(1)}
"""... or by this much: the rounding of one amount, one impression, one click."""

COUNT = re.compile(r"-?[0-9]{1,18}\Z")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}\Z")
"""What the warehouse's bigint, numeric and date hold without a doubt; other digits are none."""
FORMATS = {
    "spend": NUMBER,
    "impressions": COUNT,
    "reach": COUNT,
    "clicks": COUNT,
    "inline_link_clicks": COUNT,
    "date_start": DAY,
}
BELONGING = ("date_start", "date_stop", "account_id", "account_currency")
REQUIRED = (*BELONGING, "spend", "impressions")
NUMBERS = {
    "spend_n": "spend",
    "impressions_n": "impressions",
    "clicks_n": "clicks",
    "link_clicks_n": "inline_link_clicks",
}
COUNTS = [name for name, pattern in FORMATS.items() if pattern is COUNT]
_counts: set[str | None] = {None}
"""Texts that were found to be counts, and none."""
ALWAYS_SENT = {"date_start", "date_stop"}
"""Fields that come with every row, asked for or not."""
NAMES = ("campaign_name", "adset_name", "ad_name")
TOTALS_COLUMNS = ["answer", "client_id", "date_day", "metric", "kind"]
TOTALS_COLUMNS += ["row_count", "parts", "total", "allowance"]


def insights_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row per row received, all levels and answers together; see `expectations.insights`."""
    columns: dict[str, list[Any]] = defaultdict(list)
    for position, answer in enumerate(answers):
        asked = {day.isoformat() for day in answer.window.days}
        for level, rows in answer.rows.items():
            size = len(rows)
            fields = ALWAYS_SENT | {*insights_fields(level)}
            columns["answer"] += [position] * size
            columns["client_id"] += [answer.window.client_id] * size
            columns["level"] += [level] * size
            columns["expected_account_id"] += [answer.account.account_id] * size
            columns["expected_currency"] += [answer.account.currency] * size
            columns["entity_id"] += [row.get(ENTITY_FIELD[level]) for row in rows]
            columns["is_asked_day"] += [row.get("date_start") in asked for row in rows]
            columns["unknown_fields"] += [_foreign(row, fields) for row in rows]
            columns["odd_text"] += [_odd_text(row) for row in rows]
            columns["missing"] += [_missing(row, ENTITY_FIELD[level]) for row in rows]
            columns["malformed"] += [_malformed(row) for row in rows]
            for name in BELONGING:
                columns[name] += [_text(row.get(name)) for row in rows]
            for number, text in NUMBERS.items():
                # Absent clicks are none; what is no number at all is for the rule on formats.
                columns[number] += [_number(row.get(text)) for row in rows]
            for name, found in zip(
                ("actions_problem", "unknown_types", "uncounted", "negative_values"),
                zip(*map(_actions, rows), strict=True) if rows else [()] * 4,
                strict=True,
            ):
                columns[name] += found
    return pd.DataFrame(columns)


def totals_frame(answers: Sequence[Answer], sums: Sequence[LevelSums]) -> pd.DataFrame:
    """One row per client, day and metric; see `expectations.control_totals`."""
    rows = [
        (position, answer.window.client_id, day.isoformat(), *line)
        for position, (answer, levels) in enumerate(zip(answers, sums, strict=True))
        for day in answer.window.days
        for line in _compared(levels, day)
    ]
    frame = pd.DataFrame(rows, columns=TOTALS_COLUMNS)
    frame["parts_and_allowance"] = frame["parts"] + frame["allowance"]
    frame["total_and_allowance"] = frame["total"] + frame["allowance"]
    return frame


def _compared(levels: LevelSums, day: date) -> Iterator[tuple[Any, ...]]:
    total, parts = levels["account"][day], levels["campaign"][day]
    yield from _delivery(parts, total, "delivery", "")
    has_total = total.has_actions or not parts.counts
    types = counted_types({*parts.counts}) | counted_types({*total.counts})
    for family, action_type in types.items():
        whole, part = (s.counts.get(action_type, Decimal(0)) for s in (total, parts))
        kind = "conversion" if has_total else "no total"
        yield family, kind, parts.rows, *_floats(part, whole, Decimal(0))
    for level in ("adset", "ad"):
        if level in levels:
            yield from _delivery(levels[level][day], parts, "finer", f"{level} ")


def _delivery(
    parts: Sums, total: Sums, kind: str, prefix: str
) -> Iterator[tuple[str, str, int, float, float, float]]:
    for metric, unit in TOLERANCE_UNITS.items():
        whole = total.metrics[metric]
        allowance = max(unit, whole * TOLERANCE_SHARE)
        part, whole_, allowed = _floats(parts.metrics[metric], whole, allowance)
        yield f"{prefix}{metric}", kind, parts.rows, part, whole_, allowed


def _floats(*values: Decimal) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _missing(row: Row, entity_field: str) -> str | None:
    """The required fields that a row lacks."""
    if row.get(entity_field) is not None and None not in map(row.get, REQUIRED):
        return None
    return _listed([n for n in (entity_field, *REQUIRED) if row.get(n) is None])


def _malformed(row: Row) -> str | None:
    """The first field whose value is not in Meta's form, with the value."""
    with suppress(TypeError):  # a list in place of a number has no hash
        if _counts.issuperset(map(row.get, COUNTS)) and _is_plain(row):
            return None
    for name, pattern in FORMATS.items():
        value = row.get(name)
        if value is not None and not _matches(pattern, str(value)):
            return f"{name} {value!r}"
    if len(_counts) < MOST_NUMBERS:
        _counts.update(str(row[name]) for name in COUNTS if row.get(name) is not None)
    return None


def _is_plain(row: Row) -> bool:
    spend, day = row.get("spend"), row.get("date_start")
    return (
        isinstance(spend, str) and is_number(spend) and isinstance(day, str) and _matches(DAY, day)
    )


def _number(value: Any) -> float:
    try:
        number = float(value) if value is not None else 0.0
    except (TypeError, ValueError):
        return 0.0
    return number if isfinite(number) else 0.0


def _foreign(row: Row, fields: set[str]) -> str | None:
    return None if row.keys() <= fields else ", ".join(sorted(row.keys() - fields))


def _odd_text(row: Row) -> str | None:
    for name in NAMES:
        if name in row and "\0" in str(row[name]):
            return name
    return None


def _actions(row: Row) -> tuple[str | None, str | None, str | None, str | None]:
    """What is wrong with the arrays of actions, types that nobody reviewed, values without count.

    And the types whose value is negative; None each where there is nothing to tell.
    """
    actions, values = row.get("actions"), row.get("action_values")
    if not (are_plain(actions) and are_plain(values)):
        problem = _array_problem("actions", actions) or _array_problem("action_values", values)
        if problem is not None:
            return problem, None, None, None
    unknown, uncounted = _types_problems(types_of(actions), types_of(values))
    negative = [e["action_type"] for e in values or () if str(e.get("value", ""))[:1] == "-"]
    return None, unknown, uncounted, _listed(negative)


@lru_cache(MOST_SHAPES)
def _types_problems(
    counted: tuple[str, ...], valued: tuple[str, ...]
) -> tuple[str | None, str | None]:
    """Types that nobody reviewed, and those that have a value but no count."""
    return _listed(unknown_types({*counted, *valued})), _listed({*valued} - {*counted})


def _listed(names: Collection[str]) -> str | None:
    return ", ".join(sorted(names)) if names else None


def _array_problem(name: str, entries: Any) -> str | None:
    if entries is None:
        return None
    if not isinstance(entries, list):
        return f"{name} is no list"
    seen = set()
    for entry in entries:
        action_type = entry.get("action_type") if isinstance(entry, dict) else None
        if not isinstance(action_type, str):
            return f"an entry of {name} has no action_type"
        if action_type in seen:
            return f"{action_type} stands twice in {name}"
        seen.add(action_type)
        for key, value in entry.items():
            if key != "action_type" and not is_number(str(value)):
                return f"{action_type} in {name} has the value {str(value)!r}"
    return None


@lru_cache(MOST_NUMBERS)
def _matches(pattern: re.Pattern[str], text: str) -> bool:
    return pattern.match(text) is not None
