"""One account answers 190 while its token is alive: /me and all other accounts tell the truth."""

import pytest
import requests
from sandbox_support import BEARER, call, code_of, rows, spoil

from orchestration.sandbox.process import SandboxProcess

EXPIRED = (400, 190, 463)


def campaign_of(sandbox: SandboxProcess) -> str:
    found: str = rows(sandbox).json()["data"][0]["campaign_id"]
    return found


def test_every_call_about_the_account_is_answered_190(sandbox: SandboxProcess) -> None:
    campaign = campaign_of(sandbox)
    run = call(sandbox, "act_1001/insights", "POST").json()["report_run_id"]
    spoil(sandbox, "account_190", account="act_1001")
    for path in ("act_1001", "act_1001/insights", "act_1001/campaigns", campaign, run):
        assert code_of(call(sandbox, path)) == EXPIRED
    assert code_of(call(sandbox, "act_1001/insights", "POST")) == EXPIRED


def test_what_concerns_no_account_or_another_one_is_answered_truly(
    sandbox: SandboxProcess,
) -> None:
    paths = ("me", "me/adaccounts", "act_1002", "act_1002/insights", "act_1002/campaigns")
    true = [call(sandbox, path).json() for path in paths]
    spoil(sandbox, "account_190", account="act_1001")
    assert [call(sandbox, path).json() for path in paths] == true


def test_a_batch_fails_for_the_account_alone(sandbox: SandboxProcess) -> None:
    spoil(sandbox, "account_190", account="1001")
    asked = '[{"method":"GET","relative_url":"act_1001"},{"method":"GET","relative_url":"me"}]'
    reply = requests.post(
        f"{sandbox.url}/v26.0/", data={"batch": asked}, headers=BEARER, timeout=20
    )
    assert [part["code"] for part in reply.json()] == [400, 200]


@pytest.mark.parametrize(
    ("kind", "fields"),
    [
        ("http_503", {"path": "insights"}),
        ("token_dead", {"account": "act_1001"}),
        ("rate_limit", {"account": "act_1001"}),
        ("vanish", {}),
    ],
)
def test_who_asks_is_told_whatever_is_wrong_elsewhere(
    sandbox: SandboxProcess, kind: str, fields: dict[str, str]
) -> None:
    spoil(sandbox, kind, **fields)
    told = call(sandbox, "me")
    assert (told.status_code, told.json().keys()) == (200, {"name", "id"})
    assert call(sandbox, "me", params={"fields": "id"}).json() == {"id": told.json()["id"]}


def test_a_dead_token_is_dead_for_me_as_well(sandbox: SandboxProcess) -> None:
    assert code_of(call(sandbox, "me", headers={"Authorization": "Bearer dead"})) == EXPIRED
    spoil(sandbox, "token_dead")
    assert code_of(call(sandbox, "me")) == EXPIRED
