"""Makes records smaller and keeps their numbers consistent with each other.

Every number keeps its share of whole units. All numbers of a record are rounded alike, so that
their order stays the same. Values are counts times a price, so that the parts of a record still add
up to it.
"""

from datetime import date
from decimal import Decimal
from hashlib import blake2b
from typing import NamedTuple

from orchestration.sandbox.world.model import AdObject, Amounts, Conversion, Number, Record

MILLION = 1_000_000


class Shrink(NamedTuple):
    """The share of a number that stays, and how it is rounded; both in millionths.

    A rounding of 0 rounds down, of 999,999 up.
    """

    share: int
    rounding: int = 0

    def of(self, number: Number) -> Number:
        """What stays of a number, in whole units of its last digit."""
        if isinstance(number, int):
            return (number * self.share + self.rounding) // MILLION
        digit = last_digit(number)
        return (int(number / digit) * self.share + self.rounding) // MILLION * digit


def millionths(share: float) -> int:
    """A share between 0 and 1 as `Shrink` takes it."""
    return round(share * MILLION)


def noise_of(owner: AdObject, day: date, purpose: str = "") -> int:
    """A number from 0 to 999,999, always the same for an object, a day and a purpose."""
    digest = blake2b(f"{owner.id}|{day}|{purpose}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) % MILLION


def last_digit(number: Decimal) -> Decimal:
    """One unit of the last digit that a number is written with: 0.01 for 12.30, at most 1."""
    return Decimal(1).scaleb(min(int(number.as_tuple().exponent), 0))


def shrunk(record: Record, by: Shrink) -> Record | None:
    """The record with all of its numbers smaller; `None` when no impression is left."""
    smaller = shrunk_delivery(record, by)
    if record.impressions and not smaller.impressions:
        return None
    kept = (fewer(conversion, by) for conversion in record.conversions)
    return smaller._replace(conversions=tuple(each for each in kept if each))


def shrunk_delivery(record: Record, by: Shrink) -> Record:
    """The record with smaller metrics and the conversions that it had."""

    def less(number: Number | None) -> Number | None:
        return None if number is None else by.of(number)

    return record._replace(
        spend=less(record.spend),
        impressions=less(record.impressions),
        clicks=less(record.clicks),
        link_clicks=less(record.link_clicks),
        reach=less(record.reach),
    )


def fewer(whole: Conversion, by: Shrink) -> Conversion | None:
    """A smaller number of the conversion, at the same price; `None` when none is left."""
    total, day, week, month, view = whole.counts
    if total != week + view:
        # A replayed file has no attribution windows.
        return counted(whole, (by.of(total), day, week, month, view))
    some, in_week = by.of(total), by.of(week)
    return counted(whole, (some, by.of(day), in_week, by.of(month), some - in_week))


def counted(whole: Conversion, counts: Amounts) -> Conversion | None:
    """The conversion with other counts, at the same price; `None` when there is none to count."""
    if not counts[0]:
        return None
    if whole.values is None or not whole.counts[0]:
        return whole._replace(counts=counts)
    price, digit = _price(whole.counts, whole.values)
    values = tuple((price * n).quantize(digit) for n in counts)
    return whole._replace(counts=counts, values=values)


def cheaper(whole: Conversion, by: Shrink) -> Conversion:
    """The conversion at a lower price; without any value when nothing is left of it."""
    if whole.values is None or not whole.counts[0]:
        return whole._replace(values=None)
    price, digit = _price(whole.counts, whole.values)
    lower = by.of(price.quantize(digit))
    return whole._replace(values=tuple(lower * n for n in whole.counts) if lower else None)


def _price(counts: Amounts, values: Amounts) -> tuple[Decimal, Decimal]:
    """What one conversion is worth, and the last digit of its value."""
    value = Decimal(values[0])
    return value / counts[0], last_digit(value)
