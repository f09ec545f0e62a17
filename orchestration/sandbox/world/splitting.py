"""Cuts a record into parts that add up to it exactly and are as consistent as it is.

Impressions are laid out in a row and cut by weight. Clicks are spread evenly over impressions, link
clicks over clicks, conversions over link clicks, so a part never has more of the inner than of the
outer. Money follows impressions; a conversion's value is its price for each one. Reach alone does
not add up: the same people are in several parts.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import accumulate
from operator import sub

from orchestration.sandbox.world.model import AdObject, Amounts, Conversion, Number, Record

FEW_IMPRESSIONS = 40
"""A record with fewer of them per part goes to the first one alone."""

Bounds = list[int]
"""Where each part ends, counted from the first of the things that are cut."""


def among(record: Record, owners: Sequence[AdObject]) -> Iterator[Record]:
    """The record as parts of the given objects, by their weights."""
    if len(owners) == 1 or (record.impressions or 0) < FEW_IMPRESSIONS * len(owners):
        yield record._replace(owner=owners[0])
        return
    for place, part in split(record, [owner.weight for owner in owners]):
        yield part._replace(owner=owners[place])


def split(record: Record, weights: Sequence[int]) -> Iterator[tuple[int, Record]]:
    """The parts that are not empty, each with its place among the weights."""
    if not (isinstance(record.impressions, int) and record.impressions):
        # A recorded file may hold fractions, which cannot be cut exactly.
        yield 0, record
        return
    shown = record.impressions
    ends = list(accumulate(weights))
    bounds = [shown * end // ends[-1] for end in ends]
    clicks = _spread(bounds, shown, int(record.clicks or 0))
    links = _spread(clicks, clicks[-1], int(record.link_clicks or 0))
    spend = _money(record.spend or 0, bounds)
    people = shown + int(record.reach or 0)
    conversions = [_conversion(each, clicks, links) for each in record.conversions]
    counts = zip(_sizes(bounds), _sizes(clicks), _sizes(links), spend, strict=True)
    for place, (part, clicked, linked, paid) in enumerate(counts):
        if part:
            reached = max(1, part * people // (2 * shown))
            own = tuple(parts[place] for parts in conversions if any(parts[place].counts))
            yield (
                place,
                Record(
                    owner=record.owner,
                    spend=paid,
                    impressions=part,
                    clicks=clicked,
                    link_clicks=linked,
                    reach=reached,
                    conversions=own,
                ),
            )


def _spread(outer: Bounds, whole: int, inner: int) -> Bounds:
    """Where `inner` things end that are spread evenly over the `whole` outer ones."""
    if not whole:
        return [inner] * len(outer)
    return [-(-end * inner // whole) for end in outer]


def _sizes(ends: Bounds) -> list[int]:
    return list(map(sub, ends, [0, *ends]))


def _money(amount: Number, bounds: Bounds) -> list[Number]:
    """An amount in proportion to impressions, in whole units of its last digit."""
    if isinstance(amount, int):
        return list(_sizes([amount * end // bounds[-1] for end in bounds]))
    exponent = int(amount.as_tuple().exponent)
    units = int(amount.scaleb(-exponent))
    quantum = Decimal(1).scaleb(exponent)
    return [size * quantum for size in _sizes([units * end // bounds[-1] for end in bounds])]


def _conversion(whole: Conversion, clicks: Bounds, links: Bounds) -> list[Conversion]:
    """The parts of one kind of conversion.

    The seven-day ones come first. What 28 days add goes only to parts that have one of those, or
    there would be entries with a window and without a value; views go to the other clicks.
    """
    _, day, week, month, view = (int(count) for count in whole.counts)
    outer = links if week <= links[-1] else clicks
    in_week = _spread(outer, outer[-1], week)
    if day == week == month and not view and whole.values is None:
        # Actions of the click itself are half of all, and the same in every window.
        return [whole._replace(counts=(n, n, n, n, 0)) for n in _sizes(in_week)]
    in_day = _spread(in_week, week, day)
    later = _spread(in_week, week, month - week)
    others = [end - taken for end, taken in zip(clicks, in_week, strict=True)]
    viewed = _spread(others, others[-1], view)
    columns = (_sizes(ends) for ends in (in_day, in_week, later, viewed))
    counts = [(w + v, d, w, w + late, v) for d, w, late, v in zip(*columns, strict=True)]
    price = _price(whole)
    return [whole._replace(counts=part, values=_priced(part, price)) for part in counts]


def _price(whole: Conversion) -> Number | None:
    if whole.values is None:
        return None
    return Decimal(whole.values[0]) / whole.counts[0]


def _priced(counts: Sequence[int], price: Number | None) -> Amounts | None:
    return None if price is None else tuple(count * price for count in counts)
