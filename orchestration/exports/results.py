"""What the counts of an export are in the API: actions by their types, and what it does not say.

`Results` counts another event for each campaign, which the result type names: as an indicator
(`actions:link_click`) or in words. What no table knows keeps its name and belongs to no family.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from orchestration.answers.families import Own, counting_members, members
from orchestration.exports.export import Export, Row, exact_sum
from orchestration.exports.headers import Columns, plain

FILE = Path(__file__).with_name("results.yml")
UNKNOWN = "export_result."
"""Types of results that no table knows are this and their own name."""
_INDICATOR = re.compile(r"(?:actions|conversions|action_values):([a-z0-9_.]+)(?::.*)?")
_FIELD = re.compile(r"[a-z0-9_]+")


@dataclass(frozen=True, slots=True)
class Action:
    """The count, and the value if there is one, of an event under all its types."""

    types: tuple[str, ...]
    count: Decimal
    value: Decimal | None


@cache
def column_types() -> Mapping[str, tuple[str, ...]]:
    """The action types of each column of counts."""
    return {name: tuple(types) for name, types in _file()["columns"].items()}


@cache
def _types_in_words() -> Mapping[str, tuple[str, ...]]:
    return {
        plain(name): tuple(entry["means"]) for entry in _file()["types"] for name in entry["names"]
    }


@cache
def _file() -> Mapping[str, Any]:
    read: Mapping[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return read


def types_of_result(written: str) -> tuple[str, ...]:
    """The action types that a result type means; none for delivery, such as reach."""
    if match := _INDICATOR.fullmatch(written.strip()):
        return (match[1],)
    if (known := _types_in_words().get(plain(written))) is not None:
        return known
    # Indicators without a field in front are delivery: reach, impressions, video_thruplay_watched.
    if not written.strip() or _FIELD.fullmatch(written.strip()):
        return ()
    return (UNKNOWN + plain(written).replace(" ", "_"),)


def actions_of(row: Row, columns: Columns) -> list[Action]:
    """The actions of a row; an empty cell of a column that the file has is none."""
    added: dict[tuple[str, ...], Action] = {}
    for action in (each for line in row.lines for each in _actions_of_line(line, columns)):
        before = added.get(action.types, Action(action.types, Decimal(0), None))
        values = [value for value in (before.value, action.value) if value is not None]
        added[action.types] = Action(
            action.types,
            exact_sum((before.count, action.count)),
            exact_sum(values) if values else None,
        )
    return [*added.values()]


def _actions_of_line(row: Row, columns: Columns) -> Iterator[Action]:
    for meaning, types in column_types().items():
        count = row.metrics.get(meaning)
        value = row.metrics.get("purchase_value") if meaning == "purchases" else None
        if count or value:
            yield Action(types, count or Decimal(0), value)
    count, types = row.metrics.get("results"), types_of_result(row.result_type)
    if count and types and not _has_column(types, columns):
        yield Action(types, count, None)


def _has_column(types: Sequence[str], columns: Columns) -> bool:
    """Whether a column of the file counts the family of these types already."""
    families = _families(types)
    return any(
        meaning in columns and (families & _families(of_column) or {*types} & {*of_column})
        for meaning, of_column in column_types().items()
    )


def _families(types: Collection[str]) -> set[str]:
    return {members()[name].family for name in types if name in members()} - {"other"}


def names_conversions(export: Export, rows: Sequence[Row], own: Own, had: Collection[str]) -> bool:
    """Whether rows say how many conversions there were: else that is unknown, and never zero.

    They do where the file has a column for every counted family that the client had so far (`had`),
    and for one at least; or where each row's results are of such a family.
    """
    counting = counting_members(own)
    with_columns = {
        counting[name].family
        for meaning, types in column_types().items()
        if meaning in export.columns
        for name in types
        if name in counting
    }
    if with_columns:
        return {*had} <= with_columns
    return "results" in export.columns and all(
        any(name in counting for name in types_of_result(row.result_type)) for row in rows
    )
