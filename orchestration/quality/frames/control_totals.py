"""The table of campaigns beside account totals, for the suite `expectations.control_totals`."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import pandas as pd

from orchestration.answers.slices import LEVELS_IN_WORDS
from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.family_totals import FamilyTotal, family_totals
from orchestration.quality.rows.sums import ZERO, Sums
from orchestration.quality.tolerance import (
    TOLERANCE_SHARE,
    TOLERANCE_UNITS,
    VALUE_SHARE,
    VALUE_UNIT,
)

COLUMNS = ["answer", "client_id", "date_day", "metric", "kind", "parts_level", "total_level"]
COLUMNS += ["row_count", "parts", "total", "allowance"]


def totals_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row for each client, day and metric."""
    rows = [
        (position, answer.window.client_id, day.isoformat(), *line)
        for position, answer in enumerate(answers)
        for day in answer.window.days
        for line in _lines(answer, day)
    ]
    frame = pd.DataFrame(rows, columns=COLUMNS)
    frame["parts_and_allowance"] = frame["parts"] + frame["allowance"]
    frame["total_and_allowance"] = frame["total"] + frame["allowance"]
    return frame


def _lines(answer: Answer, day: date) -> Iterator[tuple[Any, ...]]:
    levels = answer.evidence.sums
    total, campaigns = levels["account"][day], levels["campaign"][day]
    of_campaigns = (LEVELS_IN_WORDS["campaign"], LEVELS_IN_WORDS["account"], campaigns.rows)
    for metric, *amounts in _delivery(campaigns, total):
        yield metric, "delivery", *of_campaigns, *amounts
    for family in family_totals(total, campaigns):
        kind = _kind(answer, day, family)
        yield family.family, kind, *of_campaigns, *_floats(family.parts, family.total, ZERO)
        if family.value_of_total > 0:
            allowance = max(family.value_of_total * VALUE_SHARE, VALUE_UNIT)
            values = _floats(family.value_of_parts, family.value_of_total, allowance)
            yield f"value of {family.family}", "value", *of_campaigns, *values
    for level in ("adset", "ad"):
        if level in levels:
            deeper = levels[level][day]
            of_level = (LEVELS_IN_WORDS[level], LEVELS_IN_WORDS["campaign"], deeper.rows)
            for metric, *amounts in _delivery(deeper, campaigns):
                yield metric, "finer", *of_level, *amounts


def _kind(answer: Answer, day: date, family: FamilyTotal) -> str:
    new = answer.contents["campaign"].new_oddities
    if family.oddity and new.get(family.oddity) != day:
        return "known"
    return "conversion" if family.has_total else "no total"


def _delivery(parts: Sums, total: Sums) -> Iterator[tuple[Any, ...]]:
    for metric, unit in TOLERANCE_UNITS.items():
        whole = total.metrics[metric]
        allowance = max(unit, whole * TOLERANCE_SHARE)
        yield metric, *_floats(parts.metrics[metric], whole, allowance)


def _floats(*values: Decimal) -> tuple[float, ...]:
    return tuple(float(value) for value in values)
