"""An error that one client's answer causes, in any layer, does not affect other clients."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pytest
from databases import Warehouse
from factories import NOW
from sandbox_support import spoil

from benchmarks.fuzz_answers import HONEST_EACH, Tally, fuzz, odd_server, settings_for
from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.collection.settling import settling
from orchestration.current_month.refresh import refresh_current_month
from orchestration.meta_api.client import AccountFacts, InsightsClient
from orchestration.quality.answer import Answer
from orchestration.quality.frames import insights
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.intake import oddities, promotion

SINCE, UNTIL = date(2026, 11, 13), date(2026, 11, 14)
CLIENTS = [
    Client(client_id=f"c{n}", name=f"C{n}", ad_account_id=f"act_{n}") for n in (1001, 1002, 1003)
]


def run(warehouse: Warehouse, sandbox: SandboxProcess) -> Collection:
    return collect(
        warehouse.settings(api_url=sandbox.url, retry_delays=(0.0,)),
        CLIENTS,
        since=SINCE,
        until=UNTIL,
        run_id="run",
    )


def only_failure(warehouse: Warehouse, collection: Collection) -> tuple[str, str]:
    """Error and reason of c1002's failure, while the other two are kept."""
    assert [outcome.window.client_id for outcome in collection.failed] == ["c1002"]
    kept = "select client_id, count(distinct date_day) from staging.insights group by 1 order by 1"
    assert warehouse.rows(kept) == [("c1001", 2), ("c1003", 2)]
    ((client_id, error, reason),) = warehouse.rows(
        "select client_id, error, reason from ops.failed_collections"
    )
    assert client_id == "c1002"
    return error, reason


def test_a_field_too_deep_to_be_written_fails_for_its_client_alone(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "deep_field", account="act_1002")
    error, reason = only_failure(warehouse, run(warehouse, sandbox))
    assert error == "UnusableAnswerError"
    assert "cannot be read" in reason
    assert "odd name or field" in reason


def test_an_answer_that_no_suite_can_judge_fails_alone_and_the_rest_is_judged_without_it(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = insights.insights_frame

    def frame(answers: Sequence[Answer]) -> Any:
        if any(answer.window.client_id == "c1002" for answer in answers):
            raise OverflowError("a number without an end")
        return original(answers)

    monkeypatch.setattr(insights, "insights_frame", frame)
    error, reason = only_failure(warehouse, run(warehouse, sandbox))
    assert error == "UnusableAnswerError"
    assert "cannot be judged (OverflowError: a number without an end)" in reason


def test_an_answer_that_breaks_on_its_way_into_staging_fails_alone(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = oddities.note_oddities

    def note(connection: Any, batch: Any) -> None:
        if batch.client_id == "c1002":
            raise UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")
        original(connection, batch)

    monkeypatch.setattr(promotion, "note_oddities", note)
    error, reason = only_failure(warehouse, run(warehouse, sandbox))
    assert error == "UnusableAnswerError"
    assert "cannot be kept (UnicodeEncodeError" in reason
    assert warehouse.value("select count(*) from landing.insights where client_id = 'c1002'") == 0


@pytest.mark.parametrize(
    "odd", [{"currency": "E\0R"}, {"status": 2**40}, {"status": True}, {"name": "\ud83d"}]
)
def test_odd_facts_of_an_account_harm_no_other(
    warehouse: Warehouse,
    sandbox: SandboxProcess,
    monkeypatch: pytest.MonkeyPatch,
    odd: dict[str, Any],
) -> None:
    original = InsightsClient.accounts

    def accounts(api: InsightsClient) -> Iterator[list[AccountFacts]]:
        for page in original(api):
            yield [replace(f, **odd) if f.account_id == "1002" else f for f in page]

    monkeypatch.setattr(InsightsClient, "accounts", accounts)
    collection = run(warehouse, sandbox)
    assert {outcome.window.client_id for outcome in collection.failed} <= {"c1002"}
    kept = "select count(distinct client_id) from staging.insights where client_id <> 'c1002'"
    assert warehouse.value(kept) == 2


def test_names_that_no_parser_takes_are_kept_with_their_numbers_and_told_once(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    sums = "select sum(spend), sum(impressions), count(*) from staging.insights"
    run(warehouse, sandbox)
    before = warehouse.rows(sums)
    for _ in range(2):
        spoil(sandbox, "lone_surrogate", account="act_1002")
        assert run(warehouse, sandbox).days_kept == 6
    assert warehouse.rows(sums) == before
    odd = "from staging.insights where campaign_name like '%\ufffd'"
    assert warehouse.rows(f"select distinct client_id {odd}") == [("c1002",)]
    names = warehouse.value(f"select count(distinct campaign_id) {odd}")
    oddities = "from ops.known_oddities where rule = 'storable_text' and client_id = 'c1002'"
    assert warehouse.value(f"select count(*) {oddities}") == names > 0
    warned = "from quarantine.violations where rule = 'storable_text'"
    assert warehouse.rows(f"select distinct severity, client_id {warned}") == [("warning", "c1002")]
    assert warehouse.value(f"select count(distinct batch_id) {warned}") == 1


def test_an_id_with_a_character_that_would_be_replaced_is_refused(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    original = InsightsClient.insights

    def insights(api: InsightsClient, account_id: str, level: str, *how: Any) -> Iterator[Any]:
        for page in original(api, account_id, level, *how):
            if account_id == "act_1002" and level == "campaign":
                page[0]["campaign_id"] += "\ufffd"
            yield page

    monkeypatch.setattr(InsightsClient, "insights", insights)
    assert run(warehouse, sandbox).days_refused == 1
    assert warehouse.rows("select distinct rule from quarantine.violations") == [("formats",)]


def test_a_running_month_that_cannot_be_judged_leaves_those_of_others_to_be_refreshed(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(warehouse, sandbox)
    spoil(sandbox, "deep_field", account="act_1002")
    settings = warehouse.settings(
        api_url=sandbox.url, retry_delays=(), now_override=datetime.fromisoformat(NOW)
    )
    done = refresh_current_month(settings, CLIENTS)
    assert sorted(done.fresh) == ["c1001", "c1003"]
    assert list(done.errors) == ["c1002"]


def test_hundreds_of_fuzzed_answers_each_end_in_a_verdict_or_a_failure_of_their_own(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "GROUP_WINDOWS", 150)
    tally = Tally()
    with odd_server(seed=20) as url:
        fuzz(settings_for(warehouse.settings(), url), range(1, 301), tally)
    assert tally.wrong == []
    assert tally.ended.total() == 300
    assert tally.ended["kept"] >= 300 // HONEST_EACH
    assert tally.ended["refused"] > 30
    assert tally.ended["failed: UnusableAnswerError"] > 3
