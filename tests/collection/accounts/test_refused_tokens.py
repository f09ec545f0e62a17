"""Meta refuses every token for a while: one cheap call notices that they work again."""

from collections.abc import Sequence
from datetime import date

import pytest
import requests
from databases import Warehouse
from factories import days
from sandbox_support import put_back, spoil

from orchestration.alerting.evaluate import evaluate
from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.collection.owed_request import request_owed
from orchestration.collection.refused_tokens import try_refused_tokens
from orchestration.errors import UnreachableError
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.connection import connect

FIRST, DUE = date(2026, 11, 13), date(2026, 11, 14)
CLIENTS = [
    Client(client_id=f"c{n}", name=f"C{n}", ad_account_id=f"act_{n}", starts_on=FIRST)
    for n in (1001, 1002, 1003)
]
OWED = {client.client_id: [f"{DUE}"] for client in CLIENTS}


@pytest.fixture(autouse=True)
def known(warehouse: Warehouse, sandbox: SandboxProcess) -> None:
    """The first of two days is collected, so that the accounts are known."""
    settings = warehouse.settings(api_url=sandbox.url)
    collect(settings, CLIENTS, since=FIRST, until=FIRST, run_id="before")
    put_back(sandbox)


def run(warehouse: Warehouse, sandbox: SandboxProcess, clients: Sequence[Client] = CLIENTS) -> None:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0,))
    collect(settings, clients, run_id="run")


def die(warehouse: Warehouse, sandbox: SandboxProcess) -> None:
    """A run in which every call is answered with error 190."""
    spoil(sandbox, "token_dead")
    with pytest.raises(UnreachableError, match="Every token is refused"):
        run(warehouse, sandbox)
    requests.delete(f"{sandbox.url}/sandbox/log", timeout=20)


def tried(
    warehouse: Warehouse, sandbox: SandboxProcess, clients: Sequence[Client] = CLIENTS
) -> list[str]:
    settings = warehouse.settings(api_url=sandbox.url)
    with connect(settings, autocommit=True) as connection:
        return try_refused_tokens(settings, connection, clients)


def owed(warehouse: Warehouse, clients: Sequence[Client] = CLIENTS) -> dict[str, list[str]]:
    with warehouse.connect() as connection:
        found = request_owed(connection, clients)
    return found.owed if found else {}


def pass_by(warehouse: Warehouse, minutes: int) -> None:
    """Let this much time pass, by the real clock."""
    ago = f"interval '{minutes} minutes'"
    warehouse.execute(f"update ops.failed_collections set failed_at = failed_at - {ago}")
    warehouse.execute(f"update ops.slice_state set last_attempt_at = last_attempt_at - {ago}")
    warehouse.execute(
        f"update ops.token_checks set checked_at = checked_at - {ago}, "
        f"answered_at = answered_at - {ago}"
    )


def paths(sandbox: SandboxProcess) -> list[str]:
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    return [entry["path"] for entry in log]


def open_alerts(warehouse: Warehouse, sandbox: SandboxProcess) -> list[str]:
    evaluate(warehouse.settings(api_url=sandbox.url))
    found = warehouse.rows("select rule from ops.alerts where state <> 'resolved' order by rule")
    return [rule for (rule,) in found]


def test_an_outage_that_says_token_is_watched_by_one_call_and_heals_without_a_person(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    die(warehouse, sandbox)
    assert "token_dead" in open_alerts(warehouse, sandbox)
    assert (tried(warehouse, sandbox), owed(warehouse)) == ([], {})
    assert paths(sandbox) == []
    for _ in range(3):
        pass_by(warehouse, 31)
        assert (tried(warehouse, sandbox), tried(warehouse, sandbox)) == ([], [])
        assert owed(warehouse) == {}
    assert paths(sandbox) == ["/me"] * 3
    put_back(sandbox)
    pass_by(warehouse, 31)
    assert tried(warehouse, sandbox) == ["META_ACCESS_TOKEN"]
    assert paths(sandbox) == ["/me"]
    assert owed(warehouse) == OWED
    # Until the days are there it is the reason why they are not.
    assert "token_dead" in open_alerts(warehouse, sandbox)
    run(warehouse, sandbox)
    assert owed(warehouse) == {}
    assert tried(warehouse, sandbox) == []
    assert warehouse.rows("select 1 from ops.failed_collections where closed_at is null") == []
    assert "token_dead" not in open_alerts(warehouse, sandbox)
    received = "select distinct date_day from ops.slice_state where state = 'received' order by 1"
    assert [day for (day,) in warehouse.rows(received)] == list(days(FIRST, DUE))


def test_a_token_that_dies_again_is_held_again(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    die(warehouse, sandbox)
    put_back(sandbox)
    pass_by(warehouse, 31)
    assert tried(warehouse, sandbox) == ["META_ACCESS_TOKEN"]
    die(warehouse, sandbox)
    assert owed(warehouse) == {}
    pass_by(warehouse, 31)
    assert tried(warehouse, sandbox) == []
    assert paths(sandbox) == ["/me"]


def test_however_often_runs_meet_a_dead_token_no_day_is_given_up(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    for _ in range(10):
        die(warehouse, sandbox)
    put_back(sandbox)
    pass_by(warehouse, 31)
    assert tried(warehouse, sandbox) == ["META_ACCESS_TOKEN"]
    assert owed(warehouse) == OWED


def test_only_the_token_that_was_refused_is_asked_about(
    warehouse: Warehouse, sandbox: SandboxProcess, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEAD_TOKEN", "dead-and-gone")
    dead = CLIENTS[0].model_copy(update={"token_env": "DEAD_TOKEN"})
    clients = [dead, *CLIENTS[1:]]
    run(warehouse, sandbox, clients)
    put_back(sandbox)
    pass_by(warehouse, 31)
    assert tried(warehouse, sandbox, clients) == []
    assert paths(sandbox) == ["/me"]
    # It is renewed in the environment.
    monkeypatch.setenv("DEAD_TOKEN", "alive")
    pass_by(warehouse, 31)
    assert tried(warehouse, sandbox, clients) == ["DEAD_TOKEN"]
    assert owed(warehouse, clients) == {"c1001": OWED["c1001"]}


@pytest.mark.parametrize("kind", ["http_500", "app_blocked", "reset"])
def test_no_answer_and_another_error_are_no_proof_of_life(
    warehouse: Warehouse, sandbox: SandboxProcess, kind: str
) -> None:
    die(warehouse, sandbox)
    put_back(sandbox)
    spoil(sandbox, kind)
    pass_by(warehouse, 31)
    assert (tried(warehouse, sandbox), owed(warehouse)) == ([], {})
    assert paths(sandbox) == ["/me"]
