"""A client gets another ad account: accepted from a stated day on, otherwise refused."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
import requests
from databases import Warehouse
from factories import add_client, campaign, days, put_day
from sandbox_support import put_back

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.collection.decisions import waive_days
from orchestration.collection.owed_request import request_owed
from orchestration.collection.plan import owed_list, owed_windows
from orchestration.collection.recover import windows_to_recover
from orchestration.current_month.refresh import refresh_current_month
from orchestration.meta_api.client import AccountFacts, InsightsClient
from orchestration.meta_api.errors import TransientError
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.intake.batches import open_batch, open_failures, record_failure
from orchestration.warehouse.ledger.clients import sync_clients

FIRST, DUE_DAY = date(2026, 11, 1), date(2026, 11, 14)


def client(client_id: str = "a", account: int = 1001, **more: Any) -> Client:
    values = {"client_id": client_id, "name": client_id, "ad_account_id": f"act_{account}"}
    return Client.model_validate(values | more)


def run(
    warehouse: Warehouse, sandbox: SandboxProcess, clients: list[Client], **how: Any
) -> Collection:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    return collect(settings, clients, run_id="run", **how)


def paths(sandbox: SandboxProcess) -> list[str]:
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    return [entry["path"] for entry in log]


def errors(warehouse: Warehouse) -> list[tuple[str, str]]:
    """Clients whose collection failed, with the names of their errors."""
    return warehouse.rows(
        "select distinct client_id, error from ops.failed_collections where closed_at is null "
        "order by 1"
    )


def received(warehouse: Warehouse, client_id: str) -> list[date]:
    found = warehouse.rows(
        "select date_day from ops.slice_state where client_id = %s and level = 'campaign' "
        "and state in ('received', 'empty') order by 1",
        [client_id],
    )
    return [row[0] for row in found]


def sync(warehouse: Warehouse, *clients: Client) -> None:
    with warehouse.connect() as connection:
        sync_clients(connection, clients)


def account(warehouse: Warehouse) -> tuple[Any, ...]:
    """What the ledger says of the account of client a."""
    return warehouse.rows(
        "select ad_account_id, account_since, account_refused from ops.clients "
        "where client_id = 'a'"
    )[0]


def owed(warehouse: Warehouse, wanted: Client) -> list[tuple[date, date]]:
    with warehouse.connect() as connection:
        return [(w.since, w.until) for w in owed_windows(connection, [wanted])]


@pytest.fixture
def with_days(warehouse: Warehouse) -> Any:
    """Client a has collected October and November of act_1001."""
    add_client(warehouse, "a", ad_account_id="act_1001", owed_since=date(2026, 10, 1))
    for day in days(date(2026, 10, 1), DUE_DAY):
        put_day(warehouse, "a", day, campaign())
    warehouse.execute(
        "update ops.slice_state set confirmed_at = clock_timestamp(); "
        "update ops.clients set account_facts_at = clock_timestamp()"
    )
    return warehouse


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


def test_ranges_and_replays_begin_with_the_new_account(
    with_days: Any, sandbox: SandboxProcess
) -> None:
    with with_days.connect() as connection:
        asked = list(days(date(2026, 10, 30), date(2026, 11, 2)))
        about = {"run_id": "r", "api_version": "v26.0"}
        batch = open_batch(connection, "a", asked, ["campaign"], about)
        record_failure(connection, "a", batch, ["campaign"], TransientError("away"))
    changed = client(account=1002, account_since=FIRST)
    sync(with_days, changed)
    with with_days.connect() as connection:
        (window,) = windows_to_recover(connection, [changed])
        assert (window.since, window.until) == (FIRST, date(2026, 11, 2))
    before = with_days.rows("select * from staging.insights where date_day < %s", [FIRST])
    run(with_days, sandbox, [changed], since=date(2026, 10, 1), until=DUE_DAY)
    asked_days = "select min(date_day) from ops.receipts where batch_id > %s"
    assert with_days.value(asked_days, [batch]) == FIRST
    assert with_days.rows("select * from staging.insights where date_day < %s", [FIRST]) == before
    accounts = "select distinct account_id from staging.insights where date_day >= %s"
    assert with_days.rows(accounts, [FIRST]) == [("1002",)]
    with with_days.connect() as connection:
        assert open_failures(connection, ["a"]) == []


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


def test_a_new_client_owes_nothing_before_its_account_counts(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    changed = client(account_since=date(2026, 11, 10))
    run(warehouse, sandbox, [changed])
    assert received(warehouse, "a") == list(days(date(2026, 11, 10), DUE_DAY))
    with warehouse.connect() as connection:
        assert owed_list(connection, [changed]) == []


def test_a_client_that_is_refused_fails_alone_with_the_sentence_and_keeps_its_days(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox, [client("a", 1001), client("b", 1002)], since=FIRST, until=DUE_DAY)
    before = warehouse.rows("select * from staging.insights where client_id = 'a'")
    put_back(sandbox)
    clients = [client("a", 1003), client("b", 1002)]
    collection = run(warehouse, sandbox, clients, since=FIRST, until=DUE_DAY)
    assert [o.window.client_id for o in collection.failed] == ["a"]
    assert errors(warehouse) == [("a", "AccountChangedError")]
    assert not any("1003" in path for path in paths(sandbox))
    assert warehouse.rows("select * from staging.insights where client_id = 'a'") == before
    settings = warehouse.settings(api_url=sandbox.url)
    refreshed = refresh_current_month(settings, clients)
    assert refreshed.fresh == ["b"]
    assert "act_1003" in refreshed.errors["a"]


@pytest.mark.parametrize(
    ("changes", "is_refused"),
    [
        ({"currency": "USD"}, True),
        ({"timezone_name": "America/New_York"}, True),
        ({"timezone_name": "Etc/UTC"}, False),
    ],
)
def test_another_currency_or_zone_of_the_same_account_is_refused(
    with_days: Any,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    changes: dict[str, str],
    is_refused: bool,
) -> None:
    tell(monkeypatch, **({"currency": "EUR", "timezone_name": "UTC"} | changes))
    with_days.execute("update ops.clients set account_facts_at = now() - interval '2 days'")
    collection = run(
        with_days, sandbox, [client(), client("b", 1002)], since=DUE_DAY, until=DUE_DAY
    )
    failed = {o.window.client_id: str(o.error) for o in collection.failed}
    assert set(failed) == ({"a"} if is_refused else set())
    facts = with_days.rows("select currency, timezone_name from ops.clients where client_id = 'a'")
    if is_refused:
        assert errors(with_days) == [("a", "AccountChangedError")]
        assert "EUR, UTC" in failed["a"]
        assert next(iter(changes.values())) in failed["a"]
        assert facts == [("EUR", "UTC")]
    else:
        assert facts == [("EUR", "Etc/UTC")]


def tell(monkeypatch: pytest.MonkeyPatch, **facts: Any) -> None:
    """Change what Meta says about every account except act_1002."""
    original = InsightsClient.account

    def other(api: InsightsClient, account_id: str) -> AccountFacts:
        answer = original(api, account_id)
        return answer if account_id == "act_1002" else replace(answer, **facts)

    monkeypatch.setattr(InsightsClient, "account", other)


@pytest.mark.parametrize(("since", "is_taken"), [(FIRST, True), (date(2026, 11, 10), False)])
def test_a_new_account_in_another_currency_begins_with_a_month(
    with_days: Any,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    since: date,
    is_taken: bool,
) -> None:
    tell(monkeypatch, currency="PLN")
    changed = client(account=1003, account_since=since)
    collection = run(with_days, sandbox, [changed], since=DUE_DAY, until=DUE_DAY)
    (currency,) = with_days.rows("select currency from ops.clients")[0]
    if is_taken:
        assert currency == "PLN"
        assert collection.failed == []
    else:
        assert currency == "EUR"
        assert "first of a month" in str(collection.failed[0].error)
