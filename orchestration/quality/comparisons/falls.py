"""Falls: the numbers of a day that came lower than what stands of the day in staging.

Growth is never looked at. Delivery is compared at every level; conversions at every level but the
account's, whose total may lack them by design.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import date
from typing import NamedTuple

from orchestration.quality.answer import Answer
from orchestration.quality.rows.sums import METRICS, ZERO, Sums, sums_of_slice
from orchestration.quality.tolerance import (
    LOST_CAMPAIGN_IMPRESSIONS,
    fallen_together,
    least_count,
    least_delivery,
    least_value,
)

BeforeAfter = tuple[float, float]


class Fall(NamedTuple):
    """A number that came lower than it stands; `least` is what restatement may leave of it."""

    date_day: date
    metric: str
    standing: float
    answered: float
    least: float


def falls(answer: Answer) -> Iterator[Fall]:
    """Every fall by level; none where the answer changes no day that stands."""
    by_level: dict[str, list[date]] = defaultdict(list)
    for level, day in sorted(answer.standing.slices):
        by_level[level].append(day)
    own = answer.account.conversion_families
    for level, days in by_level.items():
        pairs = {
            day: (
                sums_of_slice(answer.standing.slices[level, day], own),
                answer.evidence.sums[level][day],
            )
            for day in days
        }
        prefix = "" if level == "campaign" else f"{level} "
        yield from _falls_of_delivery(pairs, prefix)
        if level != "account":
            yield from _falls_of_families(pairs, prefix)
    yield from lost_campaigns(answer)


def lost_campaigns(answer: Answer) -> Iterator[Fall]:
    """Campaigns with some delivery of which no row came: the growth of others would hide them."""
    if not answer.standing.campaigns:
        return
    present = answer.evidence.objects()
    for day, campaigns in answer.standing.campaigns.items():
        for campaign_id, impressions in campaigns.items():
            is_present = ("campaign", day.isoformat(), campaign_id) in present
            if impressions >= LOST_CAMPAIGN_IMPRESSIONS and not is_present:
                name = f"impressions of campaign {campaign_id}"
                yield Fall(day, name, float(impressions), 0.0, float(impressions))


Pairs = Mapping[date, tuple[Sums, Sums]]
"""What stands of each day, and what came."""


def _falls_of_delivery(pairs: Pairs, prefix: str) -> Iterator[Fall]:
    for day, (before, after) in pairs.items():
        for name in METRICS:
            was, came = float(before.metrics[name]), float(after.metrics[name])
            if came < was:
                yield Fall(day, f"{prefix}{name}", was, came, least_delivery(name, was))


def _falls_of_families(pairs: Pairs, prefix: str) -> Iterator[Fall]:
    counts: dict[str, dict[date, BeforeAfter]] = defaultdict(dict)
    values: dict[str, dict[date, BeforeAfter]] = defaultdict(dict)
    for day, (before, after) in pairs.items():
        came = after.by_family()
        for family, (count, value) in before.by_family().items():
            new_count, new_value = came.get(family, (ZERO, ZERO))
            counts[family][day] = float(count), float(new_count)
            values[family][day] = float(value), float(new_value)
    for family in counts:
        yield from _falls_of_counts(counts[family], f"{prefix}{family}")
        label = f"{prefix}value of {family}"
        yield from _falls_of_values(counts[family], values[family], label)


def _falls_of_counts(counts: Mapping[date, BeforeAfter], label: str) -> Iterator[Fall]:
    together = fallen_together(counts)
    for day, (was, came) in counts.items():
        if came < was:
            yield Fall(day, label, was, came, was if day in together else least_count(was))


def _falls_of_values(
    counts: Mapping[date, BeforeAfter], values: Mapping[date, BeforeAfter], label: str
) -> Iterator[Fall]:
    together = fallen_together(_lost_values(counts, values))
    for day, (was, came) in values.items():
        if came < was:
            least = was if day in together else least_value(was, counts[day][0])
            yield Fall(day, label, was, came, least)


def _lost_values(
    counts: Mapping[date, BeforeAfter], values: Mapping[date, BeforeAfter]
) -> dict[date, BeforeAfter]:
    """Counts that had a value, and how many of them the value that came is worth."""
    return {
        day: (was, was * max(values[day][1], 0.0) / values[day][0])
        for day, (was, _) in counts.items()
        if was > 0 and values[day][0] > 0
    }
