"""What every source of the sandbox's numbers delivers: accounts, campaigns and campaign-days."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, localcontext
from typing import NamedTuple, Protocol
from zoneinfo import ZoneInfo

Number = int | Decimal
Amounts = tuple[Number, ...]

WINDOWS = ("1d_click", "7d_click", "28d_click", "1d_view")
"""The attribution windows served, in the order in which they follow `value` in `Amounts`."""

ZERO_DECIMAL = frozenset({"CLP", "JPY", "KRW", "VND"})
"""Currencies without a minor unit."""

# A recorded export can carry 17 digits per cell; sums of years of them have to stay exact.
SUM_PRECISION = 100


@dataclass(frozen=True, slots=True)
class Campaign:
    """One campaign; `ordinal` is its place in the account's list."""

    id: str
    name: str
    objective: str
    ordinal: int
    created: date


class Conversion(NamedTuple):
    """One kind of action of a campaign-day, under all the overlapping types Meta reports it as.

    `counts` and `values` hold the default `value` first, then one amount for each of `WINDOWS`.
    """

    types: tuple[str, ...]
    counts: Amounts
    values: Amounts | None


class Record(NamedTuple):
    """One campaign-day, or the sum of several; `None` is a metric the source does not have."""

    campaign: Campaign
    spend: Number | None
    impressions: Number | None
    clicks: Number | None
    link_clicks: Number | None
    reach: Number | None
    conversions: tuple[Conversion, ...]


class DaySource(Protocol):
    """Where an account's days come from."""

    def first_day(self, as_of: date) -> date:
        """The first day with data, seen on the account-local day `as_of`."""

    def last_day(self, as_of: date) -> date:
        """The last finished day with data, seen on the account-local day `as_of`."""

    def records(self, day: date, as_of: date) -> Sequence[Record]:
        """The campaign-days of `day` as they stand on the account-local day `as_of`."""

    def effective_status(self, campaign: Campaign, as_of: date) -> str:
        """`ACTIVE`, `PAUSED` or `ARCHIVED` on the account-local day `as_of`."""


@dataclass(frozen=True, slots=True)
class Account:
    """An ad account; `id` is without `act_`, `decimals` is the minor unit of its currency."""

    id: str
    name: str
    currency: str
    timezone_name: str
    timezone_id: int
    created: date
    campaigns: tuple[Campaign, ...]
    source: DaySource
    decimals: int = 2
    trims_zeros: bool = True

    def today(self, now: datetime) -> date:
        """The calendar day in the account's own time zone."""
        return now.astimezone(ZoneInfo(self.timezone_name)).date()

    def text(self, number: Number) -> str:
        """A number as the API writes it; a replayed file keeps its own digits."""
        if isinstance(number, int):
            return str(number)
        written = format(number, "f")
        return trimmed(written) if self.trims_zeros else written


def trimmed(written: str) -> str:
    """`5339.50` as Meta writes it: `5339.5`."""
    return written.rstrip("0").rstrip(".") if "." in written else written


def summed(numbers: Iterable[Number | None]) -> Number | None:
    """The exact sum of the numbers that are there; `None` when none is."""
    present = [number for number in numbers if number is not None]
    return sum(present) if present else None


def add_amounts(left: Amounts, right: Amounts) -> Amounts:
    """The sum per window."""
    return tuple(a + b for a, b in zip(left, right, strict=True))


def total(records: Sequence[Record]) -> Record:
    """The sum of campaign-days, of one campaign or of many, as one record."""
    if len(records) == 1:
        return records[0]
    with localcontext() as context:
        context.prec = SUM_PRECISION
        return Record(
            records[0].campaign,
            summed(record.spend for record in records),
            summed(record.impressions for record in records),
            summed(record.clicks for record in records),
            summed(record.link_clicks for record in records),
            _reach(records),
            _merged(records),
        )


def _reach(records: Sequence[Record]) -> Number | None:
    """People seen on several days count once, and so do those seen by several campaigns."""
    campaigns: dict[int, list[Number]] = {}
    for record in records:
        if record.reach is not None:
            campaigns.setdefault(record.campaign.ordinal, []).append(record.reach)
    return _shared([_shared(reaches) for reaches in campaigns.values()]) if campaigns else None


def _shared(reaches: Sequence[Number]) -> Number:
    """Less than the sum, and not less than the largest."""
    return max(max(reaches), sum(reaches) * 7 // 10)


def _merged(records: Sequence[Record]) -> tuple[Conversion, ...]:
    """The conversions of all records, those of the same types added up."""
    found: dict[tuple[str, ...], Conversion] = {}
    for record in records:
        for conversion in record.conversions:
            earlier = found.get(conversion.types)
            found[conversion.types] = _plus(earlier, conversion) if earlier else conversion
    return tuple(found.values())


def _plus(left: Conversion, right: Conversion) -> Conversion:
    values = right.values
    if left.values is not None and right.values is not None:
        values = add_amounts(left.values, right.values)
    elif left.values is not None:
        values = left.values
    return Conversion(left.types, add_amounts(left.counts, right.counts), values)
