"""The table of the rows that came, for the suite `expectations.insights`."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Any

import pandas as pd

from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.known_oddities import COLUMNS_OF_NAMES, new_names
from orchestration.quality.rows.oddities import listed


def insights_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row for each row that came, all levels and answers together."""
    columns: dict[str, list[Any]] = defaultdict(list)
    for position, answer in enumerate(answers):
        for name, column in answer.evidence.columns.items():
            columns[name] += _new_names(answer, name) if name in COLUMNS_OF_NAMES else column
        for name, value in (
            ("answer", position),
            ("client_id", answer.window.client_id),
            ("expected_account_id", answer.account.account_id),
            ("expected_currency", answer.account.currency),
        ):
            columns[name] += [value] * answer.row_count
    return pd.DataFrame(columns)


def _new_names(answer: Answer, column: str) -> list[str | None]:
    """The odd names of each row that the client was not warned of, as texts."""
    columns, rule = answer.evidence.columns, COLUMNS_OF_NAMES[column]
    return [
        listed(new_names(answer, rule, names, day)) if names else None
        for names, day in zip(columns[column], columns["date_start"], strict=True)
    ]
