"""Faults in the shape of rows: fields and entries that are missing, foreign, empty or garbage."""

from typing import Any, ClassVar

import orjson

from orchestration.sandbox.faults.data_kind import DataKind
from orchestration.sandbox.world.model import Account

UNKNOWN_ACTION_TYPE = "onsite_conversion.hologram_purchase"
DEPTH = 300
"""Deeper than many programs write JSON, and not deeper than they read it."""
_NAMES = ("account_name", "campaign_name", "adset_name", "ad_name")
_GARBAGE = "\x00\U0001f4a5"


class UnknownActionType(DataKind):
    """A kind of action nobody has heard of."""

    name = "unknown_action_type"
    description = f"actions hold an entry of the type {UNKNOWN_ACTION_TYPE}"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """One entry more, where there are any."""
        del account
        if "actions" in row:
            entry = {"action_type": UNKNOWN_ACTION_TYPE, "value": "3"}
            row["actions"] = [*row["actions"], entry]


class ValueWithoutCount(DataKind):
    """Money from conversions that are not there."""

    name = "value_without_count"
    description = "types that have a value are missing from actions"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """The counts of what has a value go."""
        del account
        valued = {entry["action_type"] for entry in row.get("action_values", ())}
        if valued and "actions" in row:
            row["actions"] = [e for e in row["actions"] if e["action_type"] not in valued]


class NoCurrency(DataKind):
    """Money of no currency."""

    name = "no_currency"
    description = "account_currency is absent"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Take it off."""
        del account
        row.pop("account_currency", None)


class ExtraField(DataKind):
    """A field nobody asked for."""

    name = "extra_field"
    description = "rows hold a field that was not asked for: unexpected"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """An object in place of text, too."""
        del account
        row["unexpected"] = {"value": "1"}


class DeepField(DataKind):
    """A field that can be read and not written again."""

    name = "deep_field"
    description = f"rows hold a field that was not asked for, lists in lists, {DEPTH} deep"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """An empty list in a list in a list."""
        del account
        row["unexpected"] = orjson.Fragment(b"[" * DEPTH + b"]" * DEPTH)


class MissingField(DataKind):
    """A metric that has to be there is not."""

    name = "missing_field"
    description = "impressions are absent although there is spend"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Take them off."""
        del account
        row.pop("impressions", None)


class NullValues(DataKind):
    """JSON's null for a number."""

    name = "null_values"
    description = "spend is null"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Null for text."""
        del account
        if "spend" in row:
            row["spend"] = None


class BrokenText(DataKind):
    """Names that no JSON parser takes; `ending` are the bytes that follow upon the true name."""

    ending: ClassVar[bytes]

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Every name of the row, as bytes."""
        del account
        for name in _NAMES:
            if name in row:
                row[name] = orjson.Fragment(orjson.dumps(row[name])[:-1] + self.ending + b'"')


class LoneSurrogate(BrokenText):
    """The first half of an emoji, written as its escape."""

    name = "lone_surrogate"
    description = "names end with the escape of half a surrogate pair: \\ud83d"
    ending = b"\\ud83d"


class CutEmoji(BrokenText):
    """An emoji that was cut in the middle of its bytes."""

    name = "cut_emoji"
    description = "names end with three of the four bytes of an emoji"
    ending = b"\xf0\x9f\x98"


class ForeignBytes(BrokenText):
    """Latin-1 in the middle of UTF-8."""

    name = "foreign_bytes"
    description = "names hold bytes that are no UTF-8"
    ending = b" M\xfcnchen \xff"


class RawControls(BrokenText):
    """Control characters as they are."""

    name = "raw_controls"
    description = "names hold a NUL and a line feed that are not escaped, and U+2028"
    ending = b"\x00\n\xe2\x80\xa8"


class StringGarbage(DataKind):
    """Text that databases do not take."""

    name = "string_garbage"
    description = "names hold a NUL character and an emoji"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Every name of the row."""
        del account
        for name in _NAMES:
            if name in row:
                row[name] += _GARBAGE
