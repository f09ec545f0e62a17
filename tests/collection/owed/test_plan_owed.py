"""What is owed: days never received and the lookback, read from the ledger."""

from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from databases import Warehouse
from factories import add_client, campaign, days, put_day

from orchestration.clients.model import Client
from orchestration.collection.plan import owed_list, owed_windows

FIRST, DUE = date(2026, 11, 1), date(2026, 11, 14)


def client(client_id: str = "a", **more: Any) -> Client:
    values = {"client_id": client_id, "name": "A", "ad_account_id": "act_1"}
    return Client.model_validate(values | more)


def owed(
    warehouse: Warehouse,
    *,
    due_only: bool = False,
    levels: tuple[str, ...] = ("campaign",),
    **shared: int,
) -> list[tuple[date, date]]:
    """The windows that client a owes; `shared` are settings that SQL reads."""
    for name, value in shared.items():
        warehouse.execute(
            "insert into ops.settings values (%s, %s) on conflict (name) "
            "do update set value = excluded.value",
            [name, str(value)],
        )
    with warehouse.connect() as connection:
        windows = owed_windows(connection, [client(levels=levels)], due_only=due_only)
    return [(window.since, window.until) for window in windows]


def receive(warehouse: Warehouse, since: date, until: date, **how: Any) -> None:
    for day in days(since, until):
        put_day(warehouse, "a", day, *([] if how.get("state") else [campaign()]), **how)


def test_a_new_client_owes_every_day_until_the_latest_due_one(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    assert owed(warehouse) == [(FIRST, DUE)]


def test_nothing_is_owed_once_all_was_read_for_the_latest_due_day(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, FIRST, DUE)
    assert owed(warehouse) == []


def test_exactly_the_holes_are_owed_each_in_a_window_of_its_own(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    holes = [date(2026, 11, 3), date(2026, 11, 8), date(2026, 11, 9)]
    for day in days(FIRST, DUE):
        if day not in holes:
            put_day(warehouse, "a", day, campaign())
    assert owed(warehouse) == [(holes[0], holes[0]), (holes[1], holes[2])]


def test_a_day_asked_for_in_vain_is_still_owed_and_an_empty_one_is_not(
    warehouse: Warehouse,
) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, FIRST, DUE)
    put_day(warehouse, "a", date(2026, 11, 5), state="none")
    put_day(warehouse, "a", date(2026, 11, 7), state="empty")
    assert owed(warehouse) == [(date(2026, 11, 5), date(2026, 11, 5))]


def test_the_lookback_is_read_again_once_for_each_newly_due_day(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, FIRST, DUE - timedelta(days=1), read_for=DUE - timedelta(days=1))
    assert owed(warehouse, lookback_days=3) == [(date(2026, 11, 12), DUE)]
    assert owed(warehouse, lookback_days=1) == [(DUE, DUE)]
    assert owed(warehouse, lookback_days=28) == [(FIRST, DUE)]


def test_a_day_whose_last_lookback_read_was_missed_is_owed_however_old_it_is(
    warehouse: Warehouse,
) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, FIRST, DUE)
    put_day(warehouse, "a", date(2026, 11, 2), campaign(), read_for=date(2026, 11, 3))
    assert owed(warehouse, lookback_days=3) == [(date(2026, 11, 2), date(2026, 11, 2))]
    put_day(warehouse, "a", date(2026, 11, 2), campaign(), read_for=date(2026, 11, 4))
    assert owed(warehouse, lookback_days=3) == []


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


def test_the_view_of_missing_days_and_the_plan_agree_on_gaps(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, date(2026, 11, 3), date(2026, 11, 10))
    missing = [row[0] for row in warehouse.rows("select date_day from ops.missing_days order by 1")]
    planned = [day for since, until in owed(warehouse) for day in days(since, until)]
    assert missing == planned


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


def test_the_lookback_goes_on_after_the_end_of_a_client(warehouse: Warehouse) -> None:
    end = date(2026, 11, 6)
    add_client(warehouse, "a", owed_since=FIRST, ends_on=end, status="ended")
    receive(warehouse, FIRST, end, read_for=end)
    assert owed(warehouse) == [(FIRST, end)]
    receive(warehouse, FIRST, end, read_for=DUE)
    assert owed(warehouse) == []


def test_an_ended_client_without_an_end_owes_nothing(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST, status="ended")
    assert owed(warehouse) == []
    assert warehouse.value("select count(*) from ops.missing_days") == 0


def test_the_months_before_are_read_again_once_when_a_month_begins(warehouse: Warehouse) -> None:
    begin = date(2026, 8, 1)
    add_client(warehouse, "a", owed_since=date(2026, 6, 1))
    receive(warehouse, date(2026, 6, 1), date(2026, 9, 30), read_for=date(2026, 10, 31))
    receive(warehouse, date(2026, 10, 1), DUE)
    found = [day for since, until in owed(warehouse) for day in days(since, until)]
    assert found == days(begin, date(2026, 9, 30))
    assert owed(warehouse, deep_months=0) == []
    receive(warehouse, begin, date(2026, 9, 30), read_for=date(2026, 11, 1))
    assert owed(warehouse, deep_months=3) == []


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
