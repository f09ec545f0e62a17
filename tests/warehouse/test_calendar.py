"""The days that are due and late: the rule in SQL and the settings' copy of it say the same."""

from datetime import UTC, datetime, timedelta

import pytest
from databases import Warehouse

ZONES = ["UTC", "Europe/Berlin", "America/Los_Angeles", "Asia/Kolkata", "Pacific/Auckland"]
CLOCKS_CHANGE = ["2026-03-08", "2026-03-29", "2026-04-05", "2026-09-27", "2026-10-25", "2026-11-01"]
"""Days on which clocks go forward or back in one of the zones."""


def instants() -> list[datetime]:
    """Every quarter of an hour around the changes of the clocks."""
    starts = [datetime.fromisoformat(day).replace(tzinfo=UTC) for day in CLOCKS_CHANGE]
    steps = [timedelta(minutes=15 * n, days=-1) for n in range(3 * 96)]
    return [start + step for start in starts for step in steps]


@pytest.mark.parametrize(("due_hour", "grace_minutes"), [(4, 60), (0, 0), (23, 90)])
def test_the_settings_know_due_and_late_days_as_the_warehouse_does(
    warehouse: Warehouse, due_hour: int, grace_minutes: int
) -> None:
    values = {"due_hour": due_hour, "due_grace_minutes": grace_minutes}
    settings = warehouse.settings(**values)
    for name, value in values.items():
        warehouse.execute("update ops.settings set value = %s where name = %s", [str(value), name])
    found = warehouse.rows(
        """
        select z.zone, a.at, d.day, ops.late_at(d.day, z.zone)
        from unnest(%s::text[]) as z (zone)
        cross join unnest(%s::timestamptz[]) as a (at)
        cross join lateral (select ops.latest_due_day(z.zone, a.at) as day) as d
        """,
        [ZONES, instants()],
    )
    assert len(found) == len(ZONES) * len(instants())
    for zone, at, day, late_at in found:
        at_that_time = settings.model_copy(update={"now_override": at})
        assert at_that_time.latest_due_day(zone) == day, (zone, at)
        assert settings.late_at(day, zone) == late_at, (zone, day)
