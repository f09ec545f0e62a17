"""The API's arrays of actions: a page is checked in one pass, the rest is told by their shapes.

A shape is the types of an array in their order; few of them come again and again.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from orchestration.answers.families import Own, event_types
from orchestration.quality.forms import NUMBER

MOST_SHAPES = 4_096

Shape = tuple[str, ...]
Shapes = tuple[Shape, Shape]
"""Of the counts and the values of a row."""


def shape_of(entries: Sequence[dict[str, Any]] | None) -> Shape:
    """The action types of a well-formed array in their order."""
    return tuple([entry["action_type"] for entry in entries]) if entries else ()


class Plain(NamedTuple):
    """What is told of well-formed arrays: their shapes, and whether a number is below zero."""

    shapes: list[Shape]
    has_negative: bool


def read_plain(arrays: Sequence[Any]) -> Plain | None:
    """What is told of arrays that are all well-formed; None where one may not be: look closer."""
    if not {*map(type, arrays)} <= {list, type(None)}:
        return None
    try:
        shapes = [shape_of(entries) for entries in arrays]
        types = {name for shape in {*shapes} for name in shape}
        entries = list(chain.from_iterable(filter(None, arrays)))
        texts = list(chain.from_iterable(map(dict.values, entries)))
        # The same numbers come again and again: each is looked at once.
        numbers = [*{*texts} - types]
        # A value that is also the name of a type is missed there, and told by the count.
        is_plain = sum(map(types.__contains__, texts)) == len(entries)
    except (TypeError, KeyError):
        return None
    is_plain = (
        is_plain
        and NUMBER.fits_all(numbers)
        and all(isinstance(name, str) and not NUMBER.fits(name) for name in types)
        and all(len({*shape}) == len(shape) for shape in {*shapes})
    )
    return Plain(shapes, any(n[0] == "-" for n in numbers)) if is_plain else None


def array_problem(name: str, entries: Any) -> str | None:
    """What is wrong with one array; None where nothing is."""
    if entries is None:
        return None
    if not isinstance(entries, list):
        return f"{name} is no list"
    seen = set()
    for entry in entries:
        action_type = entry.get("action_type") if isinstance(entry, dict) else None
        if not isinstance(action_type, str):
            return f"an entry of {name} has no action_type"
        if action_type in seen:
            return f"{action_type} stands twice in {name}"
        seen.add(action_type)
        for key, value in entry.items():
            if key != "action_type" and not NUMBER.fits(str(value)):
                return f"{action_type} in {name} has the value {str(value)!r}"
    return None


def readable(entries: Any) -> list[dict[str, Any]]:
    """What can be read of an array that is not well-formed."""
    return [
        entry
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("action_type"), str)
    ]


@lru_cache(MOST_SHAPES)
def events(shape: Shape, own: Own) -> tuple[tuple[int, str], ...]:
    """Place and type of the entries whose type names an event of a family."""
    return tuple((n, name) for n, name in enumerate(shape) if name in event_types(own))
