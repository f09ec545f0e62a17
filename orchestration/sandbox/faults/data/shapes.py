"""Wrong data in the shape of rows: fields and entries that are missing, unknown or garbage."""

from collections.abc import Callable
from typing import Any

import orjson

from orchestration.sandbox.faults.data.kind import DataKind, Row
from orchestration.sandbox.faults.data.rows import Spoil, changed
from orchestration.sandbox.world.model import Account

UNKNOWN_ACTION_TYPE = "onsite_conversion.hologram_purchase"
DEPTH = 300
"""Deeper than many programs write JSON, and not deeper than they read it."""

_NAMES = ("account_name", "campaign_name", "adset_name", "ad_name")


def _one_action_more(actions: list[Any]) -> list[Any]:
    return [*actions, {"action_type": UNKNOWN_ACTION_TYPE, "value": "3"}]


def _without_counts_of_values(row: Row, _account: Account) -> None:
    valued = {entry["action_type"] for entry in row.get("action_values", ())}
    if valued and "actions" in row:
        row["actions"] = [e for e in row["actions"] if e["action_type"] not in valued]


def _without(field: str) -> Spoil:
    def spoil(row: Row, _account: Account) -> None:
        row.pop(field, None)

    return spoil


def _unexpected(value: Any) -> Spoil:
    """A field that nobody asked for."""

    def spoil(row: Row, _account: Account) -> None:
        row["unexpected"] = value

    return spoil


def _named(change: Callable[[str], Any]) -> Spoil:
    """Every name of the row changed."""

    def spoil(row: Row, _account: Account) -> None:
        for name in _NAMES:
            if name in row:
                row[name] = change(row[name])

    return spoil


def _broken_names(description: str, ending: bytes) -> DataKind:
    """Names that no JSON parser accepts, because of the bytes that follow the true name."""
    return DataKind(
        description=description,
        spoil=_named(lambda name: orjson.Fragment(orjson.dumps(name)[:-1] + ending + b'"')),
    )


SHAPE_KINDS: dict[str, DataKind] = {
    "unknown_action_type": DataKind(
        description=f"actions hold an entry of the type {UNKNOWN_ACTION_TYPE}",
        spoil=changed("actions", _one_action_more),
    ),
    "value_without_count": DataKind(
        description="types that have a value are missing from actions",
        spoil=_without_counts_of_values,
    ),
    "no_currency": DataKind(
        description="account_currency is absent", spoil=_without("account_currency")
    ),
    "deep_field": DataKind(
        description=f"rows hold a field that was not asked for, lists in lists, {DEPTH} deep",
        spoil=_unexpected(orjson.Fragment(b"[" * DEPTH + b"]" * DEPTH)),
    ),
    "extra_field": DataKind(
        description="rows hold a field that was not asked for: unexpected",
        spoil=_unexpected({"value": "1"}),
    ),
    "missing_field": DataKind(
        description="impressions are absent although there is spend", spoil=_without("impressions")
    ),
    "null_values": DataKind(description="spend is null", spoil=changed("spend", lambda _: None)),
    "lone_surrogate": _broken_names(
        "names end with the escape of half a surrogate pair: \\ud83d", b"\\ud83d"
    ),
    "cut_emoji": _broken_names(
        "names end with three of the four bytes of an emoji", b"\xf0\x9f\x98"
    ),
    "foreign_bytes": _broken_names("names hold bytes that are no UTF-8", b" M\xfcnchen \xff"),
    "raw_controls": _broken_names(
        "names hold a NUL and a line feed that are not escaped, and U+2028", b"\x00\n\xe2\x80\xa8"
    ),
    "string_garbage": DataKind(
        description="names hold a NUL character and an emoji",
        # Another fault may have put raw bytes in the place of a name.
        spoil=_named(lambda n: f"{n}\x00\U0001f4a5" if isinstance(n, str) else n),
    ),
}
