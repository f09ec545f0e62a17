"""Shows in Dagster which days are collected: marks partitions as the ledger says.

A run that collects what is owed names no partition, so that Dagster alone would show its days as
missing; and a partition of a run stays materialized, though a day of it was refused or discarded.
"""

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

import dagster as dg
from dagster._core.events import DagsterEvent, DagsterEventType, StepMaterializationData
from dagster._core.instance.utils import RUNLESS_JOB_NAME, RUNLESS_RUN_ID

from orchestration.defs.ingestion.specs import ASSET_SPECS
from orchestration.defs.partitions import DAYS
from orchestration.warehouse.ledger.collected import CollectedDays

AT_ONCE = 100
"""So many marks are written by one statement, where the storage can."""
LONGEST_SECONDS = 20.0
"""A tick of a sensor has 60 s. In SQLite, which a person may have set up, a mark takes 20 ms."""
DESCRIPTION = "No client lacks data of this day, says the ledger. Marked without a run."


@dataclass(frozen=True)
class Marked:
    """How many days were marked, how many are no longer, and whether that is all."""

    marked: int
    unmarked: int
    is_all: bool


def mark_days(instance: dg.DagsterInstance, days: CollectedDays) -> Marked:
    """Mark the partitions of collected days as materialized, and take other marks away.

    The latest days come first. What takes too long is left to the next call.
    """
    collected = {key for key in DAYS.get_partition_keys() if date.fromisoformat(key) in days}
    unmarked, missing = set[str](), dict[dg.AssetKey, set[str]]()
    for spec in ASSET_SPECS:
        present = instance.get_materialized_partitions(spec.key)
        missing[spec.key] = collected - present
        # Storage that a person set up, such as SQLite, cannot take marks away.
        with suppress(NotImplementedError):
            if present - collected:
                instance.wipe_asset_partitions(spec.key, sorted(present - collected))
                unmarked |= present - collected
    keys = sorted(set().union(*missing.values()), reverse=True)
    deadline = time.monotonic() + LONGEST_SECONDS
    for start in range(0, len(keys), AT_ONCE):
        if start and time.monotonic() > deadline:
            return Marked(start, len(unmarked), is_all=False)
        for asset_key, days_of_asset in missing.items():
            wanted = [key for key in keys[start : start + AT_ONCE] if key in days_of_asset]
            instance.event_log_storage.store_event_batch([_mark(asset_key, key) for key in wanted])
    return Marked(len(keys), len(unmarked), is_all=True)


def _mark(key: dg.AssetKey, partition: str) -> dg.EventLogEntry:
    """As `DagsterInstance.report_runless_asset_event` writes it, one statement for each."""
    mark = dg.AssetMaterialization(key, description=DESCRIPTION, partition=partition)
    kind = DagsterEventType.ASSET_MATERIALIZATION.value
    event = DagsterEvent(
        event_type_value=kind,
        event_specific_data=StepMaterializationData(mark, []),
        job_name=RUNLESS_JOB_NAME,
    )
    return dg.EventLogEntry(  # type: ignore[no-untyped-call]
        user_message="",
        level=20,
        job_name=RUNLESS_JOB_NAME,
        run_id=RUNLESS_RUN_ID,
        error_info=None,
        timestamp=time.time(),
        dagster_event=event,
    )
