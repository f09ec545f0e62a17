"""When versions of the Marketing API are expected to end.

Source: Meta's changelog of versions. v22, v23 and v24 ended about a year after their release. Meta
announces the exact day late, so the warning comes two months before the year is over.
"""

from datetime import date, timedelta

RELEASED = {"v25.0": date(2026, 2, 18), "v26.0": date(2026, 7, 29)}
"""Release days. Of a version that is not listed here no end is known."""
LIFETIME = timedelta(days=365)
NOTICE = timedelta(days=60)


def ends_about(version: str) -> date | None:
    """The day by which a version is expected to end; None for an unknown version."""
    released = RELEASED.get(version)
    return released + LIFETIME if released else None


def is_ending(version: str, today: date) -> bool:
    """Whether it is time to move on to a newer version."""
    ends = ends_about(version)
    return ends is not None and today >= ends - NOTICE
