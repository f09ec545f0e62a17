"""Batches: each call in one is answered, spoiled and refused as if it had come alone."""

import json
from typing import Any

import pytest
import requests
from sandbox_support import call, code_of, spoil

from orchestration.sandbox.process import SandboxProcess

NODE = {"method": "GET", "relative_url": "act_1001/?fields=name"}


def batch(sandbox: SandboxProcess, *entries: Any, **form: Any) -> list[Any]:
    reply = call(sandbox, "", "POST", data={"batch": json.dumps(entries), **form})
    assert reply.status_code == 200, reply.text
    assert "X-App-Usage" in reply.headers
    answers: list[Any] = reply.json()
    return answers


@pytest.mark.parametrize("prefix", ["", "/", "v26.0/", "/v25.0/"])
def test_an_entry_has_code_headers_and_a_body_in_text(sandbox: SandboxProcess, prefix: str) -> None:
    (answer,) = batch(sandbox, {**NODE, "relative_url": f"{prefix}act_1001/?fields=name"})
    assert answer["code"] == 200
    assert json.loads(answer["body"])["name"] == "Acme Outdoor"
    assert "x-app-usage" in {header["name"].lower() for header in answer["headers"]}


def test_headers_can_be_left_out(sandbox: SandboxProcess) -> None:
    (answer,) = batch(sandbox, NODE, include_headers="false")
    assert answer.keys() == {"code", "body"}


def test_an_error_stays_within_its_entry(sandbox: SandboxProcess) -> None:
    good, bad = batch(sandbox, NODE, {"method": "GET", "relative_url": "act_9/insights"})
    assert (good["code"], bad["code"]) == (200, 400)
    assert json.loads(bad["body"])["error"]["error_subcode"] == 33


def test_report_runs_are_started_polled_and_deleted_in_batches(sandbox: SandboxProcess) -> None:
    body = "level=campaign&fields=%5B%22spend%22%5D&date_preset=yesterday"
    (answer,) = batch(
        sandbox, {"method": "POST", "relative_url": "act_1001/insights", "body": body}
    )
    run_id = json.loads(answer["body"])["report_run_id"]
    polled, deleted = batch(
        sandbox,
        {"method": "GET", "relative_url": f"{run_id}/"},
        {"method": "DELETE", "relative_url": run_id},
    )
    assert json.loads(polled["body"])["async_status"] == "Job Running"
    assert json.loads(deleted["body"]) == {"success": True}


@pytest.mark.parametrize("kind", ["batch_null", "reset"])
def test_an_entry_that_timed_out_is_null(sandbox: SandboxProcess, kind: str) -> None:
    spoil(sandbox, kind, times=1)
    lost, kept = batch(sandbox, NODE, NODE)
    assert lost is None
    assert kept["code"] == 200


def test_a_null_entry_spares_calls_outside_of_batches(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "batch_null")
    assert call(sandbox, "act_1001").status_code == 200


def test_faults_meet_the_calls_inside(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "rate_limit", account="act_1002")
    other = {"method": "GET", "relative_url": "act_1002/"}
    assert [answer["code"] for answer in batch(sandbox, NODE, other, NODE)] == [200, 400, 200]


def test_more_than_fifty_entries_fail_as_a_whole(sandbox: SandboxProcess) -> None:
    assert len(batch(sandbox, *[NODE] * 50)) == 50
    reply = call(sandbox, "", "POST", data={"batch": json.dumps([NODE] * 51)})
    assert reply.status_code == 400
    assert "Maximum batch size is 50" in reply.json()["error"]["message"]


def test_a_batch_may_come_in_the_query_with_its_token(sandbox: SandboxProcess) -> None:
    query = {"batch": json.dumps([NODE]), "access_token": "t"}
    reply = requests.post(f"{sandbox.url}/v26.0", params=query, timeout=20)
    assert [answer["code"] for answer in reply.json()] == [200]


def test_a_batch_without_a_token_is_refused_call_by_call(sandbox: SandboxProcess) -> None:
    reply = call(sandbox, "", "POST", data={"batch": json.dumps([NODE])}, headers={})
    assert json.loads(reply.json()[0]["body"])["error"]["code"] == 2500


def test_several_nodes_can_be_read_by_their_ids(sandbox: SandboxProcess) -> None:
    found = call(sandbox, "", params={"ids": "act_1001,act_1002", "fields": "currency"}).json()
    assert {name: node["currency"] for name, node in found.items()} == {
        "act_1001": "EUR",
        "act_1002": "EUR",
    }
    assert code_of(call(sandbox, "", params={"ids": '["act_1001","act_9"]'})) == (400, 100, 33)
