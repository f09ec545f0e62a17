"""One client's trouble stays its own, is told, and is gone once the cause is."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from subprocess import CompletedProcess
from typing import Any

import pytest
from databases import Warehouse
from factories import write_clients
from places import (
    DAY_BEFORE,
    NOW,
    DumpedTables,
    Place,
    clear_faults,
    dump,
    dump_marts,
    published,
    receipts_that_disagree,
    set_fault,
    truth,
)

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

STARTS = "starts_on: 2026-11-01"
GOOD, SPLIT, DEAD = "good-one", "split-one", "dead-one"
ACCOUNTS = {GOOD: "act_1004", SPLIT: "act_1001", DEAD: "act_1007"}
OLD_DAY, NEW_DAY = date(2026, 11, 5), date(2026, 11, 14)
NO_RETRY_WORDS = {"META_ADS_RETRY_DELAYS": "0,0,0", "DEAD_TOKEN": "another-token"}


@dataclass
class State:
    """A finished run and what stood after it."""

    done: "CompletedProcess[str]"
    staging: DumpedTables
    marts: DumpedTables
    rows: dict[str, list[tuple[Any, ...]]]


@dataclass
class Story:
    """A clean run, a run with faults on the next day, and one after the faults were cleared."""

    warehouse: Any
    url: str
    clean: State
    faulty: State
    healed: State


QUESTIONS = {
    "slices": "select client_id, date_day, state, last_attempt from ops.slice_state "
    "where level = 'campaign' order by 1, 2",
    "violations": "select client_id, date_day, rule, closed_at is null from quarantine.violations "
    "where severity = 'blocking' order by 1, 2",
    "quarantined": "select distinct client_id, date_day from quarantine.insights order by 1, 2",
    "failures": "select client_id, error, reason, closed_at is null from ops.failed_collections",
    "due_day": "select client_id, spend is not null from marts.daily_campaign_performance "
    "where date_day = '2026-11-14' group by 1, 2 order by 1",
    "months": "select client_id, days_owed, days_received, is_complete, missing_days "
    "from marts.monthly_client_summary order by 1",
}


def state(warehouse: Warehouse, done: "CompletedProcess[str]") -> State:
    staging = dump(warehouse, "staging.insights", "staging.conversions", "staging.control_totals")
    rows = {name: warehouse.rows(question) for name, question in QUESTIONS.items()}
    return State(done, staging, dump_marts(warehouse), rows)


@pytest.fixture(scope="module")
def story(
    server: EmbeddedServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    from datetime import datetime

    home = tmp_path_factory.mktemp("faults")
    entries = [
        f"client_id: {name}, name: {name}, ad_account_id: {account}, {STARTS}"
        + (", token_env: DEAD_TOKEN" if name == DEAD else "")
        for name, account in ACCOUNTS.items()
    ]
    clients = write_clients(home / "clients.yml", *entries)
    with SandboxProcess(now=datetime.fromisoformat(NOW)) as sandbox:
        environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
        environment |= NO_RETRY_WORDS
        with Place(server, template).warehouse(home, environment) as warehouse:
            clean = state(warehouse, warehouse.run("run", META_ADS_NOW=DAY_BEFORE))
            for day in (OLD_DAY, NEW_DAY):
                set_fault(
                    sandbox.url, kind="split", account="act_1001", since=str(day), until=str(day)
                )
            for place in ({"account": "act_1007", "path": "insights"}, {"path": "me"}):
                set_fault(sandbox.url, kind="token_dead", **place)
            faulty = state(warehouse, warehouse.run("run", "--json"))
            clear_faults(sandbox.url)
            healed = state(warehouse, warehouse.run("run", "--json"))
            yield Story(warehouse, sandbox.url, clean, faulty, healed)


@pytest.fixture
def after(story: Story) -> Iterator[Story]:
    """The healed story, for faults of the test's own."""
    yield story
    clear_faults(story.url)


def of(found: list[tuple[Any, ...]], client_id: str) -> list[tuple[Any, ...]]:
    return [row[1:] for row in found if row[0] == client_id]


def test_a_client_day_without_its_conversions_is_refused_and_its_last_good_rows_stand(
    story: Story,
) -> None:
    assert story.clean.done.returncode == 0, story.clean.done.stderr
    assert story.faulty.done.returncode == 1, story.faulty.done.stderr
    slices = {day: rest for day, *rest in of(story.faulty.rows["slices"], SPLIT)}
    assert slices.pop(OLD_DAY) == ["received", "refused"]
    assert slices.pop(NEW_DAY) == ["none", "refused"]
    assert {tuple(rest) for rest in slices.values()} == {("received", "received")}
    for table, before in story.clean.staging.items():
        mine = {row for row in before if f'"{SPLIT}"' in row}
        assert {row for row in story.faulty.staging[table] if f'"{SPLIT}"' in row} == mine


def test_refused_rows_are_in_quarantine_with_the_rule_they_broke(story: Story) -> None:
    expected = [(OLD_DAY,), (NEW_DAY,)]
    violations = story.faulty.rows["violations"]
    # The day that stood before has less now, too.
    assert {row[2:] for row in violations} == {
        ("not_split", True),
        ("standing_data_vanished", True),
    }
    assert sorted({row[1:2] for row in violations}) == expected
    assert {row[0] for row in violations} == {SPLIT}
    assert story.faulty.rows["quarantined"] == [(SPLIT, *day) for day in expected]
    total = {row[3] for row in story.healed.rows["violations"]}
    assert total == {False}


def test_the_other_clients_go_on_and_the_bad_ones_keep_their_last_good_publication(
    story: Story,
) -> None:
    assert story.clean.rows["due_day"] == []
    assert story.faulty.rows["due_day"] == [(GOOD, True)]
    for client_id in (SPLIT, DEAD):
        assert of(story.faulty.rows["months"], client_id) == [(14, 13, False, [NEW_DAY])]
        for mart in ("marts.daily_campaign_performance", "marts.monthly_campaign_metrics"):
            before, later = (
                # Completeness is of the moment of asking; the figures are what was published.
                {
                    json.dumps(
                        {k: v for k, v in json.loads(row).items() if k != "is_complete"},
                        sort_keys=True,
                    )
                    for row in found.marts[mart]
                    if f'"{client_id}"' in row
                }
                for found in (story.clean, story.faulty)
            )
            assert before == later != set()
    assert of(story.faulty.rows["months"], GOOD) == [(14, 14, True, [])]


def test_everything_that_is_not_right_is_told(story: Story) -> None:
    troubles = json.loads(story.faulty.done.stdout)["troubles"]
    told = {(t["kind"], t["client_id"], t["since"], t["until"]) for t in troubles}
    assert told == {
        ("refused", SPLIT, str(OLD_DAY), str(OLD_DAY)),
        ("refused", SPLIT, str(NEW_DAY), str(NEW_DAY)),
        ("failed", DEAD, "2026-11-01", "2026-11-13"),
        ("failed", DEAD, str(NEW_DAY), str(NEW_DAY)),
    } or told == {
        ("refused", SPLIT, str(OLD_DAY), str(OLD_DAY)),
        ("refused", SPLIT, str(NEW_DAY), str(NEW_DAY)),
        ("failed", DEAD, "2026-11-01", str(NEW_DAY)),
    }
    assert all("190" in t["reason"] for t in troubles if t["client_id"] == DEAD)
    # The old day has an earlier answer, the new one has none.
    assert {t["since"]: t["stands"] for t in troubles if t["kind"] == "refused"} == {
        str(OLD_DAY): True,
        str(NEW_DAY): False,
    }


def test_a_dead_token_leaves_an_open_failure_that_proof_closes(story: Story) -> None:
    ((client_id, error, reason, is_open),) = story.faulty.rows["failures"]
    assert (client_id, error, is_open) == (DEAD, "TokenDeadError", True)
    assert "190" in reason
    assert {row[3] for row in story.healed.rows["failures"]} == {False}


def test_the_next_run_after_the_cause_is_gone_heals_everything(story: Story) -> None:
    assert story.healed.done.returncode == 0, story.healed.done.stderr
    assert json.loads(story.healed.done.stdout)["troubles"] == []
    assert {row[2:] for row in story.healed.rows["slices"]} == {("received", "received")}
    assert {row[3] for row in story.healed.rows["months"]} == {True}
    expected = {
        name: truth(story.url, account, "2026-11-01", "2026-11-14")
        for name, account in ACCOUNTS.items()
    }
    assert published(story.warehouse, "monthly_client_summary", "2026-11-01") == expected
    assert receipts_that_disagree(story.warehouse) == []


@pytest.mark.parametrize(
    ("kind", "words"), [("token_dead", "token"), ("http_500", "cannot be reached")]
)
def test_an_api_that_fails_for_everyone_ends_the_run_with_one_sentence(
    after: Story, kind: str, words: str
) -> None:
    before = dump_marts(after.warehouse)
    set_fault(after.url, kind=kind)
    done = after.warehouse.run("collect", "--since", "2026-11-13", "--until", "2026-11-14")
    assert done.returncode == 3
    said = done.stderr.splitlines()[-1]
    assert words in said
    assert "Traceback" not in done.stderr + done.stdout
    assert dump_marts(after.warehouse) == before


def test_faults_that_pass_are_tried_again_and_leave_the_same_numbers(after: Story) -> None:
    set_fault(after.url, kind="http_500", times=2)
    done = after.warehouse.run("collect", "--since", "2026-11-13", "--until", "2026-11-14")
    assert done.returncode == 0, done.stderr
    assert state(after.warehouse, done).staging == after.healed.staging
    # It asked for the same days as the runs before that nobody answered.
    open_failures = "select count(*) from ops.failed_collections where closed_at is null"
    assert after.warehouse.value(open_failures) == 0
