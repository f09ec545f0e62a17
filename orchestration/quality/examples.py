"""Rows that broke a rule, described in plain English by the `example` of the rule."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orchestration.answers.slices import OBJECT_IN_WORDS
from orchestration.expectations.catalogue import RULES

if TYPE_CHECKING:
    import pandas as pd

MOST_EXAMPLES = 3
"""So many examples are in a violation's text; the rows themselves go to quarantine."""
MOST_DESCRIBED = 1_000
"""So many rows are described for Data Docs."""


def examples_in_brackets(rule: str, rows: "pd.DataFrame") -> str:
    """The first rows that broke a rule: `(spend: campaigns 10.50, the account 20; 2 more)`."""
    examples = [*_examples_of(rule, rows.head(MOST_EXAMPLES))]
    more = len(rows) - len(examples)
    return f"({'; '.join([*examples, *([f'{more} more'] if more else [])])})"


def examples_by_day(rule: str, rows: "pd.DataFrame") -> Iterator[tuple[str, str, str]]:
    """Client, day and description of each of the first rows that broke a rule."""
    rows = rows.head(MOST_DESCRIBED)
    days = rows["date_day" if "date_day" in rows else "date_start"]
    examples = _examples_of(rule, rows)
    for client_id, day, example in zip(rows["client_id"], days, examples, strict=True):
        yield client_id, str(day), example


def _examples_of(rule: str, rows: "pd.DataFrame") -> Iterator[str]:
    """A description of each row that broke a rule."""
    for row in rows.to_dict("records"):
        values = {str(name): _in_words(value) for name, value in row.items()}
        if "entity_id" in row:
            entity_id = row["entity_id"] if isinstance(row["entity_id"], str) else "without an id"
            values["object"] = f"{OBJECT_IN_WORDS[row['level']]} {entity_id}"
        yield RULES[rule].example.format_map(values)


def _in_words(value: Any) -> Any:
    """A number as `5,000` or `10.50`, and as `3e-09` where it would round to 0."""
    if not isinstance(value, float):
        return value
    if 0 < abs(value) < 0.005:
        return f"{value:.1g}"
    return f"{value:,.2f}".removesuffix(".00")
