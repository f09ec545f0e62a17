"""Report runs: every state on the way, the rows at the end, and all the ways not to get there."""

import json
from typing import Any

import pytest
import requests
from sandbox_support import BEARER, DAYS, NOW, ROWS, call, code_of, rows, spoil

from orchestration.sandbox.process import SandboxProcess

FIELDS = {"fields": json.dumps(["campaign_id", "spend"])}


def started(sandbox: SandboxProcess, node: str = "act_1001", **params: Any) -> str:
    form = {**ROWS, **FIELDS, **params}
    reply = call(sandbox, f"{node}/insights", "POST", data=form)
    assert reply.status_code == 200, reply.text
    run_id: str = reply.json()["report_run_id"]
    return run_id


def poll(sandbox: SandboxProcess, run_id: str, **params: Any) -> dict[str, Any]:
    told: dict[str, Any] = call(sandbox, f"{run_id}/", params=params).json()
    return told


def state(sandbox: SandboxProcess, run_id: str) -> tuple[str, int]:
    told = poll(sandbox, run_id)
    return told["async_status"], told["async_percent_completion"]


def completed(sandbox: SandboxProcess, **params: Any) -> str:
    run_id = started(sandbox, **params)
    while state(sandbox, run_id)[0] != "Job Completed":
        pass
    return run_id


def test_a_run_shows_its_states_one_poll_after_the_other(sandbox: SandboxProcess) -> None:
    run_id = started(sandbox)
    assert run_id.isdecimal()
    assert [state(sandbox, run_id) for _ in range(4)] == [
        ("Job Running", 45),
        ("Job Running", 100),
        ("Job Completed", 100),
        ("Job Completed", 100),
    ]


def test_a_poll_has_the_default_fields_with_numbers_as_numbers(sandbox: SandboxProcess) -> None:
    run_id = completed(sandbox)
    assert poll(sandbox, run_id) == {
        "id": run_id,
        "account_id": "1001",
        "time_ref": int(NOW.timestamp()),
        "time_completed": int(NOW.timestamp()),
        "async_status": "Job Completed",
        "async_percent_completion": 100,
        "is_running": False,
        "date_start": DAYS["since"],
        "date_stop": DAYS["until"],
    }
    assert poll(sandbox, run_id, fields="async_status") == {
        "id": run_id,
        "async_status": "Job Completed",
    }


def test_the_results_page_like_rows_read_at_once(sandbox: SandboxProcess) -> None:
    whole = rows(sandbox).json()["data"]
    run_id = completed(sandbox)
    page = call(sandbox, f"{run_id}/insights", params={"limit": 7}).json()
    found = list(page["data"])
    while "next" in page["paging"]:
        assert f"/{run_id}/insights?" in page["paging"]["next"]
        page = requests.get(page["paging"]["next"], headers=BEARER, timeout=20).json()
        found += page["data"]
    assert found == whole
    assert len(call(sandbox, f"{run_id}/insights").json()["data"]) == 25


def test_a_read_before_the_end_is_refused_as_transient(sandbox: SandboxProcess) -> None:
    run_id = started(sandbox)
    reply = call(sandbox, f"{run_id}/insights")
    assert code_of(reply) == (400, 2601, 1815107)
    assert reply.json()["error"]["is_transient"] is True


def test_fields_that_the_run_was_not_asked_for_come_back_empty(sandbox: SandboxProcess) -> None:
    run_id = completed(sandbox)
    page = call(sandbox, f"{run_id}/insights", params={"fields": "spend,clicks"}).json()
    assert page["data"][0].keys() == {"spend", "date_start", "date_stop"}


def test_a_summary_has_to_be_asked_for_at_the_creation(sandbox: SandboxProcess) -> None:
    reply = call(sandbox, f"{completed(sandbox)}/insights", params={"summary": "spend"})
    assert code_of(reply) == (400, 100, None)
    assert "Cannot include spend in summary param" in reply.json()["error"]["message"]


@pytest.mark.parametrize("params", [{"fields": '["nonsense"]'}, {"time_range": "{"}])
def test_wrong_parameters_are_refused_at_the_creation(
    sandbox: SandboxProcess, params: dict[str, str]
) -> None:
    reply = call(sandbox, "act_1001/insights", "POST", data={**ROWS, **params})
    assert code_of(reply) == (400, 100, None)


def test_an_object_has_runs_of_its_own(sandbox: SandboxProcess) -> None:
    chosen = rows(sandbox).json()["data"][0]["campaign_id"]
    run_id = started(sandbox, chosen)
    assert poll(sandbox, run_id)["account_id"] == "1001"
    poll(sandbox, run_id)
    poll(sandbox, run_id)
    found = call(sandbox, f"{run_id}/insights").json()["data"]
    assert {row["campaign_id"] for row in found} == {chosen}


def test_a_deleted_run_and_one_that_never_was_do_not_exist(sandbox: SandboxProcess) -> None:
    run_id = started(sandbox)
    assert call(sandbox, run_id, "DELETE").json() == {"success": True}
    for missing in (run_id, "6999999999999"):
        assert code_of(call(sandbox, f"{missing}/")) == (400, 100, 33)


def test_runs_take_the_time_they_are_told_to() -> None:
    with SandboxProcess(now=NOW, report_seconds=4) as slow:
        run_id = started(slow)
        met: list[tuple[str, int]] = []
        while not met or met[-1][0] != "Job Completed":
            met.append(state(slow, run_id))
    percents = [percent for _, percent in met]
    assert met[0] == ("Job Not Started", 0)
    assert met[-2:] == [("Job Running", 100), ("Job Completed", 100)]
    assert percents == sorted(percents)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ("report_failed", ("Job Failed", 0)),
        ("report_failed_bare", ("Job Failed", 0)),
        ("report_failed_generation", ("Job Failed", 0)),
        ("report_skipped", ("Job Skipped", 0)),
        ("report_stuck", ("Job Running", 99)),
        ("report_never_starts", ("Job Not Started", 0)),
        ("report_100_running", ("Job Running", 100)),
    ],
)
def test_a_run_that_goes_wrong_stays_so_and_the_next_is_fine(
    sandbox: SandboxProcess, kind: str, told: tuple[str, int]
) -> None:
    spoil(sandbox, kind, times=1)
    run_id = started(sandbox)
    assert {state(sandbox, run_id) for _ in range(5)} == {told}
    assert completed(sandbox)


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("report_failed", (2, 1504043)),
        ("report_failed_generation", (-2, 2490547)),
        ("report_failed_bare", (None, None)),
    ],
)
def test_a_failed_run_says_why_or_does_not(
    sandbox: SandboxProcess, kind: str, reason: tuple[int | None, int | None]
) -> None:
    spoil(sandbox, kind)
    told = poll(sandbox, started(sandbox))
    assert (told.get("error_code"), told.get("error_subcode")) == reason


def test_a_new_run_may_not_exist_yet(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "report_race", times=2)
    run_id = started(sandbox)
    replies = [call(sandbox, f"{run_id}/") for _ in range(3)]
    assert [reply.status_code for reply in replies] == [400, 400, 200]
    assert code_of(replies[0]) == (400, 100, 33)


def test_a_completed_run_may_not_be_readable_yet(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "report_too_early", times=1)
    run_id = completed(sandbox)
    assert code_of(call(sandbox, f"{run_id}/insights")) == (400, 2601, 1815107)
    assert call(sandbox, f"{run_id}/insights").status_code == 200


@pytest.mark.parametrize("kind", ["sync_too_heavy", "timeout_100"])
def test_what_is_too_heavy_at_once_works_as_a_run(sandbox: SandboxProcess, kind: str) -> None:
    whole = rows(sandbox).json()["data"]
    spoil(sandbox, kind)
    assert rows(sandbox).status_code in (400, 500)
    run_id = completed(sandbox)
    assert call(sandbox, f"{run_id}/insights", params={"limit": 500}).json()["data"] == whole


def test_a_data_limit_fails_runs_too_unless_one_campaign_is_named(sandbox: SandboxProcess) -> None:
    chosen = rows(sandbox).json()["data"][0]["campaign_id"]
    spoil(sandbox, "data_limit")
    assert code_of(rows(sandbox)) == (400, 100, 1487534)
    told = poll(sandbox, started(sandbox))
    assert (told["async_status"], told["error_subcode"]) == ("Job Failed", 1487534)
    named = json.dumps([{"field": "campaign.id", "operator": "IN", "value": [chosen]}])
    assert rows(sandbox, filtering=named).status_code == 200
    assert completed(sandbox, filtering=named)
