"""Quiet hours: when messages that can wait are held back."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from orchestration.alerting.messages.message import Draft
from orchestration.alerting.messages.severity import at_least_as_severe_as
from orchestration.settings import Settings

LOWEST_AT_NIGHT = "high"
"""Messages of this severity and above are sent in quiet hours, too."""


def hold_back(drafts: Iterable[Draft], now: datetime, settings: Settings) -> list[Draft]:
    """The messages; in quiet hours those that can wait are not sent before the end of them."""
    end = quiet_until(now, settings)
    return [
        draft
        if at_least_as_severe_as(draft.content.severity, LOWEST_AT_NIGHT)
        else replace(draft, not_before=end)
        for draft in drafts
    ]


def quiet_until(now: datetime, settings: Settings) -> datetime | None:
    """The end of the quiet hours that `now` lies in; None outside of them."""
    if settings.alert_quiet_hours is None:
        return None
    begin, end = (int(part) for part in settings.alert_quiet_hours.split("-"))
    local = now.astimezone(ZoneInfo(settings.alert_timezone))
    ends = datetime.combine(local.date(), time(end % 24), local.tzinfo)
    if end % 24 <= begin:
        # They go past midnight.
        if local.hour >= begin:
            return ends + timedelta(days=1)
        return ends if local < ends else None
    return ends if begin <= local.hour and local < ends else None
