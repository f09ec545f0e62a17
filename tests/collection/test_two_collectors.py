"""Collections at the same time, after dead ones, and over a connection that breaks."""

import os
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from time import sleep
from typing import Any

import psycopg
import pytest
from databases import Warehouse
from sandbox_support import spoil

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.errors import UnreachableError
from orchestration.process.owner import build_owner
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.intake.batches import open_batch, record_failure
from orchestration.warehouse.ledger.claims import Claim, claim_days, release_all

SINCE, UNTIL = date(2026, 8, 1), date(2026, 10, 31)
ABOUT = {"run_id": "run", "api_version": "v26.0"}
CLIENTS = [
    Client.model_validate({"client_id": f"c{n}", "name": f"C{n}", "ad_account_id": f"act_{n}"})
    for n in (1001, 1002, 1003)
]


def run(warehouse: Warehouse, sandbox: SandboxProcess, **how: Any) -> Collection:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.1, 0.1, 0.1))
    options: dict[str, Any] = {"since": SINCE, "until": UNTIL, "run_id": "run"} | how
    return collect(settings, CLIENTS, **options)


def assert_whole(warehouse: Warehouse) -> None:
    """Every slice is stored once, with a receipt, and no claim is left."""
    days = (UNTIL - SINCE).days + 1
    states = "select count(*) from ops.slice_state where state = 'received'"
    assert warehouse.value(states) == 2 * days * len(CLIENTS)
    assert warehouse.value("select count(*) from ops.collection_leases") == 0
    assert warehouse.value("select count(*) from staging.control_totals") == days * len(CLIENTS)


@pytest.mark.parametrize("how", [{}, {"since": None, "until": None}])
def test_two_collections_at_once_ask_for_each_slice_once(
    warehouse: Warehouse, sandbox: SandboxProcess, how: dict[str, Any]
) -> None:
    spoil(sandbox, "slow", seconds=0.2, path="insights")
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(run, warehouse, sandbox, **how) for _ in range(2)]
        outcomes = [outcome for each in both for outcome in each.result().outcomes]
    slices = "select client_id, date_day from ops.receipts where level = 'campaign' and state = %s"
    for state in ("asked", "received"):
        found = warehouse.rows(slices, [state])
        assert len(found) == len(set(found)) > 0
    assert len({(o.window.client_id, o.window.since) for o in outcomes}) == len(outcomes)
    assert warehouse.value("select count(*) from ops.collection_leases") == 0


def test_days_that_another_one_has_in_hand_are_waited_for(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox, until=SINCE)
    other = Claim("other", "elsewhere/1/1.00")
    with warehouse.connect() as connection:
        assert claim_days(connection, other, "c1001", [UNTIL]) == [UNTIL]
        mine = Claim("mine", "elsewhere/2/1.00")
        assert claim_days(connection, mine, "c1001", [UNTIL]) == []
    with ThreadPoolExecutor(1) as pool:
        collection = pool.submit(run, warehouse, sandbox)
        sleep(3)
        assert not collection.done()
        with warehouse.connect() as connection:
            release_all(connection, other)
        assert collection.result(30).days_kept == 3 * 92
    assert_whole(warehouse)


def of_the_dead() -> str:
    """The owner of a process of this machine that is gone."""
    return build_owner().replace(f"/{os.getpid()}/", "/999999999/")


@pytest.mark.parametrize("is_of_this_host", [True, False])
def test_claims_of_the_dead_are_taken_over(
    warehouse: Warehouse, sandbox: SandboxProcess, is_of_this_host: bool
) -> None:
    run(warehouse, sandbox, until=SINCE)
    owner = of_the_dead() if is_of_this_host else "elsewhere/1/1.00"
    with warehouse.connect() as connection:
        claim_days(connection, Claim("dead", owner), "c1001", [UNTIL])
        if not is_of_this_host:
            connection.execute(
                "update ops.collection_leases set expires_at = now() - interval '1 second'"
            )
    run(warehouse, sandbox)
    assert_whole(warehouse)


@pytest.mark.parametrize("later_fails", [False, True])
def test_a_collection_that_was_suspended_past_its_lease_takes_nothing_back(
    warehouse: Warehouse, sandbox: SandboxProcess, later_fails: bool
) -> None:
    run(warehouse, sandbox, until=SINCE)
    days = [date(2026, 8, 2), date(2026, 8, 3)]
    with warehouse.connect() as connection:
        late, later = (
            open_batch(connection, "c1001", days, ("account", "campaign"), ABOUT) for _ in range(2)
        )
        if later_fails:
            record_failure(connection, "c1001", later, ("account", "campaign"), OSError("later"))
    if not later_fails:
        run(warehouse, sandbox)
    states = "select * from ops.slice_state where client_id = 'c1001' order by level, date_day"
    before = warehouse.rows(states)
    with warehouse.connect() as connection:
        record_failure(connection, "c1001", late, ("account", "campaign"), OSError("too late"))
    assert warehouse.rows(states) == before
    open_failures = "select reason from ops.failed_collections where closed_at is null"
    assert warehouse.rows(open_failures) == ([("later",)] if later_fails else [])


def test_a_connection_that_breaks_is_made_anew_and_nothing_is_asked_twice_that_was_kept(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "slow", seconds=0.3, path="insights")
    with ThreadPoolExecutor(1) as pool:
        collection = pool.submit(run, warehouse, sandbox)
        while not warehouse.value("select count(*) from ops.batches"):
            sleep(0.05)
        _break_connections(warehouse)
        collection.result(60)
    assert_whole(warehouse)
    twice = (
        "select count(*) from (select 1 from ops.receipts where state = 'received' "
        "group by client_id, level, date_day having count(*) > 1) as twice"
    )
    assert warehouse.value(twice) == 0


def test_a_warehouse_that_stays_away_ends_the_collection_with_one_sentence(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "slow", seconds=0.3, path="insights")
    with ThreadPoolExecutor(2) as pool:
        collection = pool.submit(run, warehouse, sandbox)
        for _ in range(400):
            if collection.done():
                break
            _break_connections(warehouse)
            sleep(0.1)
        with pytest.raises(UnreachableError, match="warehouse cannot be reached"):
            collection.result(60)


def _break_connections(warehouse: Warehouse) -> None:
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity "
            "where application_name = 'meta-ads' and datname = current_database()"
        )
