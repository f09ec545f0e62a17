"""A window: the days of one client that are asked for with one set of calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise


@dataclass(frozen=True)
class Window:
    """Days of one client, both ends included."""

    client_id: str
    since: date
    until: date

    @property
    def days(self) -> list[date]:
        """Every day of the window."""
        return [self.since + timedelta(n) for n in range((self.until - self.since).days + 1)]


def windows_of(client_id: str, days: Sequence[date], most: int) -> list[Window]:
    """The days as windows without holes, each of at most `most` days."""
    if not days:
        return []
    starts = [days[0]]
    for before, day in pairwise(days):
        if day - before > timedelta(1) or (day - starts[-1]).days >= most:
            starts.append(day)
    ends = [max(day for day in days if day < start) for start in starts[1:]] + [days[-1]]
    return [Window(client_id, *bounds) for bounds in zip(starts, ends, strict=True)]
