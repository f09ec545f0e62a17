"""Ranges become windows of a month at most, within what the account has and Meta keeps."""

from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import pytest

from orchestration.clients.model import Client
from orchestration.collection.plan import FINE_WINDOW_DAYS, WINDOW_DAYS, range_windows
from orchestration.settings import Settings
from orchestration.warehouse.ledger.clients import KnownClient


def settings(now: str = "2026-11-15T12:00:00+00:00") -> Settings:
    return Settings(_env_file=None, META_ADS_NOW=now)


def client(**changes: Any) -> KnownClient:
    values: dict[str, Any] = {
        "client_id": "a",
        "name": "A",
        "ad_account_id": "act_1",
        "status": "active",
        "starts_on": None,
        "ends_on": None,
        "owed_since": None,
        "timezone_name": "UTC",
        "currency": "EUR",
        "account_since": None,
        "account_refused": None,
        "facts_are_fresh": True,
        "earliest_day": date(2023, 10, 16),
    }
    return KnownClient(**(values | changes))


def entry(*levels: str) -> Client:
    levels = levels or ("campaign",)
    return Client.model_validate(
        {"client_id": "a", "name": "A", "ad_account_id": "act_1", "levels": levels}
    )


def spans(since: date, until: date | None, *clients: KnownClient) -> list[tuple[date, date]]:
    pairs = [(entry(), known) for known in clients or (client(),)]
    windows = range_windows(settings(), pairs, since, until)
    return [(window.since, window.until) for window in windows]


def test_a_month_is_one_window() -> None:
    month = (date(2026, 10, 1), date(2026, 10, 31))
    assert spans(*month) == [month]


def test_a_longer_range_is_cut_into_windows_that_meet_without_overlap() -> None:
    found = spans(date(2026, 1, 1), date(2026, 11, 14))
    assert found[0][0] == date(2026, 1, 1)
    assert found[-1][1] == date(2026, 11, 14)
    for (since, until), (following, _) in pairwise(found):
        assert (until - since).days == WINDOW_DAYS - 1
        assert following == until + timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, (date(2026, 11, 1), date(2026, 11, 14))),
        ({"starts_on": date(2026, 11, 5)}, (date(2026, 11, 5), date(2026, 11, 14))),
        ({"account_since": date(2026, 11, 5)}, (date(2026, 11, 5), date(2026, 11, 14))),
        ({"ends_on": date(2026, 11, 9)}, (date(2026, 11, 1), date(2026, 11, 9))),
        ({"timezone_name": None}, (date(2026, 11, 1), date(2026, 11, 14))),
    ],
)
def test_a_range_without_an_end_stops_at_the_latest_due_day_of_the_account(
    changes: dict[str, Any], expected: tuple[date, date]
) -> None:
    assert spans(date(2026, 11, 1), None, client(**changes)) == [expected]


def test_a_named_end_may_reach_into_the_accounts_today_but_not_beyond() -> None:
    zones = {"Pacific/Auckland": 16, "Europe/Berlin": 15, "America/Los_Angeles": 15}
    for zone, day in zones.items():
        known = client(timezone_name=zone)
        assert spans(date(2026, 11, 14), date(2026, 12, 31), known) == [
            (date(2026, 11, 14), date(2026, 11, day))
        ]


def test_a_range_that_the_account_has_no_day_of_gives_no_window() -> None:
    assert spans(date(2026, 11, 20), date(2026, 11, 30)) == []
    assert spans(date(2026, 1, 1), date(2026, 1, 31), client(starts_on=date(2026, 5, 1))) == []
    assert spans(date(2026, 5, 1), None, client(ends_on=date(2026, 4, 30))) == []


def test_a_range_starts_no_earlier_than_meta_answers_for() -> None:
    found = spans(date(2020, 1, 1), date(2023, 11, 30))
    assert found == [
        (date(2023, 10, 16), date(2023, 11, 15)),
        (date(2023, 11, 16), date(2023, 11, 30)),
    ]
    assert spans(date(2020, 1, 1), date(2020, 12, 31)) == []


def test_every_client_gets_windows_of_its_own() -> None:
    windows = range_windows(
        settings(),
        [(entry(), client()), (entry(), client(client_id="b", starts_on=date(2026, 11, 10)))],
        date(2026, 11, 8),
        date(2026, 11, 12),
    )
    assert [(w.client_id, w.since.day, w.until.day) for w in windows] == [
        ("a", 8, 12),
        ("b", 10, 12),
    ]


def test_finer_levels_are_asked_for_in_shorter_windows() -> None:
    pairs = [(entry("campaign", "ad"), client())]
    found = range_windows(settings(), pairs, date(2026, 10, 1), date(2026, 10, 31))
    assert {len(window.days) for window in found} == {FINE_WINDOW_DAYS, 31 % FINE_WINDOW_DAYS}
