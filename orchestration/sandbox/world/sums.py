"""Adds records up: exactly for additive numbers; reach is less than the sum."""

from collections.abc import Iterable, Sequence
from decimal import localcontext

from orchestration.sandbox.world.model import Amounts, Conversion, Number, Record

# A recorded export can carry 17 digits per cell; sums of years of them have to stay exact.
SUM_PRECISION = 100


def summed(numbers: Iterable[Number | None]) -> Number | None:
    """The exact sum of the numbers that are not `None`; `None` when all are."""
    present = [number for number in numbers if number is not None]
    return sum(present) if present else None


def add_amounts(left: Amounts, right: Amounts) -> Amounts:
    """The sum per window."""
    return tuple(a + b for a, b in zip(left, right, strict=True))


def total(records: Sequence[Record]) -> Record:
    """The sum of days, of one object or of many, as one record."""
    if len(records) == 1:
        return records[0]
    with localcontext() as context:
        context.prec = SUM_PRECISION
        return Record(
            owner=records[0].owner,
            spend=summed(record.spend for record in records),
            impressions=summed(record.impressions for record in records),
            clicks=summed(record.clicks for record in records),
            link_clicks=summed(record.link_clicks for record in records),
            reach=_reach(records),
            conversions=_merged(records),
        )


def _reach(records: Sequence[Record]) -> Number | None:
    """People seen on several days count once, and so do those seen by several objects."""
    owners: dict[int, list[Number]] = {}
    for record in records:
        if record.reach is not None:
            owners.setdefault(record.owner.ordinal, []).append(record.reach)
    return _shared([_shared(reaches) for reaches in owners.values()]) if owners else None


def _shared(reaches: Sequence[Number]) -> Number:
    """70 % of the sum, and at least the largest."""
    return max(max(reaches), sum(reaches) * 7 // 10)


def _merged(records: Sequence[Record]) -> tuple[Conversion, ...]:
    """The conversions of all records, those of the same field and types added up."""
    merged: dict[tuple[str, tuple[str, ...]], Conversion] = {}
    for record in records:
        for conversion in record.conversions:
            key = (conversion.field, conversion.types)
            earlier = merged.get(key)
            merged[key] = _plus(earlier, conversion) if earlier else conversion
    return tuple(merged.values())


def _plus(left: Conversion, right: Conversion) -> Conversion:
    values = right.values
    if left.values is not None and right.values is not None:
        values = add_amounts(left.values, right.values)
    elif left.values is not None:
        values = left.values
    return left._replace(counts=add_amounts(left.counts, right.counts), values=values)
