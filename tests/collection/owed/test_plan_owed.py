"""What is owed: days never received and the lookback, read from the ledger."""

from datetime import date, timedelta

from databases import Warehouse
from factories import add_client, campaign, days, put_day
from owed_days import DUE, FIRST, owed, receive


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


def test_the_view_of_missing_days_and_the_plan_agree_on_gaps(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, date(2026, 11, 3), date(2026, 11, 10))
    missing = [row[0] for row in warehouse.rows("select date_day from ops.missing_days order by 1")]
    planned = [day for since, until in owed(warehouse) for day in days(since, until)]
    assert missing == planned


def test_the_lookback_goes_on_after_the_end_of_a_client(warehouse: Warehouse) -> None:
    end = date(2026, 11, 6)
    add_client(warehouse, "a", owed_since=FIRST, ends_on=end, status="ended")
    receive(warehouse, FIRST, end, read_for=end)
    assert owed(warehouse) == [(FIRST, end)]
    receive(warehouse, FIRST, end, read_for=DUE)
    assert owed(warehouse) == []


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
