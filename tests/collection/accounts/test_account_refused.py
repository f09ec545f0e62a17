"""An ad account that Meta refuses as if its token were dead, and a token that is dead."""

from datetime import date
from typing import Any

import pytest
import requests
from databases import Warehouse
from factories import days
from sandbox_support import put_back, spoil

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.collection.owed_request import request_owed
from orchestration.errors import UnreachableError
from orchestration.sandbox.process import SandboxProcess

DUE_DAY = date(2026, 11, 14)
FOUR = (1001, 1002, 1003, 1004)


def client(client_id: str = "a", account: int = 1001, **more: Any) -> Client:
    values = {"client_id": client_id, "name": client_id, "ad_account_id": f"act_{account}"}
    return Client.model_validate(values | more)


def run(
    warehouse: Warehouse, sandbox: SandboxProcess, clients: list[Client], **how: Any
) -> Collection:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    return collect(settings, clients, run_id="run", **how)


def paths(sandbox: SandboxProcess) -> list[str]:
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    return [entry["path"] for entry in log]


def errors(warehouse: Warehouse) -> list[tuple[str, str]]:
    """Clients whose collection failed, with the names of their errors."""
    return warehouse.rows(
        "select distinct client_id, error from ops.failed_collections where closed_at is null "
        "order by 1"
    )


def received(warehouse: Warehouse, client_id: str) -> list[date]:
    found = warehouse.rows(
        "select date_day from ops.slice_state where client_id = %s and level = 'campaign' "
        "and state in ('received', 'empty') order by 1",
        [client_id],
    )
    return [row[0] for row in found]


def test_one_account_that_is_refused_harms_no_other_client_of_its_token(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "token_dead", account="act_1003")
    clients = [client(f"c{n}", n) for n in FOUR]
    run(warehouse, sandbox, clients, since=date(2026, 9, 1), until=DUE_DAY)
    assert errors(warehouse) == [("c1003", "AccountRefusedError")]
    for number in (1001, 1002, 1004):
        assert received(warehouse, f"c{number}") == list(days(date(2026, 9, 1), DUE_DAY))
    assert paths(sandbox).count("/me") == 1
    # A person is asked for, and the daemon asks once a day only.
    assert warehouse.rows("select client_id from ops.client_failures where ops.needs_person(error)")
    with warehouse.connect() as connection:
        request = request_owed(connection, clients)
    assert request is None or "c1003" not in request.owed


def test_four_accounts_that_are_refused_alone_are_not_a_dead_token(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    for number in FOUR:
        spoil(sandbox, "token_dead", account=f"act_{number}")
    clients = [client(f"c{n}", n) for n in FOUR]
    collection = run(warehouse, sandbox, clients, since=DUE_DAY, until=DUE_DAY)
    assert len(collection.failed) == 4
    assert {error for _, error in errors(warehouse)} == {"AccountRefusedError"}
    assert paths(sandbox).count("/me") == 1


@pytest.mark.parametrize("listed", [True, False])
def test_a_token_that_dies_is_asked_about_once_and_fails_for_all_its_clients(
    warehouse: Warehouse, sandbox: SandboxProcess, listed: bool
) -> None:
    clients = [client(f"c{n}", n) for n in FOUR]
    if listed:
        run(warehouse, sandbox, clients, since=DUE_DAY, until=DUE_DAY)
        put_back(sandbox)
    spoil(sandbox, "token_dead")
    with pytest.raises(UnreachableError, match="META_ACCESS_TOKEN"):
        run(warehouse, sandbox, clients, since=date(2026, 11, 10), until=DUE_DAY)
    assert {error for _, error in errors(warehouse)} == {"TokenDeadError"}
    assert len(errors(warehouse)) == 4
    assert paths(sandbox).count("/me") == int(listed)
