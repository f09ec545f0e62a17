"""Reads the API's arrays of actions: a page is checked in one pass where all of it is well-formed.

The shape of an array is the list of its action types, in their order. A page has few different
shapes, so what depends on the shape alone is worked out once for each.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import chain
from typing import Any, NamedTuple

from orchestration.answers.families import Own, event_types
from orchestration.quality.rows.forms import NUMBER

MOST_SHAPES = 4_096
"""Shapes whose results are remembered."""

Shape = tuple[str, ...]
Shapes = tuple[Shape, Shape]
"""The shapes of a row's counts and of its values."""


def shape_of(entries: Sequence[dict[str, Any]] | None) -> Shape:
    """The action types of a well-formed array in their order."""
    return tuple([entry["action_type"] for entry in entries]) if entries else ()


class WellFormed(NamedTuple):
    """The shapes of well-formed arrays, and whether any of their numbers is below zero."""

    shapes: list[Shape]
    has_negative: bool


def read_well_formed(arrays: Sequence[Any]) -> WellFormed | None:
    """Read arrays that are all well-formed; None where one may not be and each must be checked."""
    if not {*map(type, arrays)} <= {list, type(None)}:
        return None
    try:
        shapes = [shape_of(entries) for entries in arrays]
        types = {name for shape in {*shapes} for name in shape}
        entries = list(chain.from_iterable(filter(None, arrays)))
        texts = list(chain.from_iterable(map(dict.values, entries)))
        # The same numbers come again and again: each is checked once.
        numbers = [*{*texts} - types]
        # A value that is also the name of a type is missing from `numbers`; the count finds it.
        has_plain_values = sum(map(types.__contains__, texts)) == len(entries)
    except (TypeError, KeyError):
        return None
    is_well_formed = (
        has_plain_values
        and NUMBER.fits_all(numbers)
        and all(isinstance(name, str) and not NUMBER.fits(name) for name in types)
        and all(len({*shape}) == len(shape) for shape in {*shapes})
    )
    if not is_well_formed:
        return None
    return WellFormed(shapes, has_negative=any(number[0] == "-" for number in numbers))


def array_problem(name: str, entries: Any) -> str | None:
    """What is wrong with one array, in words; None where nothing is."""
    if entries is None:
        return None
    if not isinstance(entries, list):
        return f"{name} is not a list"
    seen = set()
    for entry in entries:
        action_type = entry.get("action_type") if isinstance(entry, dict) else None
        if not isinstance(action_type, str):
            return f"an entry of {name} has no action_type"
        if action_type in seen:
            return f"{action_type} is in {name} twice"
        seen.add(action_type)
        for key, value in entry.items():
            if key != "action_type" and not NUMBER.fits(str(value)):
                return f"{action_type} in {name} has the value {str(value)!r}, which is no number"
    return None


def readable(entries: Any) -> list[dict[str, Any]]:
    """The entries that can be read of an array that may not be well-formed."""
    return [
        entry
        for entry in (entries if isinstance(entries, list) else ())
        if isinstance(entry, dict) and isinstance(entry.get("action_type"), str)
    ]


@lru_cache(MOST_SHAPES)
def event_entries(shape: Shape, own: Own) -> tuple[tuple[int, str], ...]:
    """Place and type of the entries whose type names an event of a conversion family."""
    return tuple((n, name) for n, name in enumerate(shape) if name in event_types(own))
