"""Which days a client owes: by its status, zone, levels and failures, and by what Meta keeps."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from databases import Warehouse
from factories import add_client, put_day
from owed_days import DUE, FIRST, client, owed, receive

from orchestration.collection.plan import owed_list, owed_windows


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": "paused"}, []),
        ({"timezone_name": None}, [(FIRST, DUE)]),
        ({"owed_since": None}, [(date(2026, 10, 18), DUE)]),
        ({"ends_on": date(2026, 11, 6)}, [(FIRST, date(2026, 11, 6))]),
        ({"timezone_name": "Pacific/Kiritimati"}, [(FIRST, DUE)]),
        ({"timezone_name": "Pacific/Honolulu"}, [(FIRST, date(2026, 11, 13))]),
    ],
)
def test_what_a_client_is_decides_what_it_owes(
    warehouse: Warehouse, changes: dict[str, Any], expected: list[tuple[date, date]]
) -> None:
    add_client(warehouse, "a", **({"owed_since": FIRST} | changes))
    assert owed(warehouse) == expected


def test_known_pauses_are_not_owed(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    warehouse.execute(
        "insert into ops.client_pauses values ('a', '2026-11-04', '2026-11-06', 'closed')"
    )
    assert owed(warehouse) == [(FIRST, date(2026, 11, 3)), (date(2026, 11, 7), DUE)]


def test_years_of_owed_days_become_month_long_windows_within_what_meta_keeps(
    warehouse: Warehouse,
) -> None:
    add_client(warehouse, "a", owed_since=date(2020, 1, 1))
    found = owed(warehouse)
    assert found[0][0] == date(2023, 10, 16)
    assert found[-1][1] == DUE
    assert all((until - since).days <= 30 for since, until in found)
    assert all(b[0] == a[1] + timedelta(days=1) for a, b in pairwise(found))


def fail(warehouse: Warehouse, day: date, attempts: int, minutes_ago: int) -> None:
    """Record failed last attempts of a day; how long ago counts by the real clock."""
    put_day(warehouse, "a", day, state="none")
    warehouse.execute(
        "update ops.slice_state set last_attempt = 'failed', failed_attempts = %s, "
        "last_attempt_at = clock_timestamp() - make_interval(mins => %s), last_reason = 'dead' "
        "where date_day = %s",
        [attempts, minutes_ago, day],
    )


@pytest.mark.parametrize(
    ("attempts", "minutes", "is_due"),
    [
        (1, 14, False),
        (1, 16, True),
        (2, 29, False),
        (2, 31, True),
        (6, 8 * 60 - 1, False),
        (6, 8 * 60 + 1, True),
        (8, 12 * 60 - 1, False),
        (8, 12 * 60 + 1, True),
        (9, 10_000, False),
    ],
)
def test_a_day_that_failed_is_asked_for_by_itself_after_growing_pauses_and_not_for_ever(
    warehouse: Warehouse, attempts: int, minutes: int, is_due: bool
) -> None:
    add_client(warehouse, "a", owed_since=DUE)
    fail(warehouse, DUE, attempts, minutes)
    assert owed(warehouse, due_only=True) == ([(DUE, DUE)] if is_due else [])
    assert owed(warehouse) == [(DUE, DUE)]


def test_what_is_owed_is_told_with_its_reason(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, FIRST, DUE)
    receive(warehouse, date(2026, 11, 6), date(2026, 11, 7), read_for=date(2026, 11, 8))
    fail(warehouse, date(2026, 11, 3), 2, 0)
    warehouse.execute("delete from ops.slice_state where date_day >= '2026-11-13'")
    with warehouse.connect() as connection:
        windows = owed_list(connection, [client()])
    assert [(o.window.since.day, o.window.until.day, o.why, o.attempts) for o in windows] == [
        (3, 3, "failed", 2),
        (6, 7, "restatement", 0),
        (13, 14, "never collected", 0),
    ]
    assert windows[0].reason == "dead"
    assert windows[0].asked_again_at is not None


def test_an_ended_client_without_an_end_owes_nothing(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST, status="ended")
    assert owed(warehouse) == []
    assert warehouse.value("select count(*) from ops.missing_days") == 0


def test_a_level_that_was_added_later_is_owed_for_every_day(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=date(2026, 11, 12), levels=["campaign", "ad"])
    receive(warehouse, date(2026, 11, 12), DUE)
    assert owed(warehouse, levels=("campaign", "ad")) == [(date(2026, 11, 12), DUE)]
    warehouse.execute("update ops.clients set levels = '{campaign}'")
    assert owed(warehouse) == []


@pytest.mark.parametrize(
    ("now", "zone", "due"),
    [
        # Clocks go back in Berlin on 25 October 2026: the day has 25 hours.
        ("2026-10-26T02:59:00Z", "Europe/Berlin", date(2026, 10, 24)),
        ("2026-10-26T03:01:00Z", "Europe/Berlin", date(2026, 10, 25)),
        # Forward in New York on 8 March 2026.
        ("2026-03-09T07:59:00Z", "America/New_York", date(2026, 3, 7)),
        ("2026-03-09T08:01:00Z", "America/New_York", date(2026, 3, 8)),
        ("2026-11-14T14:01:00Z", "Pacific/Kiritimati", date(2026, 11, 14)),
    ],
)
def test_a_day_is_owed_from_the_due_hour_of_the_accounts_next_day(
    warehouse: Warehouse, now: str, zone: str, due: date
) -> None:
    add_client(warehouse, "a", owed_since=due - timedelta(days=2), timezone_name=zone)
    with warehouse.connect() as connection:
        connection.execute("select set_config('meta_ads.now', %s, false)", [now])
        (window,) = owed_windows(connection, [client()])
    assert window.until == due


@pytest.mark.parametrize(
    ("now", "zone"),
    [
        ("2026-11-15T12:00:00+00:00", "UTC"),
        ("2026-03-31T12:00:00+00:00", "UTC"),
        ("2028-03-31T12:00:00+00:00", "UTC"),
        ("2026-12-31T23:30:00+00:00", "Pacific/Auckland"),
        ("2026-01-01T00:30:00+00:00", "America/Los_Angeles"),
        ("2028-02-29T12:00:00+00:00", "UTC"),
    ],
)
def test_the_earliest_day_lies_just_within_37_months(
    warehouse: Warehouse, now: str, zone: str
) -> None:
    today = datetime.fromisoformat(now).astimezone(ZoneInfo(zone)).date()
    with warehouse.connect() as connection:
        connection.execute("select set_config('meta_ads.now', %s, false)", [now])
        ((found,),) = connection.execute("select ops.earliest_day(%s)", [zone]).fetchall()
    months = (today.year - found.year) * 12 + today.month - found.month
    assert months in (36, 37)
    assert found.day == 1 if months == 36 else found.day > min(today.day, 28)
