"""From summed records to the rows of an insights reply: strings, and nothing that is zero."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from orchestration.sandbox.graph import invalid
from orchestration.sandbox.model import (
    WINDOWS,
    Account,
    Amounts,
    Campaign,
    Conversion,
    Number,
    Record,
    add_amounts,
    trimmed,
)
from orchestration.sandbox.ranges import Bucket

Row = dict[str, Any]
DEFAULT_FIELDS = ("account_id", "impressions", "spend")

# Accepted after January 2026, but no longer returned.
_SILENT_WINDOWS = ("7d_view", "28d_view", "1d_ev", "default")


class Cell(NamedTuple):
    """What one row is made of; without a campaign it is the account's own row."""

    account: Account
    bucket: Bucket
    campaign: Campaign | None
    total: Record
    windows: tuple[str, ...]


Field = Callable[[Cell], Any]


def render(cell: Cell, fields: Sequence[str]) -> Row:
    """The row; requested fields without a value are left out."""
    row: Row = {}
    for name in fields:
        value = _FIELDS[name](cell)
        if value is not None:
            row[name] = value
    row["date_start"] = cell.bucket.start.isoformat()
    row["date_stop"] = cell.bucket.stop.isoformat()
    return row


def checked_fields(names: Sequence[str]) -> tuple[str, ...]:
    """The fields to render, or the defaults when none is named."""
    for name in names:
        if name not in _FIELDS:
            raise invalid(f"{name} is not valid for fields param")
    # Both dates are in every row, and after all other fields.
    asked = tuple(name for name in names if name not in ("date_start", "date_stop"))
    return asked if names else DEFAULT_FIELDS


def checked_windows(names: Sequence[str]) -> tuple[str, ...]:
    """The windows that rows carry besides `value`."""
    for position, name in enumerate(names):
        if name not in WINDOWS and name not in _SILENT_WINDOWS:
            raise invalid(
                f"action_attribution_windows[{position}] must be one of the following values: "
                f"{', '.join((*WINDOWS, *_SILENT_WINDOWS))}"
            )
    return tuple(name for name in WINDOWS if name in names)


def _given(account: Account, number: Number | None) -> str | None:
    return None if number is None else account.text(number)


def _unless_zero(account: Account, number: Number | None) -> str | None:
    return account.text(number) if number else None


def _ratio(above: Number | None, below: Number | None, factor: int = 1) -> str | None:
    if not above or not below:
        return None
    return trimmed(format((Decimal(above) * factor / below).quantize(Decimal("0.000001")), "f"))


def _entries(cell: Cell, amounts: Callable[[Conversion], Amounts | None]) -> list[Row] | None:
    """The array of one action field; types that two conversions share are one entry."""
    found: dict[str, Amounts] = {}
    for conversion in cell.total.conversions:
        amount = amounts(conversion)
        if amount is not None:
            for kind in conversion.types:
                found[kind] = add_amounts(found[kind], amount) if kind in found else amount
    # Most types share their amounts with others; each set of amounts is written once.
    distinct = {id(amount): amount for amount in found.values() if amount[0]}
    written = {key: _written(cell, amount) for key, amount in distinct.items()}
    entries = [
        {"action_type": kind, **written[id(amount)]} for kind, amount in found.items() if amount[0]
    ]
    return entries or None


def _written(cell: Cell, amount: Amounts) -> dict[str, str]:
    """An amount with the windows asked for that are not zero."""
    text = cell.account.text
    shown = {"value": text(amount[0])}
    for name, number in zip(WINDOWS, amount[1:], strict=True):
        if number and name in cell.windows:
            shown[name] = text(number)
    return shown


_FIELDS: dict[str, Field] = {
    "account_id": lambda cell: cell.account.id,
    "account_name": lambda cell: cell.account.name,
    "account_currency": lambda cell: cell.account.currency,
    "campaign_id": lambda cell: cell.campaign and cell.campaign.id,
    "campaign_name": lambda cell: cell.campaign and cell.campaign.name,
    "objective": lambda cell: cell.campaign and cell.campaign.objective,
    "spend": lambda cell: _given(cell.account, cell.total.spend),
    "impressions": lambda cell: _given(cell.account, cell.total.impressions),
    "reach": lambda cell: _unless_zero(cell.account, cell.total.reach),
    "clicks": lambda cell: _unless_zero(cell.account, cell.total.clicks),
    "inline_link_clicks": lambda cell: _unless_zero(cell.account, cell.total.link_clicks),
    "frequency": lambda cell: _ratio(cell.total.impressions, cell.total.reach),
    "cpm": lambda cell: _ratio(cell.total.spend, cell.total.impressions, 1000),
    "cpc": lambda cell: _ratio(cell.total.spend, cell.total.clicks),
    "ctr": lambda cell: _ratio(cell.total.clicks, cell.total.impressions, 100),
    "actions": lambda cell: _entries(cell, lambda conversion: conversion.counts),
    "action_values": lambda cell: _entries(cell, lambda conversion: conversion.values),
    # Known to Meta and never filled here, so a request that names them still gets its rows.
    **dict.fromkeys(
        (
            "adset_id",
            "adset_name",
            "ad_id",
            "ad_name",
            "attribution_setting",
            "conversions",
            "conversion_values",
            "date_start",
            "date_stop",
            "purchase_roas",
            "unique_clicks",
        ),
        lambda _cell: None,
    ),
}
