"""Data lost the way Meta loses it: at several levels at once, and so that they still add up.

Numbers that shrink are taken from ads, in their order, so that every level is the exact sum of the
one below: no comparison of levels notices.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from typing import ClassVar

from orchestration.families import members
from orchestration.sandbox.data_kind import At, DataKind
from orchestration.sandbox.model import LEVELS, Amounts, Conversion, Number, Record
from orchestration.sandbox.service_kinds import Extent

WHAT = ("actions", "offsite", "family", "values", "delivery", "rows")
DELIVERY_SHARE = 0.2
"""What stays of delivery unless the fault says otherwise; of anything else nothing stays."""
ON_PLATFORM = ("link_click", "landing_page_view", "post_engagement", "page_engagement")
"""Actions that happen at Meta itself; pixels and apps report the others."""


class Vanish(DataKind):
    """Numbers that were there and are gone, at all levels or at some."""

    name = "vanish"
    description = (
        "days lose `what`: actions (all of them), offsite (what pixels and apps report), family "
        "(of one `family`, else purchase), values (action_values, of a `family` or all), delivery "
        "(every number shrinks) or rows; `share` of it stays (0; of delivery 0.2); `levels` where"
    )
    takes: ClassVar[tuple[str, ...]] = ("what", "family", "share", "levels")

    def works_at(self, level: str, extent: Extent) -> bool:
        """All levels, or those that the fault names."""
        return level in (extent.levels or LEVELS)

    def needs_ads(self, extent: Extent) -> bool:
        """Shares are taken from ads, so that the levels add up."""
        return extent.what != "rows" and 0 < _share(extent) < 1

    def records(self, records: Sequence[Record], extent: Extent, at: At) -> Sequence[Record]:
        """What is left of one day's records."""
        del at
        if extent.what == "rows":
            return ()
        shrink = Shrinking(_share(extent))
        if extent.what == "delivery":
            return list(shrink.all(records))
        return [
            record._replace(conversions=tuple(_left(record.conversions, extent, shrink)))
            for record in records
        ]


class UpperLevelsLose(Vanish):
    """Numbers that only ad sets and ads still have."""

    name = "upper_levels_lose"
    description = "as vanish, at account and campaign level; ad sets and ads keep everything"
    takes: ClassVar[tuple[str, ...]] = ("what", "family", "share")
    levels = ("account", "campaign")

    def works_at(self, level: str, extent: Extent) -> bool:
        """The two upper levels."""
        del extent
        return level in self.levels


def _share(extent: Extent) -> Fraction:
    default = DELIVERY_SHARE if extent.what == "delivery" else 0.0
    return Fraction(str(default if extent.share is None else extent.share))


def _left(
    conversions: Sequence[Conversion], extent: Extent, shrink: "Shrinking"
) -> Iterator[Conversion]:
    """The conversions of one record: those that are not meant stay as they are."""
    for place, one in enumerate(conversions):
        if not _is_meant(one, extent):
            yield one
        elif extent.what == "values":
            values = one.values and shrink.amounts((place, "values", one.types), one.values)
            yield one._replace(values=values if values and any(values) else None)
        elif (made := shrink.conversion(one)) is not None:
            yield made


def _is_meant(conversion: Conversion, extent: Extent) -> bool:
    if extent.what == "actions":
        return True
    if extent.what == "offsite":
        return not {*conversion.types} & {*ON_PLATFORM}
    family = extent.family or ("purchase" if extent.what == "family" else None)
    return family is None or any(_family(kind) == family for kind in conversion.types)


def _family(kind: str) -> str | None:
    known = members().get(kind)
    return known.family if known else None


class Shrinking:
    """Numbers times a share, rounded so that any run of them adds up to what its sum becomes."""

    def __init__(self, share: Fraction) -> None:
        self._share = share
        self._before: defaultdict[object, Fraction] = defaultdict(Fraction)

    def all(self, records: Sequence[Record]) -> Iterator[Record]:
        """Every number of the records, those without an impression left out."""
        for record in records:
            made = record._replace(
                spend=self._number("spend", record.spend),
                impressions=self._number("impressions", record.impressions),
                clicks=self._number("clicks", record.clicks),
                link_clicks=self._number("link_clicks", record.link_clicks),
                reach=self._number("reach", record.reach),
                conversions=tuple(
                    made for one in record.conversions if (made := self.conversion(one))
                ),
            )
            if made.impressions or made.spend or made.conversions:
                yield made

    def delivery(self, records: Sequence[Record]) -> Iterator[Record]:
        """Spend, impressions, clicks and reach; link clicks and conversions stay as they are."""
        for record in records:
            yield record._replace(
                spend=self._number("spend", record.spend),
                impressions=self._number("impressions", record.impressions),
                reach=self._number("reach", record.reach),
            )

    def conversion(self, one: Conversion) -> Conversion | None:
        """A conversion, None if nothing of it is left."""
        counts = self.amounts(("counts", one.types), one.counts)
        if not any(counts):
            return None
        if one.values is None or not one.counts[0]:
            return Conversion(one.types, counts, one.values)
        price = Decimal(one.values[0]) / Decimal(one.counts[0])
        return Conversion(one.types, counts, tuple(price * count for count in counts))

    def amounts(self, key: object, amounts: Amounts) -> Amounts:
        """Counts or values, by window."""
        made = (self._number((key, n), amount) for n, amount in enumerate(amounts))
        return tuple(number or 0 for number in made)

    def _number(self, key: object, number: Number | None) -> Number | None:
        if number is None:
            return None
        whole = isinstance(number, int)
        unit = 1 if whole else Decimal(1).scaleb(int(Decimal(number).as_tuple().exponent))
        before = self._before[key]
        after = self._before[key] = before + Fraction(number)
        step = Fraction(unit)
        made = (after * self._share // step - before * self._share // step) * step
        return int(made) if whole else _decimal(made, unit)


def _decimal(amount: Fraction, unit: Number) -> Decimal:
    exact = Decimal(amount.numerator) / Decimal(amount.denominator)
    return exact.quantize(Decimal(unit), ROUND_FLOOR)
