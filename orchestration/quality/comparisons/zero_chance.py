"""How likely it is that a day has no conversion at all, at the client's own rate."""

from collections.abc import Sequence
from datetime import date, timedelta
from math import exp, log

from orchestration.answers.history import FINAL_AGE
from orchestration.expectations.catalogue import ZERO_CHANCE
from orchestration.quality.answer import Answer
from orchestration.quality.comparisons.past import LEAST_RATE_DAYS, RATE_DAYS
from orchestration.quality.tolerance import beyond_chance

LEAST_ANSWER_DAYS = 7
"""So many days of the same answer are compared where the past has too few."""
ARRIVED_AT_LEAST = 0.3
"""So much of a day's conversions has come by the day after: vendors see half and more."""
LEVELS = ("account", "campaign")

SpendAndConversions = tuple[float, float]


def zero_chances(answer: Answer) -> dict[date, float]:
    """By day the lowest chance, over the families, of a zero that both levels have.

    Days without a zero are absent. Zeros of days that are read for the first time are also judged
    together: three unlikely ones in one window are less likely than each of them.
    """
    if not (answer.history.expects_conversions and answer.names_conversions):
        return {}
    account = answer.evidence.sums["account"]
    days = [day for day in answer.window.days if account[day].metrics["spend"] > 0]
    lowest: dict[date, float] = {}
    for family in _families(answer):
        chances = _chances_of_family(answer, days, family)
        first_read = {
            day: -log(chance)
            for day, chance in chances.items()
            if chance > 0 and day not in answer.standing.states
        }
        together, evidence = beyond_chance(first_read, len(days), -log(ZERO_CHANCE))
        for day, chance in chances.items():
            least = min(chance, exp(-evidence)) if day in together else chance
            lowest[day] = min(lowest.get(day, 1.0), least)
    return lowest


def _families(answer: Answer) -> set[str]:
    """The families of which the client had conversions, in the past or in this answer."""
    past = {
        metric.partition(":")[2]
        for metrics in answer.history.readings.values()
        for metric in metrics
        if metric.startswith("conversions:")
    }
    return past.union(*(sums.families() for sums in answer.evidence.sums["account"].values()))


def _chances_of_family(answer: Answer, days: Sequence[date], family: str) -> dict[date, float]:
    levels = answer.evidence.sums
    chances = {
        day: _chance_of_zero(answer, day, f"conversions:{family}")
        for day in days
        if not any(levels[level][day].families().get(family) for level in LEVELS)
    }
    return {day: chance for day, chance in chances.items() if chance is not None}


def _chance_of_zero(answer: Answer, day: date, metric: str) -> float | None:
    """How likely no conversion is on this day's spend, at the client's rate on days of equal age.

    Counts of ads scatter more than Poisson's, so the chance is that of a negative binomial whose
    variance is the mean times the dispersion seen on the days compared with (Pearson's, at least
    one): dispersion ** (-mean / (dispersion - 1)), which is exp(-mean) for a dispersion of one.
    """
    compared = _days_to_compare(answer, day, metric)
    spend = sum(pair[0] for pair in compared)
    conversions = sum(pair[1] for pair in compared)
    if not compared or not conversions:
        return None
    rate = conversions / spend
    scatter = sum((count - rate * cost) ** 2 / (rate * cost) for cost, count in compared)
    dispersion = max(scatter / (len(compared) - 1), 1.0)
    mean = rate * float(answer.evidence.sums["account"][day].metrics["spend"])
    if dispersion < 1.001:
        return exp(-mean)
    return float(dispersion ** (-mean / (dispersion - 1)))


def _days_to_compare(answer: Answer, day: date, metric: str) -> list[SpendAndConversions]:
    """Spend and conversions of days to compare with: of the past at equal age, else of the answer.

    In a first window younger days are compared as they are, since they have fewer conversions than
    they will have at the age of this one. Where these are too few, older days are compared by the
    share of their conversions that comes at once.
    """
    age = (answer.account.due_day - day).days
    before = [day - timedelta(days=n) for n in range(1, RATE_DAYS + 1)]
    readings = [_at_age(answer, other, metric, age) for other in before]
    compared = [pair for pair in readings if pair and pair[0] > 0]
    if len(compared) >= LEAST_RATE_DAYS:
        return compared
    after = [day + timedelta(days=n) for n in range(1, RATE_DAYS + 1)]
    younger = _in_answer(answer, after, metric, 1.0)
    if len(younger) >= LEAST_ANSWER_DAYS:
        return younger
    older = _in_answer(answer, before, metric, ARRIVED_AT_LEAST)
    return older if len(older) >= LEAST_ANSWER_DAYS else []


def _at_age(answer: Answer, day: date, metric: str, age: int) -> SpendAndConversions | None:
    """Spend and conversions of another day as they were known at that age."""
    spend = answer.history.at_age(day, "spend", age)
    if spend is not None:
        return spend, answer.history.at_age(day, metric, age) or 0.0
    account = answer.evidence.sums["account"]
    # Days of this answer that are as good as final may be compared with such days.
    if day in account and age >= FINAL_AGE:
        conversions = account[day].families().get(_family(metric), 0)
        return float(account[day].metrics["spend"]), float(conversions)
    return None


def _in_answer(
    answer: Answer, days: Sequence[date], metric: str, share: float
) -> list[SpendAndConversions]:
    """Spend of days of the answer, and a share of their conversions; where more stand, of those."""
    levels = answer.evidence.sums
    pairs = []
    for day in days:
        if day not in levels["account"] or day > answer.account.finished_until:
            continue
        spend = float(levels["account"][day].metrics["spend"])
        came = max(float(levels[level][day].families().get(_family(metric), 0)) for level in LEVELS)
        conversions = max(came, answer.history.latest(day, metric) or 0.0)
        if spend > 0:
            pairs.append((spend, share * conversions))
    return pairs


def _family(metric: str) -> str:
    return metric.partition(":")[2]
