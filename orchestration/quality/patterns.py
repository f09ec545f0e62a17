"""Each client-day beside the client's own past, as the suite `expectations.patterns` reads it."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import accumulate
from math import exp, inf, log
from statistics import median
from typing import Any

import pandas as pd

from expectations.catalogue import ZERO_CHANCE
from orchestration.answers.history import FINAL_AGE, REFERENCE_DAYS
from orchestration.quality.answer import Answer
from orchestration.quality.figures import METRICS, LevelSums
from orchestration.quality.oddities import listed
from orchestration.quality.tolerance import beyond_chance, without_values

PROFILE_WEEKS = 8
LEAST_WEEKS = 4
"""A weekday's profile is made of the last eight such days; with fewer than four there is none."""
RATE_DAYS = 28
LEAST_RATE_DAYS = 14
"""Rates are those of the last 28 days; with fewer than 14 days of delivery there are none."""
LEAST_ANSWER_DAYS = 7
"""Days of the same answer that are compared where the past has too few."""
LEAST_IMPRESSIONS = 1000
"""Days of fewer impressions say nothing about rates, and numbers may repeat by chance."""
PAIR = ("account", "campaign")
COLUMNS = ["answer", "client_id", "date_day", "spend_share", "rate_share", "same_as", "run_length"]
COLUMNS += ["zero_chance", "confirmed", "quiet_spend", "valueless"]
ARRIVED_AT_LEAST = 0.3
"""So much of a day's conversions has come by the day after: vendors see half and more."""


def patterns_frame(answers: Sequence[Answer]) -> pd.DataFrame:
    """One row per client and day that the account has finished and on which it spent."""
    rows: list[tuple[Any, ...]] = []
    for position, answer in enumerate(answers):
        rows += _rows(position, answer, answer.evidence.sums)
    frame = pd.DataFrame(rows, columns=COLUMNS)
    return frame.astype({"spend_share": float, "rate_share": float, "zero_chance": float})


def _rows(position: int, answer: Answer, levels: LevelSums) -> list[tuple[Any, ...]]:
    past = _Past(answer, levels)
    repeats = _repeats(answer)
    valueless = _valueless(answer)
    zero_chances = _zero_chances(past)
    rows = []
    for day in answer.window.days:
        spend = past.value(day, "spend")
        if day > answer.account.finished_until or spend <= 0:
            continue
        rows.append(
            (
                position,
                answer.window.client_id,
                day.isoformat(),
                _spend_share(past, day),
                _rate_share(past, day),
                repeats.get(day),
                _run_length(past, day),
                zero_chances.get(day),
                int(answer.history.is_confirmed_zero(day)),
                spend if day in answer.history.quiet else 0.0,
                listed(valueless.get(day, ())),
            )
        )
    return rows


class _Past:
    """The account's own numbers day by day: those of the answer, before it those that stand."""

    def __init__(self, answer: Answer, levels: LevelSums) -> None:
        self.answer, self.levels = answer, levels
        self.first = answer.window.since - timedelta(days=REFERENCE_DAYS)
        count = (answer.window.until - self.first).days + 1
        days = [self.first + timedelta(days=n) for n in range(count)]
        account, history = levels["account"], answer.history
        self._series = {
            name: [
                float(account[day].metrics[name])
                if day in account
                else history.latest(day, name) or 0.0
                for day in days
            ]
            for name in METRICS
        }
        seen = [i >= LEAST_IMPRESSIONS for i in self._series["impressions"]]
        self._sums = {
            name: [0.0, *accumulate(v if ok else 0.0 for v, ok in zip(s, seen, strict=True))]
            for name, s in self._series.items()
        }
        self._sums["days"] = [0.0, *accumulate(map(float, seen))]
        self.families = {
            metric.partition(":")[2]
            for metrics in history.readings.values()
            for metric in metrics
            if metric.startswith("conversions:")
        }.union(*(sums.families() for sums in account.values()))

    def value(self, day: date, metric: str) -> float:
        """A metric of a day; 0 where nothing is known."""
        place = (day - self.first).days
        return self._series[metric][place] if place >= 0 else 0.0

    def before(self, day: date, metric: str) -> float:
        """The sum over the `RATE_DAYS` before a day, over days with impressions enough."""
        place = (day - self.first).days
        sums = self._sums[metric]
        return sums[place] - sums[max(0, place - RATE_DAYS)]


def _spend_share(past: _Past, day: date) -> float | None:
    """Spend as a share of the median of the same weekday; None without a profile.

    Less than that is no news where the day before had as little: a budget was cut.
    """
    weeks = [past.value(day - timedelta(weeks=n), "spend") for n in range(1, PROFILE_WEEKS + 1)]
    profile = [value for value in weeks if value > 0]
    if len(profile) < LEAST_WEEKS:
        return None
    share = past.value(day, "spend") / median(profile)
    before = past.value(day - timedelta(days=1), "spend")
    return max(share, min(past.value(day, "spend") / before, 1.0)) if before > 0 else share


def _rate_share(past: _Past, day: date) -> float | None:
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


def _repeats(answer: Answer) -> dict[date, str]:
    """Days whose campaign rows have exactly the numbers of an earlier day of the answer."""
    first: dict[int, date] = {}
    found = {}
    for day, sums in answer.evidence.sums["campaign"].items():
        if sums.metrics["impressions"] < LEAST_IMPRESSIONS:
            continue
        fingerprint = answer.evidence.fingerprints[day]
        if fingerprint in first:
            found[day] = first[fingerprint].isoformat()
        first.setdefault(fingerprint, day)
    return found


def _run_length(past: _Past, day: date) -> int:
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


def _valueless(answer: Answer) -> dict[date, set[str]]:
    """Families that were counted on a day without any value, and have values on other days."""
    counts: dict[str, dict[date, float]] = defaultdict(dict)
    valued: set[str] = set()
    account, campaigns = (answer.evidence.sums[level] for level in ("account", "campaign"))
    for day, sums in campaigns.items():
        for family, (count, value) in sums.by_family().items():
            worth = value or account[day].by_family().get(family, (0, 0))[1]
            if worth:
                valued.add(family)
            if count > 0:
                counts[family][day] = 0.0 if worth else float(count)
    found: dict[date, set[str]] = defaultdict(set)
    for family, days in counts.items():
        if family in valued or answer.history.had(
            f"value:{family}", answer.window.since, RATE_DAYS
        ):
            for day in without_values(days):
                found[day].add(family)
    return found


def _zero_chances(past: _Past) -> dict[date, float]:
    """By day the lowest chance, over the families, of what is a zero at both levels.

    Zeros of days read for the first time are judged together, too: three unlikely ones in one
    window are less likely than each.
    """
    answer, levels = past.answer, past.levels
    if not answer.history.expects_conversions:
        return {}
    days = [d for d in answer.window.days if past.value(d, "spend") > 0]
    lowest: dict[date, float] = {}
    for family in past.families:
        chances = {
            day: chance
            for day in days
            if not any(levels[level][day].families().get(family) for level in PAIR)
            and (chance := _chance_of_zero(answer, levels, day, f"conversions:{family}"))
            is not None
        }
        fresh = {
            d: -log(c) for d, c in chances.items() if c > 0 and d not in answer.standing.states
        }
        together, evidence = beyond_chance(fresh, len(days), -log(ZERO_CHANCE))
        for day, chance in chances.items():
            least = min(chance, exp(-evidence)) if day in together else chance
            lowest[day] = min(lowest.get(day, 1.0), least)
    return lowest


def _chance_of_zero(answer: Answer, levels: LevelSums, day: date, metric: str) -> float | None:
    """How likely no conversion is on this day's spend at the client's own rate, at equal age.

    Counts of ads scatter more than Poisson's, so the chance is that of a negative binomial whose
    variance is the mean times the dispersion seen on the days compared with (Pearson's, at least
    one): dispersion ** (-mean / (dispersion - 1)), which is exp(-mean) for a dispersion of one.
    """
    compared = _compared(answer, levels, day, metric)
    spend = sum(pair[0] for pair in compared)
    conversions = sum(pair[1] for pair in compared)
    if not compared or not conversions:
        return None
    rate = conversions / spend
    scatter = sum((count - rate * cost) ** 2 / (rate * cost) for cost, count in compared)
    dispersion = max(scatter / (len(compared) - 1), 1.0)
    mean = rate * float(levels["account"][day].metrics["spend"])
    if dispersion < 1.001:
        return exp(-mean)
    return float(dispersion ** (-mean / (dispersion - 1)))


def _compared(
    answer: Answer, levels: LevelSums, day: date, metric: str
) -> list[tuple[float, float]]:
    """Spend and conversions of days to compare with: of the past at equal age, else of the answer.

    In a first window younger days are compared as they are, since they have fewer conversions than
    they will have at the age of this one, and where these are too few older ones by the share that
    comes at once.
    """
    age = (answer.account.due_day - day).days
    before = [day - timedelta(days=n) for n in range(1, RATE_DAYS + 1)]
    found = [pair for other in before if (pair := _reading(answer, levels, other, metric, age))]
    compared = [pair for pair in found if pair[0] > 0]
    if len(compared) >= LEAST_RATE_DAYS:
        return compared
    after = [day + timedelta(days=n) for n in range(1, RATE_DAYS + 1)]
    younger = _in_answer(answer, levels, after, metric, 1.0)
    if len(younger) >= LEAST_ANSWER_DAYS:
        return younger
    older = _in_answer(answer, levels, before, metric, ARRIVED_AT_LEAST)
    return older if len(older) >= LEAST_ANSWER_DAYS else []


def _in_answer(
    answer: Answer, levels: LevelSums, days: Sequence[date], metric: str, share: float
) -> list[tuple[float, float]]:
    """Spend and conversions of days of the answer; where more conversions stand, those."""
    family = metric.partition(":")[2]
    found = []
    for day in days:
        if day not in levels["account"] or day > answer.account.finished_until:
            continue
        spend = float(levels["account"][day].metrics["spend"])
        came = max(float(levels[level][day].families().get(family, 0)) for level in PAIR)
        counted = max(came, answer.history.latest(day, metric) or 0.0)
        if spend > 0:
            found.append((spend, share * counted))
    return found


def _reading(
    answer: Answer, levels: LevelSums, day: date, metric: str, age: int
) -> tuple[float, float] | None:
    """Spend and conversions of another day as they were known at that age."""
    history = answer.history
    spend = history.at_age(day, "spend", age)
    if spend is not None:
        return spend, history.at_age(day, metric, age) or 0.0
    # Days of this answer that are as good as final may be compared with such days.
    if day in levels["account"] and age >= FINAL_AGE:
        sums = levels["account"][day]
        family = metric.partition(":")[2]
        return float(sums.metrics["spend"]), float(sums.families().get(family, 0))
    return None
