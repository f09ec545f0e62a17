"""Dagster shows the days as collected of which the ledger has the data of every client."""

import json
from datetime import date
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.partition_status_cache import get_and_update_asset_status_cache_value
from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, put_day
from scenes import PRELUDE, python
from worlds import WEEK

from orchestration.defs.ingestion import marks
from orchestration.defs.ingestion.marks import Marked, mark_days
from orchestration.defs.ingestion.specs import ASSET_SPECS, INSIGHTS
from orchestration.defs.partitions import DAYS
from orchestration.defs.runs.instance import DAGSTER_YAML
from orchestration.warehouse.ledger.collected import collected_days

BEFORE_ALL_CLIENTS = "2026-10-31"


@pytest.fixture
def instance(warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch) -> dg.DagsterInstance:
    """The instance of a warehouse in which two clients have a week of data."""
    home = warehouse.home / "dagster"
    home.mkdir()
    (home / "dagster.yaml").write_text(DAGSTER_YAML, "utf-8")
    for name, value in warehouse.command_environment({"DAGSTER_HOME": str(home)}).items():
        monkeypatch.setenv(name, value)
    for client_id in ("acme", "borealis"):
        add_client(warehouse, client_id, owed_since=WEEK[-1])
        for day in WEEK:
            put_day(warehouse, client_id, day)
    return dg.DagsterInstance.get()


def mark(warehouse: Warehouse, instance: dg.DagsterInstance) -> Marked:
    with warehouse.connect() as connection:
        return mark_days(instance, collected_days(connection))


def shown(instance: dg.DagsterInstance, key: dg.AssetKey = INSIGHTS) -> set[str]:
    """The partitions that Dagster's UI shows as materialized."""
    status = get_and_update_asset_status_cache_value(instance, key, DAYS)
    assert status is not None
    return set(status.deserialize_materialized_partition_subsets(DAYS).get_partition_keys())


def test_collected_days_are_marked_and_a_day_that_is_lost_is_so_no_longer(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    first = date.fromisoformat(DAYS.get_first_partition_key() or "")
    until_now = (LATEST_DUE_DAY - first).days + 1
    assert mark(warehouse, instance) == Marked(until_now, 0, is_all=True)
    for spec in ASSET_SPECS:
        assert {str(day) for day in WEEK} <= shown(instance, spec.key)
    assert BEFORE_ALL_CLIENTS in shown(instance)
    assert max(shown(instance)) == str(LATEST_DUE_DAY)
    assert mark(warehouse, instance) == Marked(0, 0, is_all=True)

    lost = str(WEEK[2])
    warehouse.execute(
        "update ops.slice_state set state = 'none', last_attempt = 'refused' "
        "where client_id = 'acme' and date_day = %s",
        [lost],
    )
    assert mark(warehouse, instance) == Marked(0, 1, is_all=True)
    for spec in ASSET_SPECS:
        assert lost not in shown(instance, spec.key)
        assert len(shown(instance, spec.key)) == until_now - 1

    put_day(warehouse, "acme", WEEK[2])
    assert mark(warehouse, instance) == Marked(1, 0, is_all=True)
    assert lost in shown(instance)


def test_a_day_that_is_not_due_for_every_client_is_not_marked(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    # Noon in UTC is midnight there, so that yesterday is due in four hours.
    warehouse.execute("update ops.clients set timezone_name = 'Etc/GMT+12' where client_id='acme'")
    mark(warehouse, instance)
    assert max(shown(instance)) == str(WEEK[1])


def test_a_partition_of_a_run_that_was_refused_does_not_stay_materialized(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    never = "2026-11-14"
    warehouse.execute("delete from ops.slice_state where date_day = %s", [never])
    instance.report_runless_asset_event(dg.AssetMaterialization(INSIGHTS, partition=never))
    assert never in shown(instance)
    mark(warehouse, instance)
    assert never not in shown(instance)


TICKS = """
first = evaluate(sensors.mark_collected_days)
second = evaluate(sensors.mark_collected_days, first.cursor)
marked = instance.get_materialized_partitions(dg.AssetKey(["meta_ads", "insights"]))
print(json.dumps([[first.skip_message, second.skip_message], len(marked)]))
"""


def test_what_takes_too_long_is_left_to_the_next_call_and_the_latest_days_come_first(
    warehouse: Warehouse, instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "LONGEST_SECONDS", -1.0)
    assert mark(warehouse, instance) == Marked(marks.AT_ONCE, 0, is_all=False)
    assert {str(day) for day in WEEK} <= shown(instance)
    monkeypatch.undo()
    assert mark(warehouse, instance).is_all


def test_the_sensor_reads_days_only_where_something_happened_since(
    warehouse: Warehouse, instance: dg.DagsterInstance
) -> None:
    def ticks() -> Any:
        return json.loads(
            python(warehouse, f"{PRELUDE}{TICKS}", DAGSTER_HOME=home).splitlines()[-1]
        )

    home = str(warehouse.home / "dagster")
    assert ticks() == [["Nothing was ever collected."] * 2, 0]
    warehouse.execute(
        "insert into ops.receipts (client_id, level, date_day, state) "
        "values ('acme', 'campaign', %s, 'received')",
        [LATEST_DUE_DAY],
    )
    messages, marked = ticks()
    assert messages == [
        f"{marked} days were marked, and 0 are no longer.",
        "No day became due, and nothing was collected since.",
    ]
    assert marked > len(WEEK)
