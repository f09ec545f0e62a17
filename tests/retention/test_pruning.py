"""Retention blocks nobody, can be killed at any instant, and may run twice at once."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from databases import Warehouse
from worlds.years import keeping

from orchestration.cli.actions.storage import show_storage
from orchestration.retention import prune as pruning
from orchestration.retention import rules
from orchestration.retention.files import delete_old_files
from orchestration.retention.prune import prune
from orchestration.retention.rules import KEPT, RULES

STATE = (
    "select * from ops.all_receipts order by receipt_id",
    "select * from ops.receipts order by receipt_id",
    "select batch_id, level, row_number from landing.insights order by 1, 2, 3",
)
DELETED = "select coalesce(sum(rows_deleted), 0) from ops.retention"
SLOWLY = (
    "from orchestration.retention import prune; prune.ROWS_AT_ONCE = 200\n"
    "from orchestration.cli.main import main; main()"
)
"""The program, in so many transactions that there are instants to kill it at."""


def state(warehouse: Warehouse) -> list[list[tuple[Any, ...]]]:
    return [warehouse.rows(query) for query in STATE]


def variables(warehouse: Warehouse) -> dict[str, str]:
    """The settings of `keeping` as a command reads them."""
    settings = keeping(warehouse)
    return {rule.variable: str(rule.days(settings)) for rule in RULES}


def started(warehouse: Warehouse) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-c", SLOWLY, "storage", "prune"],
        env=warehouse.command_environment(variables(warehouse)),
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
    )


def test_killed_at_any_instant_nothing_is_lost_and_the_next_one_ends_as_if_undisturbed(
    years: Warehouse,
) -> None:
    receipts = years.rows(STATE[0])
    with years.connect() as connection:
        connection.execute("create schema kept")
        connection.execute("create table kept.receipts as select * from ops.receipts")
        connection.execute("create table kept.landing as select * from landing.insights")
    prune(keeping(years), 600)
    undisturbed = state(years)
    with years.connect() as connection:
        connection.execute(
            "truncate ops.receipts, landing.insights, ops.folded_receipts, ops.retention"
        )
        connection.execute(
            "insert into ops.receipts overriding system value select * from kept.receipts"
        )
        connection.execute("insert into landing.insights select * from kept.landing")
    for pause in (0.0, 0.004, 0.011):
        before = years.value(DELETED)
        process = started(years)
        while years.value(DELETED) == before:
            assert process.poll() is None
        time.sleep(pause)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        assert years.rows(STATE[0]) == receipts
    prune(keeping(years), 600, is_whole=True)
    assert state(years) == undisturbed


def test_two_at_once_do_the_work_once(years: Warehouse, monkeypatch: pytest.MonkeyPatch) -> None:
    receipts, settings = years.rows(STATE[0]), keeping(years)
    monkeypatch.setattr(pruning, "ROWS_AT_ONCE", 500)
    with ThreadPoolExecutor(2) as threads:
        both = [*threads.map(lambda _: prune(settings, 600, is_whole=True), range(2))]
    assert all(each.is_done for done in both for each in done)
    rows = [{each.rule.name: each.rows for each in done} for done in both]
    assert rows[0]["receipts"] + rows[1]["receipts"] == 71568
    assert years.value(DELETED) == sum(sum(each.values()) for each in rows)
    assert years.rows(STATE[0]) == receipts
    assert [each.rows for each in prune(settings, 600, is_whole=True)] == [0] * len(RULES)


def test_what_is_held_by_another_is_left_for_the_next_time_and_the_rest_is_done(
    years: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "LIMITS", pruning.LIMITS.replace("'3s'", "'100ms'"))
    prune(keeping(years, keep_landing_days=0, keep_receipts_days=0), 600)
    with years.connect() as other:
        other.execute("lock table ops.receipts in access exclusive mode")
        done = {each.rule.name: each for each in prune(keeping(years), 600)}
    assert (done["receipts"].rows, done["receipts"].is_done) == (0, False)
    assert done["landing"].rows > 0
    assert done["landing"].is_done


def test_a_tick_ends_in_time_and_the_next_one_goes_on(
    years: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "ROWS_AT_ONCE", 1000)
    assert [each.rows for each in prune(keeping(years), 0)] == [0] * len(RULES)
    clock = iter(range(10**9))
    monkeypatch.setattr(pruning, "monotonic", lambda: next(clock))
    rows, is_done = [], False
    while not is_done:
        done = prune(keeping(years), 60)
        is_done = all(each.is_done for each in done)
        rows.append(sum(each.rows for each in done))
    assert len(rows) > 2
    assert max(rows) < 60 * 1000
    assert sum(rows) > 70_000


def test_rows_that_stood_when_their_turn_came_are_looked_at_again_a_month_later(
    years: Warehouse,
) -> None:
    settings = keeping(years)
    prune(settings, 600)
    # Everything was collected once more since.
    years.execute("update ops.slice_state set batch_id = last_batch_id")
    assert {each.rule.name: each.rows for each in prune(settings, 600)}["landing"] == 0
    years.execute("update ops.retention set cycle_began_at = cycle_began_at - interval '31 days'")
    prune(settings, 600)
    assert {each.rule.name: each.rows for each in prune(settings, 600)}["landing"] > 1000


def test_the_role_that_collects_may_prune_and_a_reader_may_not(years: Warehouse) -> None:
    urls = {}
    for role in ("loader", "monitor"):
        years.execute(f"alter role {role} password 's3cret'")
        urls[role] = re.sub(r"//[^@]*@", f"//{role}:s3cret@", years.url)
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        prune(keeping(Warehouse(urls["monitor"], years.home)), 600)
    done = prune(keeping(Warehouse(urls["loader"], years.home)), 600)
    assert all(each.is_done for each in done)
    assert sum(each.rows for each in done) > 70_000


def measured(warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> Any:
    show_storage(keeping(warehouse), as_json=True)
    return json.loads(capsys.readouterr().out)


def test_storage_says_how_large_tables_are_and_what_would_go(
    years: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    environment = variables(years)
    found = measured(years, capsys)
    tables = {table["table"]: table for table in found["tables"]}
    receipts = tables["ops.receipts"]
    assert receipts["bytes"] == years.value("select pg_total_relation_size('ops.receipts')")
    assert (receipts["old_rows"], receipts["setting"]) == (71568, "META_ADS_KEEP_RECEIPTS_DAYS")
    assert 0.3 < receipts["freed_bytes"] / receipts["bytes"] < 0.5
    # 27 MB since January 2024.
    assert 0.5e6 < receipts["growth_bytes_a_month"] < 1e6
    assert found["bytes"] == sum(table["bytes"] for table in found["tables"])
    assert {rule.table for rule in RULES} <= tables.keys()
    assert {name for name in KEPT if "." in name} <= tables.keys()
    text = years.run("storage", "prune", "--dry-run", **environment).stdout
    assert "ops.receipts: 71,568 rows (" in text
    old = {rule.table: tables[rule.table]["old_rows"] for rule in RULES}
    assert measured(years, capsys)["freed_bytes"] == found["freed_bytes"]
    done = years.run("storage", "prune", **environment)
    assert "ops.receipts: 71,568 rows put together" in done.stdout
    assert f"landing.insights: {old['landing.insights']:,} rows deleted" in done.stdout
    shown = years.run("storage", **environment).stdout
    assert re.search(r"ops\.receipts +\d+\.\d MiB", shown)
    assert "META_ADS_KEEP_RECEIPTS_DAYS=" in shown


def test_old_pages_and_logs_go_and_no_line_of_the_recovery_log_before_its_time(
    tmp_path: Path,
) -> None:
    warehouse = Warehouse("postgresql://nowhere", tmp_path)
    settings = warehouse.settings(keep_logs_days=90, keep_data_docs_days=30)
    logs, docs, target = tmp_path / "logs", tmp_path / "data_docs", settings.dbt_target
    recovery, earlier = logs / "recovery.jsonl", logs / "recovery.jsonl.1"
    for folder in (logs, docs / "old", docs / "young", target):
        folder.mkdir(parents=True)
    for path in (target / "dbt.log", target / "dbt.log.1", logs / "last_run.log"):
        path.write_text("x")
    recovery.write_text('{"at": "2024-01-01T00:00:00Z"}\n{"at": "2026-11-01T00:00:00Z"}\n')
    for path in (target / "dbt.log.1", target / "dbt.log", docs / "old", logs / "last_run.log"):
        age(path, days=100)
    assert delete_old_files(settings) == 2
    assert {path.name for path in (*docs.iterdir(), *target.iterdir())} == {"young", "dbt.log"}
    # Its last line is young: it is moved aside, and deleted when that line is old, too.
    assert sorted(logs.iterdir()) == [logs / "last_run.log", earlier]
    recovery.write_text('{"at": "2024-01-01T00:00:00Z"}\n')
    assert delete_old_files(settings) == 0
    assert (recovery.exists(), earlier.exists()) == (True, True)
    age(earlier, days=91)
    assert delete_old_files(settings) == 1
    assert (recovery.exists(), earlier.read_text().count("at")) == (False, 1)


def age(path: Path, days: int) -> None:
    """Make a file look as if it was written some days ago."""
    at = time.time() - timedelta(days=days).total_seconds()
    os.utime(path, (at, at))


def test_a_server_too_slow_for_a_step_gets_smaller_ones(
    years: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here each statement over more than 200 rows takes too long."""
    years.execute(
        "create function public.slowly() returns trigger language plpgsql as $$ begin "
        "if (select count(*) from gone) > 200 then perform pg_sleep(5); end if; return null; end $$"
    )
    years.execute(
        "create trigger slowly after delete on landing.insights referencing old table as gone "
        "for each statement execute function public.slowly()"
    )
    monkeypatch.setattr(pruning, "LIMITS", pruning.LIMITS.replace("'15s'", "'300ms'"))
    monkeypatch.setattr(pruning, "ROWS_AT_ONCE", 3000)
    monkeypatch.setattr(rules, "BATCHES_AT_ONCE", 2000)
    done = {each.rule.name: each for each in prune(keeping(years, keep_receipts_days=0), 600)}
    assert done["landing"].is_done
    assert done["landing"].rows > 1000
