"""The ranges of days that an insights request asks for, in the account's time zone."""

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from orchestration.days import month_end, months_before
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError, invalid
from orchestration.sandbox.wire.presets import PRESETS, RETENTION_MONTHS

_DAY = timedelta(days=1)


class Bucket(NamedTuple):
    """Days that make one row, both ends included."""

    start: date
    stop: date

    def days(self) -> Iterator[date]:
        """Every day of the bucket."""
        for offset in range((self.stop - self.start).days + 1):
            yield self.start + timedelta(days=offset)


def buckets(call: Call, today: date) -> list[Bucket]:
    """The buckets asked for, oldest first.

    With `time_ranges` each range is one bucket and `time_increment` does not count.
    """
    several = call.json("time_ranges", list)
    if several:
        return [_checked(_range(entry, "time_ranges"), today) for entry in several]
    single = call.json("time_range", dict)
    if single is not None:
        whole = _checked(_range(single, "time_range"), today)
    else:
        whole = _preset(call.params.get("date_preset") or "last_30d", today)
    return list(_cut(whole, call.params.get("time_increment") or "all_days"))


def _range(entry: object, parameter: str) -> Bucket:
    if not isinstance(entry, dict) or not {"since", "until"} <= entry.keys():
        raise invalid(f"Param {parameter} must have since and until")
    try:
        return Bucket(date.fromisoformat(entry["since"]), date.fromisoformat(entry["until"]))
    except (TypeError, ValueError):
        raise invalid(f"Param {parameter} must hold dates written YYYY-MM-DD") from None


def _checked(bucket: Bucket, today: date) -> Bucket:
    if bucket.start > bucket.stop:
        raise invalid("since cannot be after until in the time range")
    if bucket.start < months_before(today, RETENTION_MONTHS):
        raise GraphError(
            "(#3018) The start date of the time range cannot be beyond 37 months from the current "
            "date",
            code=3018,
        )
    return bucket


def _preset(name: str, today: date) -> Bucket:
    if name not in PRESETS:
        raise invalid(f"date_preset must be one of the following values: {', '.join(PRESETS)}")
    return Bucket(*PRESETS[name](today))


def _cut(whole: Bucket, increment: str) -> Iterator[Bucket]:
    if increment == "all_days":
        yield whole
    elif increment == "monthly":
        yield from _walk(whole, month_end)
    elif increment.isdecimal() and 1 <= int(increment) <= 90:
        yield from _walk(whole, lambda day: day + timedelta(days=int(increment) - 1))
    else:
        raise invalid("time_increment must be an integer from 1 to 90, monthly or all_days")


def _walk(whole: Bucket, end_of: Callable[[date], date]) -> Iterator[Bucket]:
    """Buckets from the start of the range on; the last one is clipped to it."""
    start = whole.start
    while start <= whole.stop:
        stop = min(end_of(start), whole.stop)
        yield Bucket(start, stop)
        start = stop + _DAY
