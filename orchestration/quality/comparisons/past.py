"""A day beside the client's own past: spend, rates, and numbers that stay the same."""

from datetime import date, timedelta
from itertools import accumulate
from math import inf, log
from statistics import median

from orchestration.answers.history import REFERENCE_DAYS
from orchestration.quality.answer import Answer
from orchestration.quality.rows.sums import METRICS

PROFILE_WEEKS = 8
LEAST_WEEKS = 4
"""The profile of a weekday is that of the last eight such days; fewer than four make no profile."""
RATE_DAYS = 28
LEAST_RATE_DAYS = 14
"""Rates are those of the last 28 days; fewer than 14 days of delivery make no rate."""
LEAST_IMPRESSIONS = 1000
"""Days of fewer impressions say nothing about rates, and their numbers may repeat by chance."""


class Past:
    """The account's own numbers day by day: those of the answer, before it those that stand."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.first = answer.window.since - timedelta(days=REFERENCE_DAYS)
        count = (answer.window.until - self.first).days + 1
        days = [self.first + timedelta(days=n) for n in range(count)]
        account, history = answer.evidence.sums["account"], answer.history
        self._series = {
            name: [
                float(account[day].metrics[name])
                if day in account
                else history.latest(day, name) or 0.0
                for day in days
            ]
            for name in METRICS
        }
        has_delivery = [shown >= LEAST_IMPRESSIONS for shown in self._series["impressions"]]
        self._sums = {
            name: [
                0.0,
                *accumulate(v if ok else 0.0 for v, ok in zip(values, has_delivery, strict=True)),
            ]
            for name, values in self._series.items()
        }
        self._sums["days"] = [0.0, *accumulate(map(float, has_delivery))]

    def value(self, day: date, metric: str) -> float:
        """A metric of a day; 0 where nothing is known."""
        place = (day - self.first).days
        return self._series[metric][place] if place >= 0 else 0.0

    def before(self, day: date, metric: str) -> float:
        """The sum over the `RATE_DAYS` before a day, of days with enough impressions.

        The metric `days` counts these days.
        """
        place = (day - self.first).days
        sums = self._sums[metric]
        return sums[place] - sums[max(0, place - RATE_DAYS)]


def spend_share(past: Past, day: date) -> float | None:
    """Spend as a share of the median of the same weekday; None without a profile.

    A low share is no news where the day before had as little: a budget was cut.
    """
    weeks = [past.value(day - timedelta(weeks=n), "spend") for n in range(1, PROFILE_WEEKS + 1)]
    profile = [value for value in weeks if value > 0]
    if len(profile) < LEAST_WEEKS:
        return None
    share = past.value(day, "spend") / median(profile)
    before = past.value(day - timedelta(days=1), "spend")
    return max(share, min(past.value(day, "spend") / before, 1.0)) if before > 0 else share


def rate_share(past: Past, day: date) -> float | None:
    """Cost per mille or click rate as a share of the weeks before, whichever is further off."""
    impressions = past.value(day, "impressions")
    if impressions < LEAST_IMPRESSIONS or past.before(day, "days") < LEAST_RATE_DAYS:
        return None
    shares = [
        (past.value(day, name) / impressions) / (before / past.before(day, "impressions"))
        for name in ("spend", "clicks")
        if (before := past.before(day, name)) > 0
    ]
    return max(shares, key=lambda s: abs(log(s)) if s > 0 else inf) if shares else None


def run_length(past: Past, day: date) -> int:
    """How many days in a row, up to this one, have the same account totals."""
    if past.value(day, "impressions") < LEAST_IMPRESSIONS:
        return 1
    length = 1
    while length < RATE_DAYS and all(
        past.value(day - timedelta(days=length), name) == past.value(day, name)
        for name in ("spend", "impressions", "clicks")
    ):
        length += 1
    return length
