"""Every tolerance of the gate, with its reason; `docs/decisions.md` has what was measured.

Campaigns may differ a little from their account's total, and levels from each other. A day that
stands may fall when it is read again, because Meta restates: it credits invalid traffic and finds
that browser and server events are the same. Growth has no limit.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from functools import lru_cache
from math import comb, log

TOLERANCE_SHARE = Decimal("0.001")
"""Parts may fall short of a delivery total by this share of it: the two are read moments apart."""
TOLERANCE_UNITS = {"spend": Decimal("0.01"), "impressions": Decimal(1), "clicks": Decimal(1)}
"""... or by this much: the rounding of one amount, one impression, one click."""
VALUE_SHARE, VALUE_UNIT = Decimal("0.005"), Decimal(1)
"""Conversion values may fall short by this share or amount: late ones come with large orders."""

TAKEN_BACK = 0.05
"""No restatement takes back more than this share of a day's counts, on average: credits for invalid
traffic and events that were counted twice are a few per cent. The sandbox of this project follows
what vendors report: it credits 0.6 % of spend and takes no conversion back."""
CHANCE = 1e-5
"""A fall is beyond restatement where its chance is below this, were each count taken back with the
chance `TAKEN_BACK`. So 3 purchases may become 0 and 4 may not; 366 may lose 41."""
EVIDENCE = -log(CHANCE)
DELIVERY_SHARE = 0.05
"""Impressions and spend of a day may fall by this share: they are too many to scatter."""
DELIVERY_UNITS = {"spend": 1.0, "impressions": 100.0}
"""... or by this much: rests of paused campaigns, a few impressions each, vanish within days."""
LOST_CAMPAIGN_IMPRESSIONS = 500.0
"""The row of a campaign with so many impressions or more does not vanish from a day."""
VALUELESS = 0.01
"""The chance that a single conversion of a family with values has none, such as a test order."""
WITNESS_SHARE = 0.02
"""Two levels agree on delivery where they differ by no more than this share: grains differ a little
at Meta, which counts ads that were moved or deleted at one level only."""


def evidence_of(before: float, taken_back: float, chance: float = TAKEN_BACK) -> float:
    """The evidence against chance where so many of the counts that stood are taken back.

    The chance of so many or more is below `exp(-evidence)` (Chernoff's bound of the binomial).
    """
    share = min(taken_back / before, 1.0) if before > 0 else 0.0
    if share <= chance:
        return 0.0
    rest = (1 - share) * log((1 - share) / (1 - chance)) if share < 1 else 0.0
    return before * (share * log(share / chance) + rest)


@lru_cache(4096)
def least_count(before: float) -> float:
    """The least that this count may become on one day."""
    if before <= 0:
        return before
    possible, beyond = 0.0, before
    if evidence_of(before, before) <= EVIDENCE:
        return 0.0
    while beyond - possible > max(before * 1e-9, 1e-6):
        middle = (possible + beyond) / 2
        if evidence_of(before, middle) > EVIDENCE:
            beyond = middle
        else:
            possible = middle
    return before - possible


def least_delivery(metric: str, before: float) -> float:
    """The least that this much of a delivery metric may become on one day."""
    if metric in DELIVERY_UNITS:
        return before - max(before * DELIVERY_SHARE, DELIVERY_UNITS[metric])
    return least_count(before)


def least_value(value: float, count: float) -> float:
    """The least that a value may become: the same share of it as of its counts."""
    if value <= 0:
        return value
    return value * least_count(max(count, 1.0)) / max(count, 1.0)


def fallen_together(days: Mapping[date, tuple[float, float]]) -> set[date]:
    """Days whose falls are each small and together beyond restatement.

    `days` has the counts before and after of every day that was read again. Two of two purchases
    may vanish on one day, but not on every day of two weeks: the evidence of the days is added
    up, less what it takes to pick them among all days.
    """
    falls = {
        day: evidence
        for day, (before, after) in days.items()
        if after < before and 0 < (evidence := evidence_of(before, before - after)) <= EVIDENCE
    }
    return beyond_chance(falls, len(days))[0]


def without_values(days: Mapping[date, float]) -> set[date]:
    """Days with so many counts and no value that it cannot be chance, alone or together.

    `days` has the count of every day on which the family was counted, 0 where it has a value.
    """
    evidence = {day: -log(VALUELESS) * count for day, count in days.items() if count > 0}
    alone = {day for day, of_day in evidence.items() if of_day > EVIDENCE}
    rest = {day: of_day for day, of_day in evidence.items() if day not in alone}
    return alone | beyond_chance(rest, len(days))[0]


def beyond_chance(
    evidence: Mapping[date, float], among: int, limit: float = EVIDENCE
) -> tuple[set[date], float]:
    """The days that together are most unlikely by chance, and their evidence, if above the limit.

    What it takes to pick them among all days is taken off. Else no day, and the limit.
    """
    ordered = sorted(evidence, key=lambda day: evidence[day], reverse=True)
    total, most, chosen = 0.0, limit, 0
    for place, day in enumerate(ordered, start=1):
        total += evidence[day]
        together = total - log(comb(max(among, place), place))
        if together > most:
            most, chosen = together, place
    return set(ordered[:chosen]), most
