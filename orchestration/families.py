"""Conversion families: which action types name the same event, and which one is counted.

The seed of the dbt project is the one list; the gate reads the same file as the models.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path

SEED = Path(__file__).parents[1] / "dbt_project" / "seeds" / "conversion_families.csv"


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


Own = frozenset[str] | None
"""The families that a client counts as conversions; None: those that the seed flags."""


@cache
def flagged_families() -> frozenset[str]:
    """The families that count as conversions unless a client names its own."""
    return frozenset(member.family for member in members().values() if member.is_conversion)


@cache
def event_families() -> frozenset[str]:
    """Every family that names one event, counted as a conversion or not."""
    return frozenset(member.family for member in members().values()) - {"other"}


@cache
def event_types() -> frozenset[str]:
    """The action types of those families."""
    return frozenset(name for name, member in members().items() if member.family != "other")


def _counts(member: Member, own: Own) -> bool:
    """Whether a member's family is one of those that the client counts."""
    return member.is_conversion if own is None else member.family in own


_reviewed: set[str] = set()


def unknown_types(action_types: set[str]) -> set[str]:
    """Those that nobody reviewed, neither by name nor by a pattern of the seed (`%`)."""
    new = action_types - _reviewed
    if not new:
        return new
    known = {name for name in new if name in members() or _matches_a_pattern(name)}
    _reviewed.update(known)
    return new - known


def _matches_a_pattern(name: str) -> bool:
    return any(
        fnmatchcase(name, pattern.replace("%", "*")) for pattern in members() if "%" in pattern
    )


def counted_types(action_types: set[str], own: Own = None) -> dict[str, str]:
    """The one action type to count for each conversion family among those that occur."""
    best: dict[str, str] = {}
    for action_type in sorted(action_types & members().keys()):
        member = members()[action_type]
        if not _counts(member, own):
            continue
        rival = best.get(member.family)
        if rival is None or member.precedence < members()[rival].precedence:
            best[member.family] = action_type
    return best
