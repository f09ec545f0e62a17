"""The API's arrays of actions, read fast: the same types and counts come again and again."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import chain
from typing import Any

from orchestration.families import counting_types

NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,40})?\Z")
"""What the warehouse's numeric holds without a doubt; other digits are none."""
MOST_NUMBERS = 30_000
MOST_SHAPES = 4_096
_numbers: set[str] = set()
"""Texts that were found to be numbers."""


def is_number(text: str) -> bool:
    """Whether a text is a number as Meta writes it."""
    if text in _numbers:
        return True
    if NUMBER.match(text) is None:
        return False
    if len(_numbers) >= MOST_NUMBERS:
        _numbers.clear()
    _numbers.add(text)
    return True


def types_of(entries: Sequence[dict[str, Any]] | None) -> tuple[str, ...]:
    """The action types of an array in their order."""
    return tuple([entry["action_type"] for entry in entries]) if entries else ()


def are_plain(entries: Any) -> bool:
    """Whether all is well with an array, as far as that is told fast; False asks to look closer."""
    if entries is None:
        return True
    if not isinstance(entries, list):
        return False
    try:
        types = types_of(entries)
        texts = list(chain.from_iterable(map(dict.values, entries)))
        # No type looks like a number, so that what is counted here is all the values but the types.
        return _are_types(types) and (
            sum(map(_numbers.__contains__, texts)) == len(texts) - len(types)
            or all(is_number(v) for e in entries for k, v in e.items() if k != "action_type")
        )
    except (TypeError, KeyError):
        return False


@lru_cache(MOST_SHAPES)
def _are_types(types: tuple[Any, ...]) -> bool:
    """Whether these are texts, none of them twice and none a number."""
    return len({*types}) == len(types) and all(
        isinstance(name, str) and not NUMBER.match(name) for name in types
    )


def counting(entries: list[Any]) -> Iterator[tuple[str, Any]]:
    """Type and value, as it came, of the entries that may count into `conversions`."""
    try:
        places = _counting_places(types_of(entries))
    except (TypeError, KeyError):  # an entry is no entry, or its type no text
        named = [
            e for e in entries if isinstance(e, dict) and isinstance(e.get("action_type"), str)
        ]
        if len(named) < len(entries):
            yield from counting(named)
        return
    for place in places:
        entry = entries[place]
        yield entry["action_type"], entry.get("value")


@lru_cache(MOST_SHAPES)
def _counting_places(types: tuple[str, ...]) -> tuple[int, ...]:
    return tuple(n for n, name in enumerate(types) if name in counting_types())
