"""A collection killed at any instant leaves whole client-days; the next ends as if undisturbed."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from subprocess import DEVNULL, Popen
from typing import Any

import pytest
from databases import Warehouse
from factories import write_clients
from places import DumpedTables, Place, dump, receipts_that_disagree

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

ACCOUNTS = (1001, 1004, 1007, 1016)
# This account has clicks and no conversions.
MORE = {1016: ", expects_conversions: false"}
SINCE, UNTIL = "2026-09-15", "2026-11-14"
COLLECT = ("collect", "--since", SINCE, "--until", UNTIL)
KILLED = -signal.SIGKILL
MOST_SECONDS = 60
STAGING = ("staging.insights", "staging.conversions", "staging.control_totals")
KEYS = {
    "staging.insights": "client_id, level, date_day, entity_id",
    "staging.conversions": "client_id, level, date_day, entity_id",
    "staging.control_totals": "client_id, date_day",
    "ops.slice_state": "client_id, level, date_day",
}
BATCHES = "select count(*) from ops.batches"
KEPT_BATCHES = "select count(*) from ops.batches where state = 'kept'"


@dataclass(frozen=True)
class Instant:
    """When to kill: so many rows more than before, then so many seconds later."""

    name: str
    counted: str
    more: int
    seconds: float = 0.0


def instants(seed: int) -> list[Instant]:
    chance = random.Random(seed)
    return [
        Instant("the first batch was opened", BATCHES, 1),
        Instant("some time after the first batch", BATCHES, 1, chance.uniform(0, 2)),
        Instant("the first batch was kept", KEPT_BATCHES, 1),
        Instant("many batches were opened", BATCHES, chance.randint(5, 8)),
        Instant("some time after the first was kept", KEPT_BATCHES, 1, chance.uniform(0, 0.1)),
        Instant("several batches were kept", KEPT_BATCHES, chance.randint(2, 6)),
    ]


@dataclass
class Undisturbed:
    """What a collection that nobody disturbs brings, and where to make it again."""

    place: Place
    home: Path
    environment: dict[str, str]
    rows: DumpedTables
    slices: set[tuple[Any, ...]]


@pytest.fixture(scope="module")
def undisturbed(
    server: EmbeddedServer,
    template: str,
    sandbox: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Undisturbed:
    home = tmp_path_factory.mktemp("collect_kill")
    entries = (
        f"client_id: c{n}, name: C{n}, ad_account_id: act_{n}{MORE.get(n, '')}" for n in ACCOUNTS
    )
    clients = write_clients(home / "clients.yml", *entries)
    environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
    place = Place(server, template)
    with place.warehouse(home, environment) as warehouse:
        done = warehouse.run(*COLLECT)
        assert done.returncode == 0, done.stdout
        rows, slices = staged(warehouse), slices_of(warehouse)
    assert all(rows.values())
    return Undisturbed(place, home, environment, rows, slices)


def staged(warehouse: Warehouse) -> DumpedTables:
    return dump(warehouse, *STAGING, without=("batch_id",))


def slices_of(warehouse: Warehouse) -> set[tuple[Any, ...]]:
    """What stands, without when it came."""
    return set(
        warehouse.rows(
            "select client_id, level, date_day, state, row_count, content_hash, read_for, "
            "last_attempt, failed_attempts from ops.slice_state"
        )
    )


@contextmanager
def collecting(warehouse: Warehouse) -> Iterator["Popen[bytes]"]:
    """`meta-ads collect` in a process group of its own; nothing of it outlives the block."""
    environment = warehouse.command_environment({})
    process = Popen(
        [Path(environment["PATH"].partition(":")[0]) / "meta-ads", *COLLECT],
        env=environment,
        cwd=warehouse.home,
        stdout=DEVNULL,
        stderr=DEVNULL,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        kill_group(process)


def kill_group(process: "Popen[bytes]") -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def kill_at(warehouse: Warehouse, instant: Instant) -> int:
    """Collect until the instant; the exit code."""
    aim = warehouse.value(instant.counted) + instant.more
    deadline = time.monotonic() + MOST_SECONDS
    with collecting(warehouse) as process, warehouse.connect() as connection:
        connection.autocommit = True
        while connection.execute(instant.counted).fetchall()[0][0] < aim:
            assert process.poll() is None, f"The collection ended before this: {instant}"
            assert time.monotonic() < deadline, instant
            time.sleep(0.002)
        time.sleep(instant.seconds)
        kill_group(process)
    return int(process.returncode)


def assert_whole(undisturbed: Undisturbed, warehouse: Warehouse) -> None:
    """Nothing but whole slices of the reference, and nothing stands on an unanswered batch."""
    assert receipts_that_disagree(warehouse) == []
    for table, rows in staged(warehouse).items():
        assert rows <= undisturbed.rows[table]
    for table, key in KEYS.items():
        twice = f"select {key} from {table} group by {key} having count(*) > 1"
        assert warehouse.rows(twice) == []
    assert unanswered_but_used(warehouse) == []


def unanswered_but_used(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Batches that still wait for their answer, and where something counts as received of them."""
    uses = [f"select batch_id, '{table}' as used from {table}" for table in STAGING]
    uses += [
        "select batch_id, 'what stands' from ops.slice_state",
        "select last_batch_id, 'last attempt' from ops.slice_state",
        "select batch_id, 'receipt' from ops.receipts where state <> 'asked'",
        "select batch_id, 'landing' from landing.insights",
        "select batch_id, 'end' from ops.batches where finished_at is not null",
    ]
    found: list[tuple[Any, ...]] = warehouse.rows(
        f"select distinct batch_id, used from ({' union all '.join(uses)}) as u "
        "inner join ops.batches as b using (batch_id) where b.state = 'asked'"
    )
    return found


def assert_no_open_lease(warehouse: Warehouse) -> None:
    if warehouse.value("select to_regclass('ops.collection_leases')") is not None:
        left = warehouse.rows("select client_id, date_day, owner from ops.collection_leases")
        assert left == []


def test_killed_at_any_instant_the_next_collection_ends_as_if_undisturbed(
    undisturbed: Undisturbed,
) -> None:
    with undisturbed.place.warehouse(undisturbed.home, undisturbed.environment) as warehouse:
        for instant in instants(seed=20261115):
            # Begun anew each time: what is gone on with would soon have nothing left to kill.
            warehouse.execute("update ops.range_collections set finished_at = clock_timestamp()")
            assert kill_at(warehouse, instant) == KILLED, instant
            assert_whole(undisturbed, warehouse)
        assert warehouse.value("select count(*) from ops.batches where state = 'asked'") > 0
        done = warehouse.run(*COLLECT)
        assert done.returncode == 0, done.stdout
        assert_whole(undisturbed, warehouse)
        assert staged(warehouse) == undisturbed.rows
        assert slices_of(warehouse) == undisturbed.slices
        assert_no_open_lease(warehouse)
