"""Each client-day that is read again beside what stands of it: what fell, and whether it is proved.

Growth is never looked at. Delivery is compared at every level; conversions at every level but the
account's, whose total may lack them by design.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import NamedTuple

from orchestration.answers.families import Own
from orchestration.answers.standing import StandingSlice
from orchestration.quality.answer import Answer
from orchestration.quality.figures import METRICS, ZERO, Sums
from orchestration.quality.tolerance import (
    LOST_CAMPAIGN_IMPRESSIONS,
    fallen_together,
    least_count,
    least_delivery,
    least_value,
)

CONFIRMING_READS = 3
CONFIRMED_AFTER = timedelta(hours=24)
"""So many readings over so long a time, all alike, prove that a fall is Meta's own correction."""

Figures = Mapping[str, float]


class Fall(NamedTuple):
    """A number that stands higher than it came; `least` is what restatement may leave of it."""

    date_day: date
    metric: str
    standing: float
    answered: float
    least: float


def falls(answer: Answer) -> Iterator[Fall]:
    """What fell, by level; nothing where the answer changes no day that stands."""
    by_level: dict[str, list[date]] = defaultdict(list)
    for level, day in sorted(answer.standing.slices):
        by_level[level].append(day)
    for level, days in by_level.items():
        pairs = {
            day: (_standing_sums(answer, level, day), _sums(answer, level, day)) for day in days
        }
        prefix = "" if level == "campaign" else f"{level} "
        yield from _delivery_falls(pairs, prefix)
        if level != "account":
            yield from _family_falls(pairs, prefix)
    yield from lost_campaigns(answer)


def is_confirmed(answer: Answer, day: date) -> bool:
    """Whether this reading and those before it, over a day, all say the same."""
    now = day_figures(answer, day)
    alike = []
    for reading in reversed(answer.standing.readings.get(day, ())):
        if not _says_the_same(now, reading.figures):
            break
        alike.append(reading.read_at)
    return len(alike) + 1 >= CONFIRMING_READS and datetime.now(UTC) - alike[-1] >= CONFIRMED_AFTER


def day_figures(answer: Answer, day: date) -> dict[str, float]:
    """What the campaigns of a day add up to, with every family, by the names of restatements."""
    sums = answer.evidence.sums["campaign"][day]
    found = {name: float(amount) for name, amount in sums.metrics.items()}
    for family, (count, value) in sums.by_family().items():
        found[f"conversions:{family}"] = float(count)
        found[f"value:{family}"] = float(value)
    return found


def _says_the_same(one: Figures, other: Figures) -> bool:
    return all(
        _may_become(name, high, low, one, other)
        for name in one.keys() | other.keys()
        for high, low in [sorted((one.get(name, 0.0), other.get(name, 0.0)), reverse=True)]
    )


def _may_become(name: str, high: float, low: float, one: Figures, other: Figures) -> bool:
    kind, _, family = name.partition(":")
    if kind == "value":
        count = max(said.get(f"conversions:{family}", 0.0) for said in (one, other))
        return low >= least_value(high, count)
    if kind == "conversions":
        return low >= least_count(high)
    return low >= least_delivery(name, high)


Pairs = Mapping[date, tuple[Sums, Sums]]


def _delivery_falls(pairs: Pairs, prefix: str) -> Iterator[Fall]:
    for day, (before, after) in pairs.items():
        for name in METRICS:
            was, came = float(before.metrics[name]), float(after.metrics[name])
            if came < was:
                yield Fall(day, f"{prefix}{name}", was, came, least_delivery(name, was))


def _family_falls(pairs: Pairs, prefix: str) -> Iterator[Fall]:
    series: dict[str, dict[date, tuple[float, float]]] = defaultdict(dict)
    worth: dict[str, dict[date, tuple[float, float]]] = defaultdict(dict)
    for day, (before, after) in pairs.items():
        came = after.by_family()
        for family, stood in before.by_family().items():
            both = zip(stood, came.get(family, (ZERO, ZERO)), strict=True)
            series[family][day], worth[family][day] = ((float(a), float(b)) for a, b in both)
    for family, days in series.items():
        together = fallen_together(days)
        worthless = fallen_together(_lost_values(days, worth[family]))
        for day, (count, counted) in days.items():
            if counted < count:
                least = count if day in together else least_count(count)
                yield Fall(day, f"{prefix}{family}", count, counted, least)
            value, valued = worth[family][day]
            if valued < value:
                least = value if day in worthless else least_value(value, count)
                yield Fall(day, f"{prefix}value of {family}", value, valued, least)


def _lost_values(
    counts: Mapping[date, tuple[float, float]], values: Mapping[date, tuple[float, float]]
) -> dict[date, tuple[float, float]]:
    """Counts that had a value, and as how many of them the value that came is worth."""
    return {
        day: (was, was * max(values[day][1], 0.0) / values[day][0])
        for day, (was, _) in counts.items()
        if was > 0 and values[day][0] > 0
    }


def lost_campaigns(answer: Answer) -> Iterator[Fall]:
    """Campaigns of some delivery that have no row any more: other campaigns' growth hides them."""
    if not answer.standing.campaigns:
        return
    told = answer.evidence.columns
    present = {*zip(told["level"], told["date_start"], told["entity_id"], strict=True)}
    for day, campaigns in answer.standing.campaigns.items():
        for campaign_id, impressions in campaigns.items():
            is_there = ("campaign", day.isoformat(), campaign_id) in present
            if impressions >= LOST_CAMPAIGN_IMPRESSIONS and not is_there:
                name = f"impressions of campaign {campaign_id}"
                yield Fall(day, name, float(impressions), 0.0, float(impressions))


def _standing_sums(answer: Answer, level: str, day: date) -> Sums:
    return sums_of(answer.standing.slices[level, day], answer.account.conversion_families)


def sums_of(stands: StandingSlice, own: Own) -> Sums:
    """What stands of a level and day as the sums that answers are compared by."""
    return Sums(own, metrics=stands.metrics, counts=stands.counts, values=stands.values)


def told(sums: Sums) -> dict[str, Decimal]:
    """Sums by the words in which falls are told: metrics, families, values of families."""
    found = dict(sums.metrics)
    for family, (count, value) in sorted(sums.by_family().items()):
        found[family], found[f"value of {family}"] = count, value
    return found


def _sums(answer: Answer, level: str, day: date) -> Sums:
    return answer.evidence.sums[level][day]


def in_words(number: float) -> str:
    """A number as people read it."""
    return f"{number:,.2f}".removesuffix(".00")
