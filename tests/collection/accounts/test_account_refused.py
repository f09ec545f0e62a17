"""An ad account that Meta refuses as if its token were dead, and a token that is dead."""

from datetime import date

import pytest
from account_changes import DUE_DAY, client, errors, paths, received, run
from databases import Warehouse
from factories import days
from sandbox_support import put_back, spoil

from orchestration.collection.owed_request import request_owed
from orchestration.errors import UnreachableError
from orchestration.sandbox.process import SandboxProcess

FOUR = (1001, 1002, 1003, 1004)


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
