"""Calls that Meta refuses: who stops, what the error says, and what is never quoted."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from client_support import ACCOUNT, TOKEN, Rows, faulty, probe
from pydantic import SecretStr
from sandbox_support import spoil

from orchestration.meta_api.client import InsightsClient
from orchestration.meta_api.errors import (
    AccountRefusedError,
    BadRequestError,
    MetaApiError,
    PermissionDeniedError,
    TokenDeadError,
    VersionRetiredError,
)
from orchestration.meta_api.throttling.traffic import Traffic
from orchestration.sandbox.process import SandboxProcess


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        ("permission", PermissionDeniedError),
        ("missing_permission", PermissionDeniedError),
        ("policy_block", PermissionDeniedError),
        ("app_blocked", PermissionDeniedError),
        ("unknown_path", BadRequestError),
        ("object_missing", BadRequestError),
        ("bad_request", BadRequestError),
    ],
)
def test_what_no_repetition_mends_is_asked_once(
    sandbox: SandboxProcess, kind: str, error: type[MetaApiError]
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind), pytest.raises(error) as raised:
        probed.read()
    assert (probed.client.calls, probed.waited, len(raised.value.attempts)) == (1, 0.0, 1)
    assert probed.read()


@pytest.mark.parametrize(
    ("kind", "error", "calls"),
    [
        ("token_dead", TokenDeadError, 2),
        ("token_invalid", TokenDeadError, 2),
        ("token_checkpoint", TokenDeadError, 2),
        ("version_retired", VersionRetiredError, 1),
    ],
)
def test_a_dead_token_or_version_stops_every_account_without_another_call(
    sandbox: SandboxProcess, kind: str, error: type[MetaApiError], calls: int
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, kind, times=calls), pytest.raises(error):
        probed.read()
    for account in (ACCOUNT, "act_1002"):
        with pytest.raises(error, match="not asked"):
            probed.read(account=account)
    assert probed.client.calls == calls


def test_a_dead_token_that_cannot_list_accounts_needs_no_second_proof(
    sandbox: SandboxProcess,
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "token_dead", times=1), pytest.raises(TokenDeadError):
        list(probed.client.accounts())
    with pytest.raises(TokenDeadError, match="not asked"):
        probed.read()
    assert probed.client.calls == 1


def test_an_account_that_is_refused_like_a_token_is_refused_alone(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    with faulty(sandbox, "token_dead", account="act_1003"):
        with pytest.raises(AccountRefusedError) as raised:
            probed.read(account="act_1003")
        assert probed.client.calls == 2
        assert probed.read() == truth
    told = str(raised.value)
    assert "only act_1003 is refused" in told
    assert "system user access" in told
    assert "190/463" in told
    assert (raised.value.code, raised.value.subcode) == (190, 463)
    assert len(raised.value.attempts) == 1
    assert probed.waited == 0.0


def test_a_minute_long_one_answer_about_the_token_serves_all_accounts_that_are_refused(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    for account in ("act_1003", "act_1004"):
        spoil(sandbox, "token_dead", account=account)
    for account in ("act_1003", "act_1004", "act_1003"):
        with pytest.raises(AccountRefusedError, match=account):
            probed.read(account=account)
    assert probed.client.calls == 4
    probed.time.now += 60
    with faulty(sandbox, "token_dead"), pytest.raises(TokenDeadError):
        probed.read()
    assert probed.client.calls == 6


def test_a_token_of_which_nothing_can_be_heard_is_not_held_to_be_dead(
    sandbox: SandboxProcess, truth: Rows
) -> None:
    probed = probe(sandbox)
    spoil(sandbox, "token_dead", account="act_1003")
    with faulty(sandbox, "http_500", path="me"), pytest.raises(AccountRefusedError):
        probed.read(account="act_1003")
    assert probed.client.calls == 5
    assert probed.read() == truth


def test_threads_that_meet_a_refusal_at_once_ask_once_about_the_token(
    sandbox: SandboxProcess,
) -> None:
    traffic = Traffic(concurrency=8)
    clients = [
        InsightsClient(sandbox.url, "v26.0", SecretStr(TOKEN), traffic=traffic) for _ in range(8)
    ]

    def refused(client: InsightsClient) -> str:
        with pytest.raises(MetaApiError) as raised:
            client.account("act_1003")
        return type(raised.value).__name__

    spoil(sandbox, "token_dead", account="act_1003")
    with ThreadPoolExecutor(8) as pool:
        assert set(pool.map(refused, clients)) == {"AccountRefusedError"}
    assert sum(client.calls for client in clients) == 9


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("token_dead", "without an expiry"),
        ("token_invalid", "password"),
        ("token_checkpoint", "log in at facebook.com"),
        ("app_blocked", "the app is blocked"),
        ("policy_block", "Business Support Home"),
        ("unknown_path", "the token is not to blame"),
    ],
)
def test_each_kind_of_refusal_names_its_own_remedy(
    sandbox: SandboxProcess, kind: str, words: str
) -> None:
    with faulty(sandbox, kind), pytest.raises(MetaApiError, match=words):
        probe(sandbox).read()


def test_what_meta_says_to_people_is_in_the_error(sandbox: SandboxProcess) -> None:
    with faulty(sandbox, "token_checkpoint"), pytest.raises(TokenDeadError) as raised:
        probe(sandbox).read()
    assert "[Please log in: You cannot access the app till you log in" in str(raised.value)


def test_a_refused_account_is_not_told_to_renew_its_token(sandbox: SandboxProcess) -> None:
    probed = probe(sandbox)
    with (
        faulty(sandbox, "token_dead", account="act_1003"),
        pytest.raises(AccountRefusedError) as raised,
    ):
        probed.read(account="act_1003")
    assert "new token" not in str(raised.value)
