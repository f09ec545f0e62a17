"""Days read for the first time that are suddenly quiet: without a row, or with far less spend.

This may be true, or rows may be missing from the account and its campaigns alike: a deeper level is
asked. Days that are stored already are guarded by what is stored of them.
"""

from collections.abc import Collection
from datetime import date, timedelta
from statistics import median

from orchestration.quality.answer import Answer

STEADY_DAYS = 14
"""A day without a row is in doubt after delivery on this many days in a row."""
FIRST_WINDOW_DAYS = 7
"""A first window of at least this many days without any row is in doubt as a whole."""
DROP_SHARE = 0.3
"""A drop: less spend than this share of the day before, of the week before and of their median.
Noise, weekdays and single paused campaigns stay above it."""
LEAST_PAST_DAYS = 7
"""Earlier days with spend that a comparison needs."""
COMPARED_DAYS = 14
"""Earlier days that are looked at."""
LEAST_IMPRESSIONS = 1000
"""Accounts that deliver less than this on a median day rise and fall by chance."""
SILENCE, DROP = "unexpected_silence", "sudden_drop"


def sudden_days(answer: Answer) -> dict[date, str | None]:
    """Days in doubt, with the rule that names them if the deeper level agrees.

    The rule is None for days that only continue a drop, and for days of a first window without any
    row, which another rule names as a whole.
    """
    new_days = [
        day
        for day in answer.window.days
        if day <= answer.account.finished_until
        and day not in answer.history.quiet
        and answer.standing.states.get(day) is None
    ]
    return _empty_days(answer, new_days) | _dropped_days(answer, new_days)


def _empty_days(answer: Answer, new_days: Collection[date]) -> dict[date, str | None]:
    totals, campaigns = (answer.evidence.sums[level] for level in ("account", "campaign"))
    empty = [day for day in new_days if not totals[day].rows and not campaigns[day].rows]
    if not empty:
        return {}
    delivered = _days_with_delivery(answer)
    if not delivered:
        is_first = answer.window.until >= answer.account.due_day and not answer.standing.states
        is_long = len(answer.window.days) >= FIRST_WINDOW_DAYS
        return dict.fromkeys(empty) if is_first and is_long else {}
    return {day: SILENCE for day in empty if _is_silence(day, delivered)}


def _is_silence(day: date, delivered: Collection[date]) -> bool:
    """Whether a day lies between days of delivery, or follows many of them in a row."""
    earlier = [other for other in delivered if other < day]
    if not earlier:
        return False
    if any(other > day for other in delivered):
        return True
    last = max(earlier)
    return all(last - timedelta(days=n) in delivered for n in range(STEADY_DAYS))


def _days_with_delivery(answer: Answer) -> set[date]:
    answered = {day for day, sums in answer.evidence.sums["campaign"].items() if sums.rows}
    known = {day for day in answer.history.readings if answer.history.latest(day, "impressions")}
    return answered | (known - {*answer.window.days})


def _dropped_days(answer: Answer, new_days: Collection[date]) -> dict[date, str | None]:
    """The days of a drop; the first of each has the rule, the days that continue it have None."""
    dropped: dict[date, str | None] = {}
    level_before = 0.0
    for day in sorted(new_days):
        spend = _metric(answer, day, "spend")
        if day - timedelta(days=1) in dropped and spend < DROP_SHARE * level_before:
            dropped[day] = None
            continue
        past = [
            before
            for n in range(1, COMPARED_DAYS + 1)
            if _metric(answer, before := day - timedelta(days=n), "spend") > 0
        ]
        if len(past) < LEAST_PAST_DAYS or spend <= 0:
            continue
        level_before = min(
            median(_metric(answer, before, "spend") for before in past),
            *(_metric(answer, day - timedelta(days=n), "spend") for n in (1, 7)),
        )
        impressions = median(_metric(answer, before, "impressions") for before in past)
        if spend < DROP_SHARE * level_before and impressions >= LEAST_IMPRESSIONS:
            dropped[day] = DROP
    return dropped


def _metric(answer: Answer, day: date, name: str) -> float:
    """The sum over a day's campaigns: of the answer, else as stored; 0 if unknown."""
    sums = answer.evidence.sums["campaign"].get(day)
    if sums is not None:
        return float(sums.metrics[name])
    return answer.history.latest(day, name) or 0.0
