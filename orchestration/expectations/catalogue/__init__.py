"""Every rule of the gate: its group, its severity, and what it means in plain words.

Each has a section in `docs/runbook.md`. Lists of rules are derived from `RULES`; a test
compares the one in SQL, `ops.split_rules()`. Importing this does not import Great Expectations.
"""

from collections.abc import Mapping

from orchestration.expectations.catalogue import control_totals, insights, patterns, standing
from orchestration.expectations.catalogue.insights import ROW_ODDITIES
from orchestration.expectations.catalogue.patterns import ZERO_CHANCE
from orchestration.expectations.catalogue.rule import DEFAULT_ALERT, Group, Rule

__all__ = ["DEFAULT_ALERT", "ROW_ODDITIES", "RULES", "ZERO_CHANCE", "Group", "Rule"]

RULES: Mapping[str, Rule] = {
    **insights.RULES,
    **control_totals.RULES,
    **standing.RULES,
    **patterns.RULES,
}
