"""Faults are set, listed and taken off; each meets what it is meant for, and not the truth."""

from typing import Any

import pytest
import requests
from campaign_days import ask
from sandbox_support import spoil

from orchestration.sandbox.faults.kinds import kinds
from orchestration.sandbox.process import SandboxProcess


def test_a_fault_meets_only_what_it_is_meant_for(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "http_500", account="act_1002", path="insights", level="campaign")
    assert ask(sandbox, "act_1002", level="campaign").status_code == 500
    assert ask(sandbox, "act_1002", level="account").status_code == 200
    assert ask(sandbox, "act_1001", level="campaign").status_code == 200
    node = f"{sandbox.url}/v26.0/act_1002?access_token=t"
    assert requests.get(node, timeout=20).status_code == 200


def test_after_spares_the_first_and_times_ends_it(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "http_500", after=1, times=2)
    assert [ask(sandbox).status_code for _ in range(5)] == [200, 500, 500, 200, 200]
    (fault,) = requests.get(f"{sandbox.url}/sandbox/faults", timeout=20).json()["faults"]
    assert (fault["matched"], fault["fired"]) == (5, 2)


def test_the_truth_stays_true_under_faults(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/sandbox/truth?account=act_1001"
    before = requests.get(url, timeout=20).json()
    spoil(sandbox, "holes")
    spoil(sandbox, "http_500")
    assert requests.get(url, timeout=20).json() == before


def test_faults_are_listed_and_taken_off(sandbox: SandboxProcess) -> None:
    url = f"{sandbox.url}/sandbox/faults"
    first, second = (spoil(sandbox, "holes")["id"] for _ in range(2))
    assert requests.delete(f"{url}/{first}", timeout=20).json() == {"removed": 1}
    listed = requests.get(url, timeout=20).json()
    assert [fault["id"] for fault in listed["faults"]] == [second]
    assert listed["kinds"] == kinds()
    assert requests.delete(url, timeout=20).json() == {"removed": 1}


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"kind": "earthquake"},
        {"kind": ["holes"]},
        {"kind": "holes", "colour": "red"},
        {"kind": "holes", "since": "yesterday"},
        {"kind": "holes", "times": -1},
        {"kind": "holes", "level": "creative"},
        {"kind": "http_500", "since": "2026-11-01"},
        {"kind": "http_500", "seconds": 1},
        {"kind": "split", "level": "account"},
    ],
)
def test_an_unusable_fault_is_refused_with_the_kinds(
    sandbox: SandboxProcess, body: dict[str, Any]
) -> None:
    reply = requests.post(f"{sandbox.url}/sandbox/faults", json=body, timeout=20)
    assert reply.status_code == 400
    assert reply.json()["kinds"] == kinds()
