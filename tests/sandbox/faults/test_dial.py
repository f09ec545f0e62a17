"""The dial itself: which requests a fault meets, how often and how long; the log and the clock."""

from pathlib import Path
from time import sleep
from typing import Any

import pytest
import requests
from sandbox_support import NOW, call, rows, spoil, steer

from orchestration.sandbox.faults.kinds import SERVICE_KINDS, families, kinds, takes
from orchestration.sandbox.faults.service.reports import REPORT_KINDS
from orchestration.sandbox.process import SandboxProcess


def statuses(sandbox: SandboxProcess, number: int) -> list[int]:
    return [call(sandbox, "act_1001").status_code for _ in range(number)]


def test_nth_spoils_one_request_alone(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "http_500", nth=3)
    assert statuses(sandbox, 5) == [200, 200, 500, 200, 200]


def test_chance_is_repeated_by_its_seed(sandbox: SandboxProcess) -> None:
    runs = []
    for seed in (1, 1, 2):
        spoil(sandbox, "http_500", probability=0.5, seed=seed)
        runs.append(statuses(sandbox, 30))
        steer(sandbox, "faults", "DELETE")
    assert runs[0] == runs[1] != runs[2]
    assert 5 < runs[0].count(500) < 25


@pytest.mark.parametrize(("probability", "fires"), [(0, 0), (1, 4)])
def test_never_and_always_are_chances_too(
    sandbox: SandboxProcess, probability: float, fires: int
) -> None:
    spoil(sandbox, "http_500", probability=probability)
    assert statuses(sandbox, 4).count(500) == fires


def test_a_fault_can_be_over_after_a_while(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "http_500", for_seconds=0.2)
    assert statuses(sandbox, 1) == [500]
    sleep(0.25)
    assert statuses(sandbox, 1) == [200]


def test_a_fault_of_an_account_meets_the_objects_in_it(sandbox: SandboxProcess) -> None:
    chosen = rows(sandbox).json()["data"][0]["campaign_id"]
    spoil(sandbox, "http_500", account="act_1001", level="campaign")
    assert call(sandbox, f"{chosen}/insights").status_code == 500
    assert call(sandbox, f"{chosen}/insights", params={"level": "ad"}).status_code == 200
    assert call(sandbox, "act_1002/insights").status_code == 200


def test_a_fault_of_an_account_meets_its_report_runs(sandbox: SandboxProcess) -> None:
    run_id = call(sandbox, "act_1001/insights", "POST").json()["report_run_id"]
    spoil(sandbox, "http_500", account="act_1001")
    assert call(sandbox, f"{run_id}/").status_code == 500


def test_the_first_fault_set_comes_first(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "http_503", times=1)
    spoil(sandbox, "http_500", times=1)
    assert statuses(sandbox, 3) == [503, 500, 200]


def test_a_fault_with_a_name_takes_the_place_of_its_namesake(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "http_503", id="outage")
    spoil(sandbox, "http_500", id="outage")
    assert statuses(sandbox, 1) == [500]
    assert steer(sandbox, "faults/outage", "DELETE") == {"removed": 1}


def test_the_list_of_kinds_teaches(sandbox: SandboxProcess) -> None:
    told = steer(sandbox, "faults")
    assert told["families"] == families()
    listed = [kind for family in families().values() for kind in family]
    assert sorted(listed) == sorted(kinds())
    assert told["fields"]["rate_limit"] == list(takes("rate_limit"))
    assert all(kinds().values())


@pytest.mark.parametrize(
    "body",
    [
        {"kind": "http_500", "probability": 1.5},
        {"kind": "http_500", "nth": "first"},
        {"kind": "http_500", "for_seconds": -1},
        {"kind": "usage", "scope": "planet"},
        {"kind": "rate_limit", "headers": "no"},
        {"kind": "slow", "rows": 3},
        {"kind": "vanish", "what": "everything"},
        {"kind": "vanish", "share": 1.5},
        {"kind": "vanish", "levels": "campaign,planet"},
        {"kind": "vanish", "levels": "campaign", "level": "ad"},
        {"kind": "vanish", "family": "lead"},
        {"kind": "vanish", "what": "family", "family": "dinosaurs"},
        {"kind": "vanish", "what": "rows", "share": 0.5},
        {"kind": "upper_levels_lose", "levels": "campaign"},
        {"kind": "refunds", "rate": 2},
        {"kind": "account_190"},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(
    sandbox: SandboxProcess, body: dict[str, Any]
) -> None:
    reply = requests.post(f"{sandbox.url}/sandbox/faults", json=body, timeout=20)
    assert reply.status_code == 400
    assert reply.json()["error"]


def test_the_log_tells_what_was_asked_and_never_the_token(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "rate_limit", times=1)
    spoil(sandbox, "negative")
    query = {"level": "campaign", "limit": 7, "access_token": "EAAsecret"}
    for _ in range(2):
        call(sandbox, "act_1001/insights", params=query, headers={})
    spoil(sandbox, "reset")
    with pytest.raises(requests.ConnectionError):
        call(sandbox, "act_1002")
    first, second, last = steer(sandbox, "log")["requests"]
    assert (
        first.items()
        >= {
            "method": "GET",
            "path": "/act_1001/insights",
            "account": "1001",
            "level": "campaign",
            "limit": "7",
            "status": 400,
            "fault": "rate_limit",
        }.items()
    )
    assert (second["status"], second["fault"]) == (200, "negative")
    assert (last.get("status"), last["fault"]) == (None, "reset")
    assert "secret" not in str(steer(sandbox, "log"))
    assert steer(sandbox, "log", "DELETE") == {"requests": []}


def test_the_clock_can_be_set_moved_and_put_back(sandbox: SandboxProcess) -> None:
    assert steer(sandbox, "clock") == {"now": NOW.isoformat(), "running": False}
    steer(sandbox, "clock", "POST", advance="2d")
    assert steer(sandbox, "clock")["now"].startswith("2026-11-25T12:00")
    assert steer(sandbox, "accounts")["accounts"][0]["today"] == "2026-11-25"
    steer(sandbox, "clock", "POST", now="2026-11-20T06:00:00Z", running=True)
    assert steer(sandbox, "clock")["running"] is True
    steer(sandbox, "clock", "POST", advance="30m")
    assert steer(sandbox, "clock")["now"].startswith("2026-11-20T06:30:0")
    assert steer(sandbox, "clock", "DELETE")["now"] == NOW.isoformat()


@pytest.mark.parametrize(
    "body", [{}, {"now": "soon"}, {"advance": "3 parsecs"}, {"later": "1d"}, {"now": 7}]
)
def test_a_clock_refuses_what_is_no_time(sandbox: SandboxProcess, body: dict[str, Any]) -> None:
    reply = requests.post(f"{sandbox.url}/sandbox/clock", json=body, timeout=20)
    assert reply.status_code == 400
    assert steer(sandbox, "clock")["now"] == NOW.isoformat()


def test_every_fault_of_the_service_has_a_case() -> None:
    root = Path(__file__).parents[2]
    folders = ("meta_api", "sandbox")
    tests = [test for folder in folders for test in root.glob(f"{folder}/**/test_*.py")]
    tests.append(root / "support" / "client_support.py")
    text = "".join(test.read_text("utf-8") for test in tests)
    untested = [kind for kind in (*SERVICE_KINDS, *REPORT_KINDS) if f'"{kind}"' not in text]
    assert not untested, f"no case in tests/meta_api/faults/ or tests/sandbox/: {untested}"
