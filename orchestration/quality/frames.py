"""Answers as data frames that the suites of `expectations` read."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from orchestration.quality.answer import Answer
from orchestration.quality.figures import Sums
from orchestration.quality.oddities import listed
from orchestration.quality.standing import falls, in_words, is_confirmed
from orchestration.quality.told import NAMED_ONCE, compared, names_to_tell

TOLERANCE_SHARE = Decimal("0.001")
"""Parts may fall short of a delivery total by this share of it: the two are read moments apart."""
TOLERANCE_UNITS = {"spend": Decimal("0.01"), "impressions": Decimal(1), "clicks": Decimal(1)}
"""... or by this much: the rounding of one amount, one impression, one click."""

VALUE_SHARE, VALUE_UNIT = Decimal("0.005"), Decimal(1)
"""Conversion values may fall short by this share or amount: late ones come with large orders."""

TOTALS_COLUMNS = ["answer", "client_id", "date_day", "metric", "kind"]
TOTALS_COLUMNS += ["row_count", "parts", "total", "allowance"]

STANDING_COLUMNS = ["answer", "client_id", "date_day", "metric", "standing", "answered", "least"]
STANDING_COLUMNS += ["confirmed", "said"]


def insights_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row per row received, all levels and answers together; see `expectations.insights`."""
    columns: dict[str, list[Any]] = defaultdict(list)
    for position, answer in enumerate(answers):
        for name, column in answer.evidence.columns.items():
            columns[name] += _not_told(answer, name) if name in NAMED_ONCE else column
        for name, value in (
            ("answer", position),
            ("client_id", answer.window.client_id),
            ("expected_account_id", answer.account.account_id),
            ("expected_currency", answer.account.currency),
        ):
            columns[name] += [value] * answer.row_count
    return pd.DataFrame(columns)


def totals_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row per client, day and metric; see `expectations.control_totals`."""
    rows = [
        (position, answer.window.client_id, day.isoformat(), *line)
        for position, answer in enumerate(answers)
        for day in answer.window.days
        for line in _compared(answer, day)
    ]
    frame = pd.DataFrame(rows, columns=TOTALS_COLUMNS)
    frame["parts_and_allowance"] = frame["parts"] + frame["allowance"]
    frame["total_and_allowance"] = frame["total"] + frame["allowance"]
    return frame


def _not_told(answer: Answer, name: str) -> list[str | None]:
    """What is odd about the rows and is to be told, as texts."""
    columns = answer.evidence.columns
    return [
        listed(names_to_tell(answer, NAMED_ONCE[name], names, day)) if names else None
        for names, day in zip(columns[name], columns["date_start"], strict=True)
    ]


def _compared(answer: Answer, day: date) -> Iterator[tuple[Any, ...]]:
    levels, news = answer.evidence.sums, answer.contents["campaign"].oddities
    total, parts = levels["account"][day], levels["campaign"][day]
    yield from _delivery(parts, total, "delivery", "")
    for line in compared(total, parts):
        kind = "conversion" if line.has_total else "no total"
        if line.oddity and news.get(line.oddity) != day:
            kind = "told"
        yield line.family, kind, parts.rows, *_floats(line.parts, line.total, Decimal(0))
        if line.worth > 0:
            allowance = max(line.worth * VALUE_SHARE, VALUE_UNIT)
            values = _floats(line.parts_worth, line.worth, allowance)
            yield f"value of {line.family}", "value", parts.rows, *values
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


def standing_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row per client, day and number that fell; see `expectations.standing`."""
    rows = [
        (
            position,
            answer.window.client_id,
            fall.date_day.isoformat(),
            *fall[1:],
            int(is_confirmed(answer, fall.date_day)),
            f"{fall.metric}: {in_words(fall.standing)} stands, {in_words(fall.answered)} came",
        )
        for position, answer in enumerate(answers)
        for fall in falls(answer)
    ]
    return pd.DataFrame(rows, columns=STANDING_COLUMNS)
