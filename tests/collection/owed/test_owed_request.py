"""The request for the client-days that are due: which days, how written, under which key."""

from datetime import date, timedelta

import pytest
from databases import Warehouse
from factories import add_client, days, put_day
from owed_requests import DUE, FIRST, client, fail, owed, receive, request, windows

from orchestration.errors import UsageError


def test_holes_are_named_as_ranges_and_single_days_and_nothing_else_is(
    warehouse: Warehouse,
) -> None:
    for client_id in "abc":
        add_client(warehouse, client_id, owed_since=FIRST)
    holes = {"a": [3, 8, 9, 10], "b": [14], "c": []}
    for client_id, missing in holes.items():
        received = [day for day in days(FIRST, DUE) if day.day not in missing]
        receive(warehouse, client_id, *received)
    found = request(warehouse, client("a"), client("b"), client("c"))
    assert found is not None
    assert found.owed == {"a": ["2026-11-03", "2026-11-08..2026-11-10"], "b": ["2026-11-14"]}
    assert (found.clients, found.days) == (2, 5)


def test_nothing_is_requested_where_nothing_is_due(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, "a", *days(FIRST, DUE))
    assert request(warehouse) is None


def test_a_request_is_read_back_as_windows_of_the_right_length(warehouse: Warehouse) -> None:
    fine = client("b", levels=("campaign", "ad"))
    add_client(warehouse, "a", owed_since=date(2026, 9, 1))
    add_client(warehouse, "b", owed_since=FIRST, levels=["campaign", "ad"])
    wanted = owed(warehouse, client(), fine)
    assert wanted == {"a": ["2026-09-01..2026-11-14"], "b": ["2026-11-01..2026-11-14"]}
    assert windows(warehouse, wanted, client(), fine) == [
        ("a", date(2026, 9, 1), date(2026, 10, 1)),
        ("a", date(2026, 10, 2), FIRST),
        ("a", date(2026, 11, 2), DUE),
        ("b", FIRST, date(2026, 11, 7)),
        ("b", date(2026, 11, 8), DUE),
    ]


def test_only_days_of_the_request_that_are_still_owed_are_asked_for(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    add_client(warehouse, "b", owed_since=FIRST)
    wanted = {"a": ["2026-11-02..2026-11-05", "2026-11-09"], "gone": ["2026-11-09"]}
    receive(warehouse, "a", date(2026, 11, 3))
    assert windows(warehouse, wanted, client("a"), client("b")) == [
        ("a", date(2026, 11, 2), date(2026, 11, 2)),
        ("a", date(2026, 11, 4), date(2026, 11, 5)),
        ("a", date(2026, 11, 9), date(2026, 11, 9)),
    ]


def test_a_day_that_another_process_tried_in_vain_meanwhile_pauses_unless_a_person_asks(
    warehouse: Warehouse,
) -> None:
    add_client(warehouse, "a", owed_since=DUE)
    wanted = owed(warehouse)
    fail(warehouse, "a", DUE, DUE)
    assert windows(warehouse, wanted, due_only=True) == []
    assert windows(warehouse, wanted) == [("a", DUE, DUE)]


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-11-12..", "..2026-11-12", "2026-13-01", "2026-11-12..2026-11-11"],
)
def test_what_names_no_days_is_refused_with_the_form(warehouse: Warehouse, text: str) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    with pytest.raises(UsageError, match=r"write 2026-11-12, or 2026-11-01\.\.2026-11-12"):
        windows(warehouse, {"a": [text]})


def test_the_key_is_that_of_the_work_and_of_its_attempt(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, "a", *days(FIRST, DUE))
    put_day(warehouse, "a", DUE, state="none")
    first, again = request(warehouse), request(warehouse)
    assert first is not None
    assert first == again
    fail(warehouse, "a", DUE, DUE, hours_ago=1)
    second = request(warehouse)
    fail(warehouse, "a", DUE, DUE, hours_ago=1)
    third = request(warehouse)
    assert second is not None
    assert third is not None
    assert first.owed == second.owed == third.owed == {"a": ["2026-11-14"]}
    assert len({first.key, second.key, third.key}) == 3


def test_reading_the_same_days_again_for_a_new_due_day_is_other_work(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST, ends_on=DUE)
    receive(warehouse, "a", *days(FIRST, DUE), read_for=DUE - timedelta(days=1))
    ended = client(ends_on=DUE)
    today = request(warehouse, ended)
    tomorrow = request(warehouse, ended, now="2026-11-16T12:00:00Z")
    receive(warehouse, "a", *days(FIRST, DUE))
    after = request(warehouse, ended, now="2026-11-16T12:00:00Z")
    keys = set()
    for found in (today, tomorrow, after):
        assert found is not None
        assert found.owed == {"a": ["2026-11-01..2026-11-14"]}
        keys.add(found.key)
    # What was read yesterday or not is the same work today.
    assert len(keys) == 2
