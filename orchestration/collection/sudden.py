"""Days read for the first time that are suddenly quiet: without a row, or with far less spend.

It may be true, and it may be a loss that the account and its campaigns share: a deeper level is
asked. Days that stand are guarded by what stands of them.
"""

from collections.abc import Collection
from datetime import date, timedelta
from statistics import median

from orchestration.quality.answer import Answer

STEADY_DAYS = 14
"""After delivery on so many days in a row a day without a row is in doubt."""
FIRST_WINDOW_DAYS = 7
"""A first window of at least so many days without any row is in doubt as a whole."""
DROP_SHARE = 0.3
"""Less spend than this share of the day before, of the week before and of their median is a drop:
noise, weekdays and single campaigns that pause stay above it."""
LEAST_PAST_DAYS = 7
LEAST_SPEND_DAYS = 14
LEAST_IMPRESSIONS = 1000
"""Accounts that deliver less than this on a median day rise and fall by chance."""
SILENCE, DROP = "unexpected_silence", "sudden_drop"


def sudden_days(answer: Answer) -> dict[date, str | None]:
    """Days in doubt, with the rule that names them if the deeper level says the same.

    None: days that only follow upon a drop, and those of a first window without any row, which is
    named as a whole.
    """
    fresh = [
        day
        for day in answer.window.days
        if day <= answer.account.finished_until
        and day not in answer.history.quiet
        and answer.standing.states.get(day) is None
    ]
    return _empty(answer, fresh) | _dropped(answer, fresh)


def _empty(answer: Answer, fresh: Collection[date]) -> dict[date, str | None]:
    totals, campaigns = (answer.evidence.sums[level] for level in ("account", "campaign"))
    empty = [day for day in fresh if not totals[day].rows and not campaigns[day].rows]
    if not empty:
        return {}
    delivered = _days_with_delivery(answer)
    if not delivered:
        is_first = answer.window.until >= answer.account.due_day and not answer.standing.states
        is_long = len(answer.window.days) >= FIRST_WINDOW_DAYS
        return dict.fromkeys(empty) if is_first and is_long else {}
    return {day: SILENCE for day in empty if _is_silence(day, delivered)}


def _is_silence(day: date, delivered: Collection[date]) -> bool:
    """Whether a day lies between days of delivery, or follows upon many in a row."""
    earlier = [other for other in delivered if other < day]
    if not earlier:
        return False
    if any(other > day for other in delivered):
        return True
    last = max(earlier)
    return all(last - timedelta(days=n) in delivered for n in range(STEADY_DAYS))


def _days_with_delivery(answer: Answer) -> set[date]:
    told = {day for day, sums in answer.evidence.sums["campaign"].items() if sums.rows}
    known = {day for day in answer.history.readings if answer.history.latest(day, "impressions")}
    return told | (known - {*answer.window.days})


def _dropped(answer: Answer, fresh: Collection[date]) -> dict[date, str | None]:
    found: dict[date, str | None] = {}
    reference = 0.0
    for day in sorted(fresh):
        spend = _metric(answer, day, "spend")
        if day - timedelta(days=1) in found and spend < DROP_SHARE * reference:
            found[day] = None
            continue
        before = [
            day - timedelta(days=n)
            for n in range(1, LEAST_SPEND_DAYS + 1)
            if _metric(answer, day - timedelta(days=n), "spend") > 0
        ]
        if len(before) < LEAST_PAST_DAYS or spend <= 0:
            continue
        reference = min(
            median(_metric(answer, other, "spend") for other in before),
            *(_metric(answer, day - timedelta(days=n), "spend") for n in (1, 7)),
        )
        shown = median(_metric(answer, other, "impressions") for other in before)
        if spend < DROP_SHARE * reference and shown >= LEAST_IMPRESSIONS:
            found[day] = DROP
    return found


def _metric(answer: Answer, day: date, name: str) -> float:
    """What the campaigns of a day add up to: of the answer, else what stands; 0 if unknown."""
    sums = answer.evidence.sums["campaign"].get(day)
    if sums is not None:
        return float(sums.metrics[name])
    return answer.history.latest(day, name) or 0.0
