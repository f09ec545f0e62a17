"""The API's arrays of actions: a page is checked in one pass, the rest is told by their shapes.

A shape is the types of an array in their order; few of them come again and again.
"""

from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from orchestration.families import counting_types
from orchestration.quality.forms import NUMBER

MOST_SHAPES = 4_096

Shape = tuple[str, ...]
Shapes = tuple[Shape, Shape] | tuple[None, None]
"""Of the counts and the values of a row; None where they are not well-formed."""


def shape_of(entries: Sequence[dict[str, Any]] | None) -> Shape:
    """The action types of a well-formed array in their order."""
    return tuple([entry["action_type"] for entry in entries]) if entries else ()


def plain_shapes(arrays: Sequence[Any]) -> list[Shape] | None:
    """The shapes of arrays that are all well-formed; None where one may not be: look closer."""
    if not {*map(type, arrays)} <= {list, type(None)}:
        return None
    try:
        shapes = [shape_of(entries) for entries in arrays]
        types = {name for shape in {*shapes} for name in shape}
        entries = list(chain.from_iterable(filter(None, arrays)))
        texts = list(chain.from_iterable(map(dict.values, entries)))
        # A value that is also the name of a type is missed here, and told by the count.
        numbers = [text for text in texts if text not in types]
    except (TypeError, KeyError):
        return None
    is_plain = (
        len(numbers) == len(texts) - len(entries)
        and NUMBER.fits_all(numbers)
        and all(isinstance(name, str) and not NUMBER.fits(name) for name in types)
        and all(len({*shape}) == len(shape) for shape in {*shapes})
    )
    return shapes if is_plain else None


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


def counting(entries: list[Any], shape: Shape | None) -> Iterator[tuple[str, Any]]:
    """Type and value, as it came, of the entries that may count into `conversions`.

    Without a shape the array is not well-formed, and what can be read of it is read.
    """
    if shape is None:
        entries = [
            e for e in entries if isinstance(e, dict) and isinstance(e.get("action_type"), str)
        ]
        shape = shape_of(entries)
    for place in _counting_places(shape):
        entry = entries[place]
        yield entry["action_type"], entry.get("value")


@lru_cache(MOST_SHAPES)
def _counting_places(shape: Shape) -> tuple[int, ...]:
    return tuple(n for n, name in enumerate(shape) if name in counting_types())
