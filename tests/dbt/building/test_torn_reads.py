"""Readers see every publication whole, whatever becomes of it, and wait for none."""

import random
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from databases import Warehouse
from dbt_runs import Dbt

from benchmarks.torn_readers import KINDS
from benchmarks.torn_reads import Harness
from benchmarks.torn_stamps import Size, marts_and_nodes, seed
from orchestration.warehouse.embedded.server import EmbeddedServer

DATABASE = "dbt_tests"
SIZE = Size(clients=2, campaigns=3, months=2)
READS = 2
"""Of each kind, while publications go on, in each phase."""
DEADLINE_SECONDS = 30.0


@pytest.fixture
def warehouse(server: EmbeddedServer, built: str, tmp_path: Path) -> Iterator[Warehouse]:
    """A warehouse whose server may be killed: no connection is held meanwhile.

    A copy through the log would forget, in a crash before the next checkpoint, how far its
    sequences have come since; a copy of the files begins with a checkpoint.
    """
    _on(server, f"create database {DATABASE} template {built} strategy file_copy")
    yield Warehouse(_url(server), tmp_path)
    _on(server, f"drop database {DATABASE} with (force)")


@pytest.fixture
def harness(server: EmbeddedServer, warehouse: Warehouse, dbt: Dbt) -> Harness:
    """What dbt built of the first stamp, and what reads and disturbs it."""
    with warehouse.connect() as connection:
        seed(connection, SIZE, 1)
    assert dbt.build().exit_code == 0
    return Harness(server, lambda: _url(server), SIZE, random.Random(1))


def test_no_read_is_torn_or_empty_and_nobody_waits(
    warehouse: Warehouse, dbt: Dbt, harness: Harness
) -> None:
    counts = harness.counts
    marts, _ = marts_and_nodes()
    with harness.running():
        for mart in marts:
            harness.fail(mart)
        harness.publish_two_at_once()
        harness.roll_back()
        harness.prune()
        harness.wait_for_reads(READS, DEADLINE_SECONDS)
        assert min(counts.beside[kind] for kind in KINDS) >= READS, counts
        counts.beside.clear()
        harness.stamp += 1
        with harness.beside():
            with warehouse.connect() as connection:
                seed(connection, SIZE, harness.stamp)
            built = dbt.build()
        beside_dbt = dict(counts.beside)
        stamps = warehouse.rows("select distinct spend from marts.monthly_campaign_performance")
        harness.publish()
    assert built.exit_code == 0, built
    assert stamps == [(harness.stamp - 1,)]
    assert (counts.torn, counts.empty, counts.errors, counts.waits) == ([], [], [], [])
    assert set(counts.failed) == set(marts)
    assert set(beside_dbt) >= {"join", "statements", "pg_dump", "as of"}
    assert counts.events["two at once"] == 1
    assert counts.events["samples of locks"] > READS


def test_what_is_killed_leaves_every_read_whole(harness: Harness) -> None:
    counts = harness.counts
    with harness.running():
        harness.kill_process()
        harness.kill_backend()
        harness.wait_for_reads(READS, DEADLINE_SECONDS)
        harness.crash_before_publication()
        harness.publish()
        harness.kill_server()
        counts.beside.clear()
        harness.wait_for_reads(READS, DEADLINE_SECONDS)
    assert (counts.torn, counts.empty, counts.errors, counts.waits) == ([], [], [], [])
    assert min(counts.beside[kind] for kind in KINDS) >= READS
    assert min(counts.after_outage[kind] for kind in KINDS) >= 1
    for what in ("killed processes", "killed backends", "killed servers", "refused after a crash"):
        assert counts.events[what] == 1


def test_the_harness_sees_a_torn_publication_an_empty_mart_and_a_lock(harness: Harness) -> None:
    counts = harness.counts
    with harness.running(("join", "statements", "pg_dump")):
        harness.tear()
        torn = list(counts.torn)
        harness.empty()
        harness.lock()
    assert not counts.errors
    for kind in ("join:", "statements:"):
        for found in (torn, counts.empty, counts.waits):
            assert any(sentence.startswith(kind) for sentence in found), (kind, found)


def _on(server: EmbeddedServer, statement: str) -> None:
    with psycopg.connect(server.ensure_running(), autocommit=True) as connection:
        connection.execute(statement)


def _url(server: EmbeddedServer) -> str:
    return f"{server.ensure_running().rpartition('/')[0]}/{DATABASE}"
