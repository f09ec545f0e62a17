"""How an expectation becomes a rule of the catalogue."""

from typing import Any

from great_expectations.expectations.row_conditions import Column

from expectations.catalogue import RULES


def rule(name: str) -> dict[str, Any]:
    """Keyword arguments of an expectation that make it the rule `name`.

    `blocking` refuses the client-day, `warning` keeps it and says so.
    """
    found = RULES[name]
    return {
        "severity": "critical" if found.severity == "blocking" else "warning",
        "meta": {"rule": name, "severity": found.severity},
        "description": found.description,
    }


def where_positive(column: str) -> dict[str, Any]:
    """Keyword arguments that apply an expectation only where a column is above zero."""
    return {"row_condition": Column(column) > 0}
