"""How long versions of the Marketing API live.

Source: Meta's changelog of versions. v22, v23 and v24 ended about a year after their release; the
day itself is announced late, so that people are told two months before a year is over.
"""

from datetime import date, timedelta

RELEASED = {"v25.0": date(2026, 2, 18), "v26.0": date(2026, 7, 29)}
"""When each version came; those that are not here are not known to end."""
LIFE = timedelta(days=365)
NOTICE = timedelta(days=60)


def ends_about(version: str) -> date | None:
    """The day by which a version is expected to end; None where nothing is known of it."""
    released = RELEASED.get(version)
    return released + LIFE if released else None


def is_ending(version: str, today: date) -> bool:
    """Whether it is time to move on to a newer version."""
    ends = ends_about(version)
    return ends is not None and today >= ends - NOTICE
