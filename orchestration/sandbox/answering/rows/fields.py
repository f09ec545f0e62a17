"""The fields of an insights row, each with the function that takes it from the row's numbers."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, NamedTuple

from orchestration.sandbox.answering.absent_fields import ABSENT
from orchestration.sandbox.answering.entity_snapshot import EntitySnapshot
from orchestration.sandbox.wire.ranges import Bucket
from orchestration.sandbox.world.model import (
    OPTIMIZATION_GOALS,
    Account,
    AdObject,
    Amounts,
    Conversion,
    Moment,
    Number,
    Record,
    trimmed,
)
from orchestration.sandbox.world.sums import add_amounts

Row = dict[str, Any]
Windows = tuple[tuple[int, str], ...]
"""The attribution windows that rows carry beside `value`, each with its place in `Amounts`."""

ATTRIBUTION_SETTING = "7d_click_1d_view_1d_ev"
_SIX_DIGITS = Decimal("0.000001")


class Cell(NamedTuple):
    """What one row is made of; `owner` is `None` for the account's own row."""

    account: Account
    moment: Moment
    bucket: Bucket
    owner: AdObject | None
    total: Record
    windows: Windows


Field = Callable[[Cell], Any]


def _ratio(above: Number | None, below: Number | None, factor: int = 1) -> str | None:
    if not above or not below:
        return None
    return trimmed(format((Decimal(above) * factor / below).quantize(_SIX_DIGITS), "f"))


def _number(cell: Cell, number: Number | None) -> str | None:
    return None if number is None else cell.account.text(number)


def _unless_zero(cell: Cell, number: Number | None) -> str | None:
    return cell.account.text(number) if number else None


def _id(level: str) -> Field:
    def field(cell: Cell) -> str | None:
        owner = cell.owner and cell.owner.at(level)
        return owner.id if owner else None

    return field


def _name(level: str) -> Field:
    """The name that the object has now, whatever it was on the day."""

    def field(cell: Cell) -> str | None:
        owner = cell.owner and cell.owner.at(level)
        return cell.account.source.states(cell.moment.today)[owner.id].name if owner else None

    return field


def _instant(instant: Callable[[EntitySnapshot], Any]) -> Field:
    def field(cell: Cell) -> str | None:
        if cell.owner is None:
            return None
        return f"{instant(EntitySnapshot(cell.account, cell.owner, cell.moment.today)):%Y-%m-%d}"

    return field


def _of_owner(value: Callable[[AdObject], str]) -> Field:
    return lambda cell: value(cell.owner) if cell.owner else None


def _by_type(
    cell: Cell, amounts: Callable[[Conversion], Amounts | None], field: str = "actions"
) -> dict[str, Amounts]:
    """The amounts of one action field; types that two conversions share are one entry."""
    by_type: dict[str, Amounts] = {}
    for conversion in cell.total.conversions:
        amount = amounts(conversion) if conversion.field == field else None
        if amount is not None and amount[0]:
            for kind in conversion.types:
                earlier = by_type.get(kind)
                by_type[kind] = add_amounts(earlier, amount) if earlier else amount
    return by_type


def _counts(conversion: Conversion) -> Amounts:
    return conversion.counts


def _values(conversion: Conversion) -> Amounts | None:
    return conversion.values


def _entries(amounts: Callable[[Conversion], Amounts | None], source: str = "actions") -> Field:
    def field(cell: Cell) -> list[Row] | None:
        by_type = _by_type(cell, amounts, source)
        # Most types share their amounts with others; each set of amounts is written once.
        written = {id(amount): _written(cell, amount) for amount in by_type.values()}
        entries = [{"action_type": kind, **written[id(by_type[kind])]} for kind in by_type]
        return entries or None

    return field


def _written(cell: Cell, amount: Amounts) -> dict[str, str]:
    """An amount with the windows asked for that are not zero."""
    text = cell.account.text
    first = amount[0]
    shown = {"value": str(first) if type(first) is int else text(first)}
    for place, name in cell.windows:
        number = amount[place]
        if number:
            # Most numbers are counts, and this is where the time of a page goes.
            shown[name] = str(number) if type(number) is int else text(number)
    return shown


def _cost_per_action(cell: Cell) -> list[Row] | None:
    costs = {
        kind: _ratio(cell.total.spend, amount[0])
        for kind, amount in _by_type(cell, _counts).items()
    }
    return [{"action_type": kind, "value": cost} for kind, cost in costs.items() if cost] or None


def _roas(kind: str) -> Field:
    def field(cell: Cell) -> list[Row] | None:
        amount = _by_type(cell, _values).get(kind)
        ratio = _ratio(amount[0], cell.total.spend) if amount else None
        return [{"action_type": kind, "value": ratio}] if ratio else None

    return field


FIELDS: dict[str, Field] = {
    **dict.fromkeys(ABSENT["row"], lambda _cell: None),
    "account_id": lambda cell: cell.account.id,
    "account_name": lambda cell: cell.account.name,
    "account_currency": lambda cell: cell.account.currency,
    **{f"{level}_id": _id(level) for level in ("campaign", "adset", "ad")},
    **{f"{level}_name": _name(level) for level in ("campaign", "adset", "ad")},
    "objective": _of_owner(lambda owner: owner.objective),
    "optimization_goal": _of_owner(lambda owner: OPTIMIZATION_GOALS[owner.objective]),
    "buying_type": _of_owner(lambda _owner: "AUCTION"),
    "attribution_setting": lambda _cell: ATTRIBUTION_SETTING,
    "created_time": _instant(lambda snapshot: snapshot.created_at),
    "updated_time": _instant(lambda snapshot: snapshot.updated_at),
    "spend": lambda cell: _number(cell, cell.total.spend),
    "impressions": lambda cell: _number(cell, cell.total.impressions),
    "reach": lambda cell: _unless_zero(cell, cell.total.reach),
    "clicks": lambda cell: _unless_zero(cell, cell.total.clicks),
    "unique_clicks": lambda cell: _unless_zero(cell, (cell.total.clicks or 0) * 9 // 10),
    "inline_link_clicks": lambda cell: _unless_zero(cell, cell.total.link_clicks),
    "inline_link_click_ctr": lambda cell: _ratio(
        cell.total.link_clicks, cell.total.impressions, 100
    ),
    "cost_per_inline_link_click": lambda cell: _ratio(cell.total.spend, cell.total.link_clicks),
    "frequency": lambda cell: _ratio(cell.total.impressions, cell.total.reach),
    "cpm": lambda cell: _ratio(cell.total.spend, cell.total.impressions, 1000),
    "cpp": lambda cell: _ratio(cell.total.spend, cell.total.reach, 1000),
    "cpc": lambda cell: _ratio(cell.total.spend, cell.total.clicks),
    "ctr": lambda cell: _ratio(cell.total.clicks, cell.total.impressions, 100),
    "actions": _entries(_counts),
    "action_values": _entries(_values),
    "conversions": _entries(_counts, "conversions"),
    "conversion_values": _entries(_values, "conversions"),
    "catalog_segment_actions": _entries(_counts, "catalog_segment_actions"),
    "catalog_segment_value": _entries(_values, "catalog_segment_actions"),
    "cost_per_action_type": _cost_per_action,
    "purchase_roas": _roas("omni_purchase"),
    "website_purchase_roas": _roas("offsite_conversion.fb_pixel_purchase"),
}
"""A field whose value is `None` is left out of the row."""
