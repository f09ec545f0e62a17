"""What the gate spares Great Expectations: the same filter of the same table, time and again."""

from collections import Counter
from typing import Any

import pandas as pd
import pytest
from gate_answers import BAD, both, found, given, spoiled

from orchestration.quality.gate import judge


@pytest.mark.parametrize("is_spoiled", [False, True], ids=["sound", "spoiled"])
def test_a_table_is_filtered_once_for_each_condition(
    monkeypatch: pytest.MonkeyPatch, is_spoiled: bool
) -> None:
    filters: Counter[tuple[int, str]] = Counter()
    tables = []
    query = pd.DataFrame.query

    def counted(table: pd.DataFrame, expression: str, **more: Any) -> Any:
        tables.append(table)
        filters[id(table), expression] += 1
        return query(table, expression, **more)

    monkeypatch.setattr(pd.DataFrame, "query", counted)
    made = spoiled(both(spend="-1.01")) if is_spoiled else given()
    (verdict,) = judge([made.answer])
    assert found(verdict) == ({("not_negative", "blocking", BAD)} if is_spoiled else set())
    assert {*filters.values()} == {1}
