"""What ordinary life does to numbers beside what the demo accounts always do; off unless set.

None of this is a fault: the altered numbers are the true ones, at every level and in the exact
totals, and what is taken away never comes back.
"""

from collections.abc import Iterator
from datetime import date
from random import Random

from orchestration.sandbox.faults.data.kind import DataKind
from orchestration.sandbox.faults.service.kind import Extent
from orchestration.sandbox.world.delivery import LANDING_PAGE_VIEW, LINK_CLICK
from orchestration.sandbox.world.model import Conversion, Record
from orchestration.sandbox.world.restatement import FINAL_AGE, SETTLED_AGE
from orchestration.sandbox.world.scaling import (
    MILLION,
    Shrink,
    counted,
    fewer,
    millionths,
    noise_of,
    shrunk,
    shrunk_delivery,
)

_OF_THE_CLICK = (LINK_CLICK, LANDING_PAGE_VIEW)
"""Actions that go with clicks; all others are counted when somebody buys, signs up, ..."""

_FIRST_REFUND_AGE = 2
_REFUND_RATE = 0.01
_INVALID_RATE = 0.03
_CUT_SHARE = 0.1


def _refunds(record: Record, day: date, age: int, extent: Extent) -> Record | None:
    """The record without the conversions that are taken back by now."""
    if age < _FIRST_REFUND_AGE:
        return record
    rate = _REFUND_RATE if extent.rate is None else extent.rate
    conversions = (
        each if each.types in _OF_THE_CLICK else _refunded(each, record, day, age, rate)
        for each in record.conversions
    )
    return record._replace(conversions=tuple(each for each in conversions if each))


def _invalid_traffic(record: Record, day: date, age: int, extent: Extent) -> Record | None:
    """The record without the traffic that is recognized as invalid by now."""
    rate = _INVALID_RATE if extent.rate is None else extent.rate
    days_of_loss = min(max(age - 1, 0), SETTLED_AGE - 1)
    lost = millionths(rate) * noise_of(record.owner, day, "invalid_traffic") // MILLION
    # Rounded up: a handful of clicks stays what it was.
    by = Shrink(MILLION - lost * days_of_loss // (SETTLED_AGE - 1), MILLION - 1)
    kept = (fewer(c, by) if c.types in _OF_THE_CLICK else c for c in record.conversions)
    return shrunk_delivery(record, by)._replace(conversions=tuple(c for c in kept if c))


def _budget_cut(record: Record, day: date, _age: int, extent: Extent) -> Record | None:
    """The record, smaller in everything."""
    share = _CUT_SHARE if extent.share is None else extent.share
    return shrunk(record, Shrink(millionths(share), noise_of(record.owner, day, "budget_cut")))


def _refunded(
    whole: Conversion, record: Record, day: date, age: int, rate: float
) -> Conversion | None:
    """What is left of a conversion after its refunds."""
    name = f"refunds|{whole.types[0]}"
    total, in_day, week, month, view = (int(count) for count in whole.counts)
    # A replayed file has no attribution windows.
    known = max(month, week, total - view)
    by_click = list(
        _refunded_places(noise_of(record.owner, day, f"{name}|click"), known, age, rate)
    )
    by_view = list(_refunded_places(noise_of(record.owner, day, f"{name}|view"), view, age, rate))
    if not by_click and not by_view:
        return whole
    counts = [n - sum(place < n for place in by_click) for n in (total - view, in_day, week, month)]
    views = view - len(by_view)
    return counted(whole, (counts[0] + views, *counts[1:], views))


def _refunded_places(noise: int, number: int, age: int, rate: float) -> Iterator[int]:
    """The places, among the first `number` conversions, of those that are taken back at the age."""
    if not number:
        return
    chance = Random(noise)
    for place in range(number):
        # Whatever the age, the same draws are made for the same places.
        if chance.random() < rate and chance.randint(_FIRST_REFUND_AGE, FINAL_AGE) <= age:
            yield place


LIFE_KINDS: dict[str, DataKind] = {
    "refunds": DataKind(
        description="each conversion of a finished day is taken back with the chance `rate` "
        "(default 0.01) at some age between 2 and 28 days, and its value with it",
        takes=("rate",),
        is_life=True,
        alter=_refunds,
    ),
    "invalid_traffic": DataKind(
        description="spend, impressions and clicks of a day fall between its age of 1 and 3 days, "
        "each campaign's by a part of its own of up to `rate` (default 0.03)",
        takes=("rate",),
        is_life=True,
        alter=_invalid_traffic,
    ),
    "budget_cut": DataKind(
        description="from `since` on the account delivers `share` (default 0.1) of what it would",
        takes=("share",),
        is_life=True,
        alter=_budget_cut,
    ),
}
