"""Corrections that Meta itself makes: no losses, but falls of numbers that were told before.

They are taken from ads, so that the levels add up, and depend on the ad, the day and its age alone:
every reading tells one story, in which nothing that was taken back comes again.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from hashlib import blake2b
from typing import ClassVar

from orchestration.sandbox.data_kind import At, DataKind
from orchestration.sandbox.losing import ON_PLATFORM, Shrinking
from orchestration.sandbox.model import Conversion, Record
from orchestration.sandbox.restatement import FINAL_AGE, SETTLED_AGE
from orchestration.sandbox.service_kinds import Extent

REFUND_RATE, TRAFFIC_RATE = 0.01, 0.03
_WHOLE = 1 << 32


class Correction(DataKind):
    """A correction of finished days."""

    takes: ClassVar[tuple[str, ...]] = ("rate",)

    def needs_ads(self, extent: Extent) -> bool:
        """Ads are corrected, and everything above them with them."""
        del extent
        return True


class Refunds(Correction):
    """Conversions that are taken back in the weeks after their day."""

    name = "refunds"
    description = (
        "no fault: from its second day on each conversion is taken back with the chance `rate` "
        "(0.01), the later the more"
    )

    def records(self, records: Sequence[Record], extent: Extent, at: At) -> Sequence[Record]:
        """Without the conversions that are taken back by now."""
        rate = REFUND_RATE if extent.rate is None else extent.rate
        over = min(max(at.age - 1, 0), FINAL_AGE) / FINAL_AGE
        limit = int(rate * over * _WHOLE)
        return [record._replace(conversions=tuple(_kept(record, at, limit))) for record in records]


class InvalidTraffic(Correction):
    """Delivery that is found to be none within three days."""

    name = "invalid_traffic"
    description = (
        "no fault: impressions and spend of a day fall by up to `rate` (0.03) until its third day"
    )

    def records(self, records: Sequence[Record], extent: Extent, at: At) -> Sequence[Record]:
        """With less delivery, the same conversions."""
        rate = TRAFFIC_RATE if extent.rate is None else extent.rate
        over = min(max(at.age - 1, 0), SETTLED_AGE - 1) / (SETTLED_AGE - 1)
        of_day = _noise("traffic", at.day.isoformat()) / _WHOLE
        shrink = Shrinking(1 - Fraction(str(rate)) * Fraction(str(round(of_day * over, 4))))
        return list(shrink.delivery(records))


def _kept(record: Record, at: At, limit: int) -> Iterator[Conversion]:
    for one in record.conversions:
        if {*one.types} & {*ON_PLATFORM}:
            yield one
            continue
        count = int(one.counts[0])
        back = sum(
            _noise(record.owner.id, at.day.isoformat(), one.types[0], str(n)) < limit
            for n in range(count)
        )
        if back < count:
            yield _less(one, count, back) if back else one


def _less(one: Conversion, count: int, back: int) -> Conversion:
    counts = tuple(max(0, int(amount) - back) for amount in one.counts)
    price = None if one.values is None else Decimal(one.values[0]) / count
    values = None if price is None else tuple(price * each for each in counts)
    return Conversion(one.types, counts, values)


def _noise(*about: str) -> int:
    return int.from_bytes(blake2b("|".join(about).encode(), digest_size=4).digest(), "big")
