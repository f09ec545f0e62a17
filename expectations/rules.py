"""How an expectation becomes a rule: a name, a severity and a sentence a person understands."""

from typing import Any, Literal

from great_expectations.expectations.row_conditions import Column

Severity = Literal["blocking", "warning"]


def rule(name: str, severity: Severity, description: str) -> dict[str, Any]:
    """Keyword arguments of an expectation that make it the rule `name`.

    `blocking` refuses the client-day, `warning` keeps it and says so.
    """
    return {
        "severity": "critical" if severity == "blocking" else "warning",
        "meta": {"rule": name, "severity": severity},
        "description": description,
    }


def where_positive(column: str) -> dict[str, Any]:
    """Keyword arguments that apply an expectation only where a column is above zero."""
    return {"row_condition": Column(column) > 0}
