"""Keyword arguments that tie an expectation to a rule of the catalogue."""

from typing import Any

from great_expectations.expectations.row_conditions import Column

from orchestration.expectations.catalogue import RULES


def rule(name: str) -> dict[str, Any]:
    """Arguments of an expectation that make it check the rule `name`.

    `blocking` refuses the client-day, `warning` keeps it and says so.
    """
    checked = RULES[name]
    return {
        "severity": "critical" if checked.severity == "blocking" else "warning",
        "meta": {"rule": name, "severity": checked.severity},
        "description": checked.description,
    }


def where_positive(column: str) -> dict[str, Any]:
    """Arguments that apply an expectation only to rows in which a column is above zero."""
    return {"row_condition": Column(column) > 0}
