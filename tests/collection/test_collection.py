"""Collections against a sandbox with faults: what is recorded, what is asked, who is affected."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from databases import Warehouse
from sandbox_support import spoil
from three_collected_days import asked, client, run

from orchestration.errors import UnreachableError
from orchestration.meta_api.client import AccountFacts, InsightsClient
from orchestration.progress import Silent
from orchestration.sandbox.process import SandboxProcess


def test_a_failure_is_recorded_with_every_attempt_and_harms_no_other(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "http_500", account="act_1003", path="insights")
    collection = run(warehouse, sandbox, [client(n) for n in (1001, 1002, 1003)])
    assert [outcome.window.client_id for outcome in collection.failed] == ["c1003"]
    ((error, attempts, calls),) = warehouse.rows(
        "select f.error, f.attempts, b.api_calls from ops.failed_collections as f "
        "inner join ops.batches as b using (batch_id)"
    )
    assert (error, len(attempts), calls) == ("TransientError", 4, 4)
    assert {attempt["error"] for attempt in attempts} == {"the API answered 500 without JSON"}
    times = [datetime.fromisoformat(attempt["at"]) for attempt in attempts]
    assert times == sorted(times)
    assert warehouse.value("select count(distinct client_id) from staging.insights") == 2


def test_a_client_whose_every_window_fails_keeps_no_other_from_being_asked(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "http_500", account="act_1001", path="insights")
    clients = [client(1001), client(1002)]
    collection = run(warehouse, sandbox, clients, since=date(2026, 7, 1), concurrency=1)
    assert {outcome.window.client_id for outcome in collection.failed} == {"c1001"}
    assert len(collection.failed) == 5
    kept = "select count(*) from ops.slice_state where client_id = 'c1002' and state = 'received'"
    assert warehouse.value(kept) > 100


def test_an_account_that_has_to_wait_too_long_is_asked_once_and_the_others_go_on(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "rate_limit", account="act_1001", minutes=60)
    clients = [client(n) for n in (1001, 1002, 1003)]
    collection = run(warehouse, sandbox, clients, wait_budget_seconds=900)
    (failed,) = collection.failed
    assert (failed.window.client_id, failed.calls) == ("c1001", 1)
    assert "META_ADS_WAIT_BUDGET" in str(failed.error)
    assert warehouse.value("select count(distinct client_id) from staging.insights") == 2


def test_a_dead_token_is_used_once_for_all_its_clients(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAD_TOKEN", "dead-and-gone")
    dead = [client(n, token_env="DEAD_TOKEN") for n in (1003, 1004, 1005, 1006)]
    collection = run(warehouse, sandbox, [client(1001), *dead], concurrency=1)
    assert {outcome.window.client_id for outcome in collection.failed} == {
        c.client_id for c in dead
    }
    assert warehouse.value("select count(*) from ops.failed_collections") == 4
    paths = [path for path, _ in asked(sandbox)]
    insights = ["/act_1001/insights", "/act_1001/insights"]
    of_the_living = ["/act_1001", "/act_1001/campaigns", *insights]
    assert sorted(paths) == [*of_the_living, "/me/adaccounts"]


def test_a_retired_version_ends_the_run_with_the_remedy(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    clients = [client(n) for n in (1001, 1002, 1003, 1004)]
    with pytest.raises(UnreachableError, match="META_API_VERSION"):
        run(warehouse, sandbox, clients, api_version="v19.0")
    assert len(asked(sandbox)) == 1


def test_one_listing_and_three_calls_for_each_client_are_all_it_takes(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    clients = [client(n) for n in range(1001, 1017)]
    collection = run(warehouse, sandbox, clients)
    paths = asked(sandbox)
    # Insights of two levels, and once a day the campaigns.
    assert len(paths) == collection.calls == 49
    assert paths[0] == ("/me/adaccounts", None)
    facts = warehouse.rows("select currency, account_status from ops.clients order by client_id")
    assert {status for _, status in facts} == {1}
    assert "JPY" in {currency for currency, _ in facts}


def test_an_account_that_the_listing_lacks_is_asked_for_by_itself(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    clients = [*(client(n) for n in (1001, 1002, 1003)), client(9999)]
    collection = run(warehouse, sandbox, clients)
    (failed,) = collection.failed
    assert failed.window.client_id == "c9999"
    assert "does not exist" in str(failed.error)
    assert [path for path, _ in asked(sandbox)].count("/act_9999") == 1


def test_every_level_is_collected_by_the_same_way_and_adds_up(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    levels = ["campaign", "adset", "ad"]
    collection = run(warehouse, sandbox, [client(1001, levels=levels)])
    assert (collection.days_kept, collection.days_refused) == (3, 0)
    sums = warehouse.rows(
        "select level, count(*), sum(spend), sum(impressions) from staging.insights group by level"
    )
    assert {level for level, *_ in sums} == set(levels)
    assert len({(spend, impressions) for _, _, spend, impressions in sums}) == 1
    counts = {level: count for level, count, *_ in sums}
    assert counts["campaign"] < counts["adset"] < counts["ad"]


def test_what_meta_announces_reaches_the_person_who_watches(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    class Watching(Silent):
        notes: list[str] = []  # noqa: RUF012  one test's own class

        def note(self, text: str) -> None:
            self.notes.append(text)

    watching = Watching()
    run(warehouse, sandbox, [client(1001)], watching, api_version="v24.0")
    (note,) = watching.notes
    assert "v24.0" in note
    assert "META_API_VERSION" in note


def test_rows_that_came_twice_are_kept_once_and_counted(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    from orchestration.meta_api import insights

    monkeypatch.setattr(insights, "PAGE_ROWS", 10)
    spoil(sandbox, "overlapping_pages")
    collection = run(warehouse, sandbox, [client(1001)])
    assert (collection.days_kept, collection.days_refused) == (3, 0)
    assert warehouse.value("select sum(rows_duplicated) from ops.batches") > 0


@pytest.mark.parametrize("zone", ["Mars/Olympus", "America", "../etc", "", "posixrules"])
def test_an_account_in_a_time_zone_that_nobody_knows_harms_no_other(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch, zone: str
) -> None:
    original = InsightsClient.account

    def account(api: InsightsClient, account_id: str) -> AccountFacts:
        facts = original(api, account_id)
        return replace(facts, timezone_name=zone) if account_id == "act_1002" else facts

    monkeypatch.setattr(InsightsClient, "account", account)
    collection = run(warehouse, sandbox, [client(1001), client(1002)])
    assert [(o.window.client_id, zone in str(o.error)) for o in collection.failed] == [
        ("c1002", True)
    ]
    assert warehouse.value("select count(*) from staging.insights where client_id = 'c1001'") > 0
    assert warehouse.value("select count(distinct client_id) from ops.owed_days") >= 1


def test_rows_that_the_warehouse_does_not_take_fail_for_their_client_alone(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = InsightsClient.insights
    # No index holds so long an id.
    endless = "".join(str(n * n) for n in range(2000))

    def insights(api: InsightsClient, account_id: str, level: str, *how: Any) -> Iterator[Any]:
        for page in original(api, account_id, level, *how):
            if account_id == "act_1002" and level == "campaign":
                page[0]["campaign_id"] = endless
            yield page

    monkeypatch.setattr(InsightsClient, "insights", insights)
    collection = run(warehouse, sandbox, [client(n) for n in (1001, 1002, 1003)])
    assert [outcome.window.client_id for outcome in collection.failed] == ["c1002"]
    kept = "select client_id, count(distinct date_day) from staging.insights group by 1 order by 1"
    assert warehouse.rows(kept) == [("c1001", 3), ("c1003", 3)]
    ((error, reason),) = warehouse.rows("select error, reason from ops.failed_collections")
    assert error == "UnstorableAnswerError"
    assert reason.startswith("the warehouse does not take the answer: index row")
    assert warehouse.value("select count(*) from landing.insights where client_id = 'c1002'") == 0


def test_what_came_is_kept_while_another_account_is_still_waited_for(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.collection.settling.settling.GROUP_SECONDS", 0.1)
    spoil(sandbox, "slow", account="act_1002", seconds=3, level="campaign")
    states = "select client_id, array_agg(distinct state) from ops.receipts group by 1 order by 1"
    seen = []

    class Watching(Silent):
        def step(self, note: str, count: int = 1) -> None:
            seen.append((note, dict(warehouse.rows(states))))

    run(warehouse, sandbox, [client(1001), client(1002)], progress=Watching())
    waiting = {"c1001": ["asked", "received"], "c1002": ["asked"]}
    done = {"c1001": ["asked", "received"], "c1002": ["asked", "received"]}
    # The last two steps are the listings of campaigns.
    assert seen[-4:-2] == [("c1001", waiting), ("c1002", done)]
