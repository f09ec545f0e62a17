"""The named ranges of days, each seen from the account's today."""

from collections.abc import Callable
from datetime import date, timedelta

from orchestration.days import months_before

RETENTION_MONTHS = 37
_DAY = timedelta(days=1)
_SUNDAY = 6
"""As `date.weekday` counts: from Monday on."""


Days = tuple[date, date]
"""The first and the last day of a range, both included."""


def _last(days: int) -> Callable[[date], Days]:
    return lambda today: (today - timedelta(days=days), today - _DAY)


def _month(today: date) -> date:
    return today.replace(day=1)


def _quarter(today: date) -> date:
    return date(today.year, (today.month - 1) // 3 * 3 + 1, 1)


def _week(today: date, starts_on: int) -> date:
    return today - timedelta(days=(today.weekday() - starts_on) % 7)


def _period_to_date(start: Callable[[date], date]) -> Callable[[date], Days]:
    """From the start of the current period to today."""
    return lambda today: (start(today), today)


def _previous(start: Callable[[date], date]) -> Callable[[date], Days]:
    """The whole period before the current one."""
    return lambda today: (start(start(today) - _DAY), start(today) - _DAY)


_everything = _period_to_date(lambda today: months_before(today, RETENTION_MONTHS))

PRESETS: dict[str, Callable[[date], Days]] = {
    "today": _period_to_date(lambda today: today),
    "yesterday": _last(1),
    "this_month": _period_to_date(_month),
    "last_month": _previous(_month),
    "this_quarter": _period_to_date(_quarter),
    "maximum": _everything,
    "data_maximum": _everything,
    **{f"last_{days}d": _last(days) for days in (3, 7, 14, 28, 30, 90)},
    "last_week_mon_sun": _previous(lambda today: _week(today, 0)),
    "last_week_sun_sat": _previous(lambda today: _week(today, _SUNDAY)),
    "last_quarter": _previous(_quarter),
    "last_year": _previous(lambda today: date(today.year, 1, 1)),
    "this_week_mon_today": _period_to_date(lambda today: _week(today, 0)),
    "this_week_sun_today": _period_to_date(lambda today: _week(today, _SUNDAY)),
    "this_year": _period_to_date(lambda today: date(today.year, 1, 1)),
}
"""`last_<N>d` ends with yesterday; what starts with `this_` ends with today."""
