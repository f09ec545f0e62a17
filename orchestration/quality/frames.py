"""The API's rows as data frames that the suites of `expectations` read."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import pandas as pd

from orchestration.quality.answer import ENTITY_FIELD, Answer, Row, day_of
from orchestration.quality.families import counted_types

TOLERANCE_SHARE = Decimal("0.001")
"""Parts may fall short of a delivery total by this share of it: the two are read moments apart."""
TOLERANCE_UNITS = {"spend": Decimal("0.01"), "impressions": Decimal(1), "clicks": Decimal(1)}
"""... or by this much: the rounding of one amount, one impression, one click."""

NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,40})?\Z")
TEXT_FIELDS = ("spend", "impressions", "reach", "clicks", "inline_link_clicks")
NUMBERS = {
    "spend_n": "spend",
    "impressions_n": "impressions",
    "clicks_n": "clicks",
    "link_clicks_n": "inline_link_clicks",
}


def insights_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row per row received, all levels and answers together; see `expectations.insights`."""
    columns: dict[str, list[Any]] = defaultdict(list)
    for position, answer in enumerate(answers):
        asked = {day.isoformat() for day in answer.window.days}
        for level, rows in answer.rows.items():
            size = len(rows)
            columns["answer"] += [position] * size
            columns["client_id"] += [answer.window.client_id] * size
            columns["level"] += [level] * size
            columns["expected_account_id"] += [answer.account.account_id] * size
            columns["expected_currency"] += [answer.account.currency] * size
            columns["entity_id"] += [row.get(ENTITY_FIELD[level]) for row in rows]
            columns["is_asked_day"] += [row.get("date_start") in asked for row in rows]
            columns["actions_problem"] += [_actions_problem(row) for row in rows]
            for name in ("date_start", "date_stop", "account_id", "account_currency", *TEXT_FIELDS):
                columns[name] += [_text(row.get(name)) for row in rows]
    frame = pd.DataFrame(columns)
    for number, text in NUMBERS.items():
        # Absent clicks are no clicks; what is no number at all is the formats rule's business.
        frame[number] = pd.to_numeric(frame[text], errors="coerce").fillna(0.0)
    return frame


def client_days_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row per client, day and metric; see `expectations.client_days`."""
    rows = [line for position, answer in enumerate(answers) for line in _days(position, answer)]
    names = ["answer", "client_id", "date_day", "metric", "kind", "row_count", "parts", "total"]
    frame = pd.DataFrame(rows, columns=[*names, "allowance"])
    frame["parts_and_allowance"] = frame["parts"] + frame["allowance"]
    frame["total_and_allowance"] = frame["total"] + frame["allowance"]
    return frame


def _days(position: int, answer: Answer) -> Iterable[tuple[Any, ...]]:
    parts, totals = _by_day(answer.rows["campaign"]), _by_day(answer.rows["account"])
    for day in answer.window.days:
        rows, total = parts.get(day, []), totals.get(day, [])
        key = (position, answer.window.client_id, day.isoformat())
        for metric, unit in TOLERANCE_UNITS.items():
            whole = _sum(total, metric)
            allowance = max(unit, whole * TOLERANCE_SHARE)
            yield (
                *key,
                metric,
                "delivery",
                len(rows),
                *_floats(_sum(rows, metric), whole, allowance),
            )
        types = {t for row in total for t in _counts(row)}
        for family, action_type in counted_types(types).items():
            whole = sum((_counts(row).get(action_type, Decimal(0)) for row in total), Decimal(0))
            part = sum((_counts(row).get(action_type, Decimal(0)) for row in rows), Decimal(0))
            yield *key, family, "conversion", len(rows), *_floats(part, whole, Decimal(0))


def _by_day(rows: Iterable[Row]) -> dict[date, list[Row]]:
    days: dict[date, list[Row]] = defaultdict(list)
    for row in rows:
        if (day := day_of(row)) is not None:
            days[day].append(row)
    return days


def _sum(rows: Iterable[Row], metric: str) -> Decimal:
    return sum((_decimal(row.get(metric)) for row in rows), Decimal(0))


def _counts(row: Row) -> dict[str, Decimal]:
    actions = row.get("actions")
    if not isinstance(actions, list):
        return {}
    return {
        str(a.get("action_type")): _decimal(a.get("value")) for a in actions if isinstance(a, dict)
    }


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(str(value)) if value is not None else Decimal(0)
    except InvalidOperation:
        return Decimal(0)
    return number if number.is_finite() else Decimal(0)


def _floats(*values: Decimal) -> tuple[float, ...]:
    return tuple(float(value) for value in values)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)


def _actions_problem(row: Row) -> str | None:
    """What is wrong with the arrays of actions; None where nothing is."""
    for name in ("actions", "action_values"):
        entries = row.get(name)
        if entries is None:
            continue
        if not isinstance(entries, list):
            return f"{name} is no list"
        seen = set()
        for entry in entries:
            if not isinstance(entry, dict) or not isinstance(entry.get("action_type"), str):
                return f"an entry of {name} has no action_type"
            if entry["action_type"] in seen:
                return f"{entry['action_type']} stands twice in {name}"
            seen.add(entry["action_type"])
            if bad := next(
                (v for k, v in entry.items() if k != "action_type" and not _is_number(v)), None
            ):
                return f"{entry['action_type']} in {name} has the value {bad!r}"
    return None


def _is_number(value: Any) -> bool:
    return NUMBER.match(str(value)) is not None
