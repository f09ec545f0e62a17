"""When a day is due, late and failed, by the clock of its ad account."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import worlds
from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, put_day, settings_of

from orchestration.health.checks import read_health
from orchestration.warehouse.connection import connect

# By the clock of the account, from the midnight that ends the day: how many clients are expected,
# the status of the check, and whether the client is late (None: not missing).
EXPECTED = {
    "-1:59": (0, "pass", None),
    "00:00": (0, "pass", None),
    "03:59": (0, "pass", None),
    "04:00": (1, "pass", False),
    "04:59": (1, "pass", False),
    "05:00": (1, "warning", True),
    "07:59": (1, "warning", True),
    "08:00": (1, "fail", True),
    "23:59": (1, "fail", True),
    "24:00": (1, "fail", True),
    "27:59": (1, "fail", True),
    # The next day is the latest one then; the one before is a gap.
    "28:00": (1, "pass", False),
    "29:00": (1, "warning", True),
}


@pytest.mark.parametrize(
    "zone",
    [
        "Pacific/Kiritimati",
        "Asia/Kathmandu",
        "Europe/Berlin",
        "UTC",
        "America/St_Johns",
        "America/Los_Angeles",
        "Pacific/Pago_Pago",
    ],
)
def test_a_day_is_due_then_late_then_failed_by_the_clock_of_its_account(
    zone: str, world: Warehouse
) -> None:
    worlds.empty(world)
    due_day = LATEST_DUE_DAY
    add_client(world, "acme", timezone_name=zone, owed_since=due_day)
    put_day(world, "acme", due_day - timedelta(days=1))
    midnight = datetime.combine(due_day + timedelta(days=1), datetime.min.time(), ZoneInfo(zone))
    for clock, (count, status, is_late) in EXPECTED.items():
        hours, minutes = map(int, clock.split(":"))
        now = midnight + timedelta(hours=hours, minutes=minutes)
        settings = settings_of(
            warehouse_url=world.url, home=world.home, now_override=now.isoformat()
        )
        with connect(settings) as connection:
            checks = read_health(connection).checks
        today = checks["todayCollection"]
        assert (today["expectedCount"], today["status"]) == (count, status), clock
        assert today["clientCount"] == 0
        assert [client["isLate"] for client in today["missing"]] == (
            [] if is_late is None else [is_late]
        )
        gaps = [day for gap in checks["missingDays"]["gaps"] for day in gap["days"]]
        first_late = hours >= 5
        second_late = hours >= 29
        assert len(gaps) == first_late + second_late, clock
