"""Dagster keeps its records in the warehouse, for as long as the settings say."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.remote_origin import RegisteredCodeLocationOrigin, RemoteRepositoryOrigin
from dagster._core.scheduler.instigation import InstigatorState, InstigatorStatus
from databases import Warehouse
from scenes import told

from orchestration.defs.runs.instance import DAGSTER_YAML, EARLIER
from orchestration.defs.runs.retention import delete_old_check_results, delete_old_runs

RUNS = "select count(*) from dagster_records.runs"
EVENTS = "select count(*) from dagster_records.event_logs"
OPEN_STORAGE = "from orchestration.defs.runs.storage import WarehouseStorage as S; S()"


@dg.asset(check_specs=[dg.AssetCheckSpec("is_there", asset="thing")])
def thing() -> dg.MaterializeResult:  # type: ignore[type-arg]
    return dg.MaterializeResult(check_results=[dg.AssetCheckResult(passed=True)])


@pytest.fixture
def instance(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """The instance of the warehouse, as `dagster.yaml` describes it."""
    home = warehouse.home / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(DAGSTER_YAML, "utf-8")
    for name, value in warehouse.command_environment({"DAGSTER_HOME": str(home)}).items():
        monkeypatch.setenv(name, value)
    return dg.DagsterInstance.get()


def test_old_runs_go_with_their_events_and_the_latest_result_of_each_check_stays(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    job = dg.Definitions(assets=[thing]).resolve_implicit_global_asset_job_def()
    runs = [job.execute_in_process(instance=instance).run_id for _ in range(3)]
    settings = warehouse.settings(dagster_days=7)
    assert delete_old_runs(instance, settings, 10) == 0
    assert delete_old_check_results(settings) == 0
    for table in ("runs", "asset_check_executions"):
        warehouse.execute(
            f"update dagster_records.{table} set create_timestamp = %s where run_id <> %s",
            [datetime.now(UTC).replace(tzinfo=None) - timedelta(days=8), runs[2]],
        )
    assert delete_old_runs(instance, settings, 1) == 1
    assert delete_old_runs(instance, settings, 10) == 1
    assert delete_old_check_results(settings) == 2
    assert [run.run_id for run in instance.get_runs()] == [runs[2]]
    assert {r for (r,) in warehouse.rows("select run_id from dagster_records.event_logs")} == {
        runs[2]
    }
    results = "select run_id from dagster_records.asset_check_executions"
    assert warehouse.rows(results) == [(runs[2],)]


def test_the_sensor_deletes_old_records_of_the_ledger_and_old_pages_too(
    warehouse: Warehouse,
) -> None:
    warehouse.execute(
        "insert into ops.run_failures (run_id, job, error, reason, closed_at) "
        "values ('old', 'j', 'E', 'r', '2024-01-01'), ('open', 'j', 'E', 'r', null)"
    )
    pages = warehouse.home / "data_docs" / "20240101-run"
    pages.mkdir(parents=True)
    os.utime(pages, (0, 0))
    scene = "told['skip'] = evaluate(sensors.delete_old_records).skip_message"
    text = told(warehouse, scene)["skip"]
    assert text.endswith("Old records: 1 rows of ops.run_failures; 1 files.")
    assert warehouse.rows("select run_id from ops.run_failures") == [("open",)]
    assert not pages.exists()


def test_a_run_that_goes_on_is_kept_however_old_it_is(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    job = dg.Definitions(assets=[thing]).resolve_implicit_global_asset_job_def()
    instance.create_run_for_job(job, status=dg.DagsterRunStatus.STARTED)
    warehouse.execute("update dagster_records.runs set create_timestamp = '2020-01-01'")
    assert delete_old_runs(instance, warehouse.settings(dagster_days=1), 10) == 0


def test_a_sensor_that_was_stored_by_half_is_completed_when_it_is_stored_again(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    location = RegisteredCodeLocationOrigin("orchestration")
    origin = RemoteRepositoryOrigin(location, "__repository__").get_instigator_origin("a_sensor")
    state = InstigatorState(origin, InstigatorType.SENSOR, InstigatorStatus.RUNNING)
    instance.add_instigator_state(state)
    # Dagster writes two rows, each for itself: an outage or a kill may come between them.
    warehouse.execute("delete from dagster_records.instigators")
    assert list(instance.all_instigator_state()) == []
    instance.add_instigator_state(state)
    assert list(instance.all_instigator_state()) == [state]
    with pytest.raises(dg.DagsterInvariantViolationError, match="already present"):
        instance.add_instigator_state(state)


def test_processes_that_start_at_once_make_the_tables_once(warehouse: Warehouse) -> None:
    warehouse.execute("drop schema dagster_records cascade; create schema dagster_records")
    environment = warehouse.command_environment({})
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_STORAGE], env=environment, stderr=subprocess.PIPE
        )
        for _ in range(3)
    ]
    said = [process.communicate(timeout=120)[1] for process in processes]
    assert [process.returncode for process in processes] == [0, 0, 0], said
    assert warehouse.value(RUNS) == 0
    assert warehouse.value("select count(*) from dagster_records.alembic_version") == 1


@pytest.mark.parametrize("release", range(len(EARLIER)))
def test_a_file_of_an_earlier_release_is_replaced_and_says_where_earlier_runs_are(
    demo: Warehouse, release: int
) -> None:
    config = demo.home / "dagster" / "dagster.yaml"
    config.parent.mkdir()
    config.write_text(yaml.safe_dump(dict(EARLIER[release])) + "# A comment.\n", "utf-8")
    done = collect(demo)
    assert f"Its earlier runs stay in {demo.home}/dagster/history" in done
    assert config.read_text("utf-8") == DAGSTER_YAML
    assert (demo.value(RUNS), demo.value(EVENTS) > 10) == (1, True)
    assert "earlier runs" not in collect(demo)


@pytest.mark.parametrize("where", ["DAGSTER_HOME", "changed"])
def test_an_instance_that_a_person_set_up_is_respected(
    demo: Warehouse, tmp_path: Path, where: str
) -> None:
    own = tmp_path / "own" if where == "DAGSTER_HOME" else demo.home / "dagster"
    own.mkdir()
    config = "telemetry:\n  enabled: false\nsensors:\n  use_threads: false\n"
    (own / "dagster.yaml").write_text(config, "utf-8")
    collect(demo, **({"DAGSTER_HOME": str(own)} if where == "DAGSTER_HOME" else {}))
    assert (own / "dagster.yaml").read_text("utf-8") == config
    assert len([*(own / "history" / "runs").glob("*-*.db")]) == 1
    assert demo.value(RUNS) == 0


def test_a_run_goes_on_where_it_cannot_be_recorded(demo: Warehouse) -> None:
    demo.execute("alter schema dagster_records rename to elsewhere")
    collect(demo)
    assert "could not be recorded in Dagster" in (demo.home / "logs" / "last_run.log").read_text()
    assert demo.value("select count(*) from ops.slice_state where state = 'received'") > 0


def test_a_parameter_that_an_older_libpq_does_not_know_is_left_out(demo: Warehouse) -> None:
    demo.environment["WAREHOUSE_URL"] = f"{demo.url}?max_protocol_version=3.0"
    collect(demo)
    assert demo.value(RUNS) == 1


def collect(demo: Warehouse, **environment: str) -> str:
    """What the collection of one day of a client says."""
    done = demo.run(
        "collect", "--client", "acme-outdoor", "--since", "2026-11-12", "--until", "2026-11-12",
        **environment,
    )  # fmt: skip
    # Other days are owed still.
    assert done.returncode == 1, done.stderr
    return str(done.stderr)
