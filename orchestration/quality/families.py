"""Conversion families: which action types name the same event, and which one is counted.

The seed of the dbt project is the one list; the gate reads the same file as the models.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SEED = Path(__file__).parents[2] / "dbt_project" / "seeds" / "conversion_families.csv"


@dataclass(frozen=True)
class Member:
    """An action type's place in its family; the lowest precedence that occurs is counted."""

    family: str
    precedence: int
    is_conversion: bool


@cache
def members() -> Mapping[str, Member]:
    """Every reviewed action type."""
    with SEED.open(newline="", encoding="utf-8") as file:
        return {
            line["action_type"]: Member(
                line["conversion_family"], int(line["precedence"]), line["is_conversion"] == "true"
            )
            for line in csv.DictReader(file)
        }


def counted_types(action_types: set[str]) -> dict[str, str]:
    """The one action type to count for each conversion family among those that occur."""
    best: dict[str, str] = {}
    for action_type in sorted(action_types & members().keys()):
        member = members()[action_type]
        if not member.is_conversion:
            continue
        rival = best.get(member.family)
        if rival is None or member.precedence < members()[rival].precedence:
            best[member.family] = action_type
    return best
