"""Faults in the shape of rows: fields and entries that are missing, foreign, empty or garbage."""

from typing import Any

import orjson

from orchestration.sandbox.data_kind import DataKind
from orchestration.sandbox.model import Account

UNKNOWN_ACTION_TYPE = "onsite_conversion.hologram_purchase"
DEPTH = 300
"""Deeper than many programs write JSON, and not deeper than they read it."""
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


class StringGarbage(DataKind):
    """Text that databases do not take."""

    name = "string_garbage"
    description = "names hold a NUL character and an emoji"

    def spoil(self, row: dict[str, Any], account: Account) -> None:
        """Every name of the row."""
        del account
        for name in ("account_name", "campaign_name", "adset_name", "ad_name"):
            if name in row:
                row[name] += _GARBAGE
