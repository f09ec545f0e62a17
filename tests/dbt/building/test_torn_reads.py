"""Readers see every publication whole, whatever becomes of it, and wait for none."""

import random
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import Warehouse, named, superuser_url
from dbt_runs import Dbt
from replicas import replica_of, wait_until_replayed

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
def stamped(warehouse: Warehouse, dbt: Dbt) -> None:
    """What dbt built of the first stamp."""
    with warehouse.connect() as connection:
        seed(connection, SIZE, 1)
    assert dbt.build().exit_code == 0


@pytest.fixture
def harness(server: EmbeddedServer, stamped: None) -> Harness:
    """What reads and disturbs it."""
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


@pytest.fixture
def replica(server: EmbeddedServer, stamped: None, open_folder: Path) -> Iterator[str]:
    """The superuser's URL of it, on a streaming replica."""
    with replica_of(server, open_folder, wal_receiver_status_interval="1s") as url:
        # As the docs advise; without it, readers are ended now and then.
        set_on_replica(url, hot_standby_feedback="on")
        wait_until_replayed(superuser_url(server), url)
        yield named(url, DATABASE)


def test_on_a_streaming_replica_no_read_is_torn_and_a_long_query_may_be_ended(
    server: EmbeddedServer, replica: str
) -> None:
    kinds = ("join", "statements", "old snapshot")
    harness = Harness(server, lambda: _url(server), SIZE, random.Random(1), replica)
    counts = harness.counts
    with harness.running(kinds):
        harness.roll_back()
        harness.kill_process()
        harness.wait_for_reads(READS, DEADLINE_SECONDS, kinds)
    assert (counts.torn, counts.empty, counts.errors, counts.waits) == ([], [], [], [])
    assert min(counts.beside[kind] for kind in kinds) >= READS
    with snapshot_across_a_vacuum(server, replica, is_reported=True) as (before, ask):
        assert ask() == before
    # A query that needs rows that the primary has vacuumed away is ended, not answered wrongly.
    set_on_replica(replica, hot_standby_feedback="off", max_standby_streaming_delay="0")
    ended = pytest.raises(psycopg.OperationalError, match="conflict with recovery")
    with snapshot_across_a_vacuum(server, replica, is_reported=False) as (_, ask), ended:
        ask()


OTHERS_THAT_SEE_OLD_ROWS = """
select pid, state, application_name, query from pg_stat_activity
where backend_xmin is not null and datname = current_database() and pid <> pg_backend_pid()
"""


def set_on_replica(replica: str, **settings: str) -> None:
    with psycopg.connect(replica, autocommit=True) as connection:
        for name, value in settings.items():
            connection.execute(f"alter system set {name} = '{value}'")
        connection.execute("select pg_reload_conf()")


@contextmanager
def snapshot_across_a_vacuum(
    server: EmbeddedServer, replica: str, *, is_reported: bool
) -> Iterator[tuple[Any, Callable[[], Any]]]:
    """What a snapshot of the replica shows before its rows are replaced, and to ask it again.

    Where the replica reports its snapshots, the primary has heard of this one by then.
    """
    primary = named(superuser_url(server), DATABASE)
    heard = "select backend_xmin is not null from pg_stat_replication"
    wanted = (is_reported,)
    with psycopg.connect(primary, autocommit=True) as superuser:
        reading = psycopg.connect(replica)
        reading.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

        def ask() -> Any:
            sums = "select count(*), sum(spend) from marts.monthly_campaign_performance"
            return reading.execute(sums).fetchone()

        before = ask()
        deadline = time.monotonic() + DEADLINE_SECONDS
        while superuser.execute(heard).fetchone() != wanted:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        with superuser.transaction():
            superuser.execute("select set_config('meta_ads.publishing', 'yes', true)")
            superuser.execute("update published.monthly_campaign_metrics set spend = spend + 1")
        # The server goes on for a while with the statement of a publisher that was killed.
        while others := superuser.execute(OTHERS_THAT_SEE_OLD_ROWS).fetchall():
            assert time.monotonic() < deadline, others
            time.sleep(0.05)
        superuser.execute("vacuum published.monthly_campaign_metrics")
        wait_until_replayed(primary, replica)
        yield before, ask
        reading.close()


def _on(server: EmbeddedServer, statement: str) -> None:
    with psycopg.connect(server.ensure_running(), autocommit=True) as connection:
        connection.execute(statement)


def _url(server: EmbeddedServer) -> str:
    return f"{server.ensure_running().rpartition('/')[0]}/{DATABASE}"
