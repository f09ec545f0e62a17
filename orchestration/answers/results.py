"""Adds to `actions` the results that Meta sends in other fields, so that all are counted alike.

`conversions` has results of custom events and forms (contact_total, schedule_website),
`catalog_segment_actions` the purchases of items that a shop shares with the advertiser. The latter
have the same names as those of `actions`, so they get a prefix and are never added to those.
"""

from collections.abc import Mapping
from typing import Any

Row = dict[str, Any]
"""A row of the API, as it came."""

CATALOG_PREFIX = "catalog_segment."
SOURCES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "actions": (("conversions", ""), ("catalog_segment_actions", CATALOG_PREFIX)),
    "action_values": (("conversion_values", ""), ("catalog_segment_value", CATALOG_PREFIX)),
}
"""For each counted array the fields that are added to it, with the prefix of their types."""
RESULT_FIELDS = tuple(name for sources in SOURCES.values() for name, _ in sources)


def with_all_results(row: Row) -> Row:
    """The row with all its results in `actions` and `action_values`; itself if it has no others.

    A type that the array names already is not added again. What cannot be read is added as it is,
    so that the gate refuses the row.
    """
    if not any(row.get(name) for name in RESULT_FIELDS):
        return row
    return row | {array: _joined(row, array) for array in SOURCES}


def _joined(row: Row, array: str) -> Any:
    entries = row.get(array)
    if entries is not None and not isinstance(entries, list):
        return entries
    joined = list(entries or ())
    named = {_type(entry) for entry in joined}
    for name, prefix in SOURCES[array]:
        others = row.get(name) or []
        if not isinstance(others, list):
            return others
        joined += [_renamed(entry, prefix) for entry in others if _type(entry, prefix) not in named]
    return joined


def _type(entry: Any, prefix: str = "") -> str | None:
    kind = entry.get("action_type") if isinstance(entry, dict) else None
    return prefix + kind if isinstance(kind, str) else None


def _renamed(entry: Any, prefix: str) -> Any:
    kind = _type(entry, prefix)
    return entry | {"action_type": kind} if prefix and kind else entry
