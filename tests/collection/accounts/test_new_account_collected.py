"""Collections of a client with another account: its own days only, its currency and zone."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from account_changes import DUE_DAY, FIRST, client, errors, paths, received, run, sync
from databases import Warehouse
from factories import days
from sandbox_support import put_back

from orchestration.collection.plan import owed_list
from orchestration.collection.recover import windows_to_recover
from orchestration.current_month.refresh import refresh_current_month
from orchestration.meta_api.client import AccountFacts, InsightsClient
from orchestration.meta_api.errors import TransientError
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.intake.batches import open_batch, open_failures, record_failure


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
