"""Conversion families: which action types name the same event, and which of them is counted.

The only list is the seed of the dbt project, so the gate reads the same file as the models.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache

from orchestration.shipped_files import SHIPPED

SEED = SHIPPED / "dbt_project" / "seeds" / "conversion_families.csv"


@dataclass(frozen=True)
class Member:
    """An action type's place in its family; of those that occur the lowest precedence counts."""

    family: str
    precedence: int
    is_conversion: bool


@cache
def members() -> dict[str, Member]:
    """Every reviewed action type, and patterns of types (`%` stands for any text)."""
    with SEED.open(newline="", encoding="utf-8") as file:
        return {
            line["action_type"]: Member(
                line["conversion_family"], int(line["precedence"]), line["is_conversion"] == "true"
            )
            for line in csv.DictReader(file)
        }


@dataclass(frozen=True)
class Counting:
    """What a client counts in its own way.

    `families` are those that count as conversions; None: those that the seed flags. `custom` has
    pairs of a custom conversion's id and its family.
    """

    families: frozenset[str] | None = None
    custom: frozenset[tuple[str, str]] = frozenset()


Own = Counting | None
"""What a client counts in its own way; None: as the seed says."""
CUSTOM_PREFIX = "offsite_conversion.custom."
"""The types of custom conversions are this and their id."""
CUSTOM_PRECEDENCE = 1000
"""Custom conversions come after every reviewed type, by their ids."""


@cache
def flagged_families() -> frozenset[str]:
    """The families that count as conversions unless a client names its own."""
    return frozenset(member.family for member in members().values() if member.is_conversion)


@cache
def counted_families(own: Own = None) -> frozenset[str]:
    """The families that count as conversions for a client."""
    return flagged_families() if own is None or own.families is None else own.families


@cache
def counting_members(own: Own = None) -> Mapping[str, Member]:
    """The action types of the families that count into `conversions`, custom ones included."""
    counted, known = counted_families(own), members() | _custom(own)
    return {name: member for name, member in known.items() if member.family in counted}


@cache
def events_of(own: Own = None) -> Counting:
    """As the client counts, but with every family that names an event, counted or not."""
    families = frozenset(member.family for member in members().values()) - {"other"}
    return Counting(families, own.custom if own else frozenset())


@cache
def event_types(own: Own = None) -> frozenset[str]:
    """The action types that name an event, custom conversions of the client included."""
    return frozenset(counting_members(events_of(own)))


def _custom(own: Own) -> dict[str, Member]:
    named = sorted(own.custom) if own else ()
    return {
        CUSTOM_PREFIX + custom_id: Member(family, place, family in flagged_families())
        for place, (custom_id, family) in enumerate(named, start=CUSTOM_PRECEDENCE)
    }


_reviewed: set[str] = set()


def unknown_types(action_types: set[str]) -> set[str]:
    """Those of the types that nobody reviewed, neither by name nor by a pattern of the seed."""
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
    known = counting_members(own)
    occurring = sorted(action_types & known.keys(), key=lambda name: -known[name].precedence)
    # The last entry of a family wins: the one of the lowest precedence.
    return {known[name].family: name for name in occurring}
