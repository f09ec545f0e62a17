"""What stands (is stored now) in staging of days that are read again, for the gate to compare."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal


@dataclass
class StandingSlice:
    """The sums of the rows of a level and day that stand in staging.

    `metrics` are spend, impressions, clicks and link_clicks; `counts` and `values` are by action
    type.
    """

    metrics: dict[str, Decimal]
    counts: dict[str, Decimal] = field(default_factory=dict)
    values: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True)
class Reading:
    """What a refused answer said of a day, by the names of `ops.restatements`, and how long ago."""

    age: timedelta
    figures: Mapping[str, float]


@dataclass
class Standing:
    """What stands of the days of an answer before it is kept.

    `slices` are those that the answer would change, by level and day. `states` says what stands of
    each day at campaign level: received, empty or waived; absent: nothing. `readings` are the
    refused readings of each day, oldest first. `campaigns` has the impressions of each campaign on
    days of which the answer has fewer rows.
    """

    slices: dict[tuple[str, date], StandingSlice] = field(default_factory=dict)
    states: dict[date, str] = field(default_factory=dict)
    readings: dict[date, list[Reading]] = field(default_factory=dict)
    campaigns: dict[date, dict[str, int]] = field(default_factory=dict)
