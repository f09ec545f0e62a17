"""A client gets another ad account: accepted from a stated day on, otherwise refused."""

from datetime import date, timedelta
from typing import Any

from account_changes import DUE_DAY, FIRST, client, sync
from databases import Warehouse
from factories import add_client, campaign, put_day

from orchestration.clients.model import Client
from orchestration.collection.decisions import waive_days
from orchestration.collection.owed_request import request_owed
from orchestration.collection.plan import owed_list, owed_windows


def account(warehouse: Warehouse) -> tuple[Any, ...]:
    """What the ledger says of the account of client a."""
    return warehouse.rows(
        "select ad_account_id, account_since, account_refused from ops.clients "
        "where client_id = 'a'"
    )[0]


def owed(warehouse: Warehouse, wanted: Client) -> list[tuple[date, date]]:
    with warehouse.connect() as connection:
        return [(w.since, w.until) for w in owed_windows(connection, [wanted])]


def test_another_account_without_a_day_is_refused_and_the_known_one_stays(with_days: Any) -> None:
    sync(with_days, client(account=1002))
    known, since, refused = account(with_days)
    assert (known, since) == ("act_1001", None)
    for word in ("act_1001", "act_1002", "account_since: YYYY-MM-DD", "group"):
        assert word in refused
    sync(with_days, client(account=1001))
    assert account(with_days) == ("act_1001", None, None)


def test_a_client_without_days_takes_any_account(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", ad_account_id="act_1001")
    put_day(warehouse, "a", FIRST, state="none")
    sync(warehouse, client(account=1002))
    assert account(warehouse) == ("act_1002", None, None)


def test_days_before_the_new_account_are_owed_to_nobody_and_its_own_are_read_again(
    with_days: Any,
) -> None:
    since = date(2026, 11, 10)
    with_days.execute("update ops.slice_state set read_for = date_day")
    changed = client(account=1002, account_since=since)
    sync(with_days, changed)
    assert account(with_days) == ("act_1002", since, None)
    assert owed(with_days, changed) == [(since, DUE_DAY)]
    with_days.execute("update ops.slice_state set read_for = '2026-11-14'")
    why = with_days.rows("select distinct why, can_be_asked from ops.owed_days")
    assert why == [("another account", True)]
    with_days.execute("update ops.slice_state set confirmed_at = clock_timestamp()")
    assert owed(with_days, changed) == []


def test_the_months_of_the_old_account_become_final(with_days: Any) -> None:
    with_days.execute("update ops.slice_state set read_for = date_day")
    assert with_days.value("select ops.is_final('a', '2026-10-01')") is False
    sync(with_days, client(account=1002, account_since=FIRST))
    assert with_days.value("select ops.is_final('a', '2026-10-01')") is True


def test_a_view_of_the_past_knows_the_change_from_its_day_on(with_days: Any) -> None:
    with_days.execute(
        "insert into ops.receipts (client_id, level, date_day, state, batch_id, received_at) "
        "select client_id, level, date_day, state, batch_id, now() - interval '2 hours' "
        "from ops.slice_state"
    )
    sync(with_days, client(account=1002, account_since=FIRST))
    read_out = "select min(date_day), max(date_day) from as_of.standing_days "
    read_out += "where read_for = 'infinity'"
    for hours, expected in ((1, (None, None)), (0, (date(2026, 10, 1), date(2026, 10, 31)))):
        with with_days.connect() as connection:
            connection.execute(
                "select set_config('meta_ads.as_of', "
                "(clock_timestamp() - make_interval(hours => %s))::text, false)",
                [hours],
            )
            assert connection.execute(read_out).fetchone() == expected


def test_a_hole_before_the_new_account_can_only_be_waived(with_days: Any) -> None:
    hole = date(2026, 10, 20)
    with_days.execute("delete from ops.slice_state where date_day = %s", [hole])
    changed = client(account=1002, account_since=FIRST)
    sync(with_days, changed)
    with_days.execute("update ops.slice_state set confirmed_at = clock_timestamp()")
    assert owed(with_days, changed) == []
    with with_days.connect() as connection:
        (owed_window,) = owed_list(connection, [changed])
        assert (owed_window.window.since, owed_window.why) == (hole, "before account_since")
        assert (owed_window.can_be_asked, owed_window.is_due) == (False, False)
        assert request_owed(connection, [changed]) is None
        waive_days(connection, changed, hole, hole, "the old account is closed")
        assert owed_list(connection, [changed]) == []


def test_a_day_that_was_told_once_holds_without_the_line_and_serves_one_change_only(
    with_days: Any,
) -> None:
    sync(with_days, client(account=1002, account_since=FIRST))
    sync(with_days, client(account=1002))
    assert account(with_days) == ("act_1002", FIRST, None)
    # Nothing was collected of it yet: a slip of the pen is corrected as it is.
    sync(with_days, client(account=1003, account_since=FIRST))
    assert account(with_days) == ("act_1003", FIRST, None)
    put_day(with_days, "a", DUE_DAY, campaign())
    with_days.execute(
        "update ops.slice_state set confirmed_at = clock_timestamp() where date_day = %s", [DUE_DAY]
    )
    sync(with_days, client(account=1004, account_since=FIRST))
    assert account(with_days)[:2] == ("act_1003", FIRST)
    assert "2026-11-01" in account(with_days)[2]
    later = FIRST + timedelta(days=9)
    sync(with_days, client(account=1004, account_since=later))
    assert account(with_days) == ("act_1004", later, None)


def test_a_day_that_is_still_to_come_is_refused(with_days: Any) -> None:
    sync(with_days, client(account=1002, account_since=date(2026, 12, 1)))
    known, _, refused = account(with_days)
    assert known == "act_1001"
    assert "still to come" in refused
