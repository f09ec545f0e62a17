"""What is owed: days never received and the lookback, read from the ledger."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest
from factories import add_client, campaign, days, put_day

from orchestration.collection.plan import owed_windows
from orchestration.warehouse.ledger import known_clients

FIRST, DUE = date(2026, 11, 1), date(2026, 11, 14)


def owed(warehouse: Any, client_id: str = "a", **changes: Any) -> list[tuple[date, date]]:
    with warehouse.connect() as connection:
        known = known_clients(connection, [client_id])
        windows = owed_windows(connection, warehouse.settings(**changes), known)
    return [(window.since, window.until) for window in windows]


def receive(warehouse: Any, since: date, until: date, **how: Any) -> None:
    for day in days(since, until):
        put_day(warehouse, "a", day, *([] if how.get("state") else [campaign()]), **how)


def test_a_new_client_owes_every_day_until_the_latest_due_one(warehouse: Any) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    assert owed(warehouse) == [(FIRST, DUE)]


def test_nothing_is_owed_once_all_was_read_for_the_latest_due_day(warehouse: Any) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, FIRST, DUE)
    assert owed(warehouse) == []


def test_exactly_the_holes_are_owed_each_in_a_window_of_its_own(warehouse: Any) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    holes = [date(2026, 11, 3), date(2026, 11, 8), date(2026, 11, 9)]
    for day in days(FIRST, DUE):
        if day not in holes:
            put_day(warehouse, "a", day, campaign())
    assert owed(warehouse) == [(holes[0], holes[0]), (holes[1], holes[2])]


def test_a_day_asked_for_in_vain_is_still_owed_and_an_empty_one_is_not(warehouse: Any) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, FIRST, DUE)
    put_day(warehouse, "a", date(2026, 11, 5), state="none")
    put_day(warehouse, "a", date(2026, 11, 7), state="empty")
    assert owed(warehouse) == [(date(2026, 11, 5), date(2026, 11, 5))]


def test_the_lookback_is_read_again_once_for_each_newly_due_day(warehouse: Any) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, FIRST, DUE - timedelta(days=1), read_for=DUE - timedelta(days=1))
    assert owed(warehouse, lookback_days=3) == [(date(2026, 11, 12), DUE)]
    assert owed(warehouse, lookback_days=1) == [(DUE, DUE)]
    assert owed(warehouse) == [(FIRST, DUE)]


def test_a_day_whose_last_lookback_read_was_missed_is_owed_however_old_it_is(
    warehouse: Any,
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
    warehouse: Any, changes: dict[str, Any], expected: list[tuple[date, date]]
) -> None:
    add_client(warehouse, "a", **({"owed_since": FIRST} | changes))
    assert owed(warehouse) == expected


def test_known_pauses_are_not_owed(warehouse: Any) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    warehouse.execute(
        "insert into ops.client_pauses values ('a', '2026-11-04', '2026-11-06', 'closed')"
    )
    assert owed(warehouse) == [(FIRST, date(2026, 11, 3)), (date(2026, 11, 7), DUE)]


def test_years_of_owed_days_become_month_long_windows_within_what_meta_keeps(
    warehouse: Any,
) -> None:
    add_client(warehouse, "a", owed_since=date(2020, 1, 1))
    found = owed(warehouse)
    assert found[0][0] == date(2023, 10, 16)
    assert found[-1][1] == DUE
    assert all((until - since).days <= 30 for since, until in found)
    assert all(b[0] == a[1] + timedelta(days=1) for a, b in pairwise(found))


def test_the_view_of_missing_days_and_the_plan_agree_on_gaps(warehouse: Any) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, date(2026, 11, 3), date(2026, 11, 10))
    missing = [row[0] for row in warehouse.rows("select date_day from ops.missing_days order by 1")]
    planned = [day for since, until in owed(warehouse) for day in days(since, until)]
    assert missing == planned
