"""Deletes old records of Dagster, so that they do not grow for ever.

Dagster deletes old ticks itself, as `dagster.yaml` says, but never a run. A run that builds writes
some 200 events of 2 KB.
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]
AFTER_A_RUN = 5
"""So many runs are deleted after a run of the command line, which should not be held up."""
AT_A_TICK = 200
"""So many runs are deleted by a tick of the sensor, in a few seconds."""
DELETE_CHECKS = """
delete from dagster_records.asset_check_executions as old
where old.create_timestamp < %s and exists (
    select from dagster_records.asset_check_executions as newer
    where newer.asset_key = old.asset_key and newer.check_name = old.check_name
        and newer.id > old.id
)
"""
"""The latest result of each asset check stays, however old it is."""


def delete_old_runs(instance: dg.DagsterInstance, settings: Settings, at_most: int) -> int:
    """Delete the oldest runs that ended before the time that records are kept, with their events.

    Returns how many runs were deleted.
    """
    filters = dg.RunsFilter(statuses=ENDED, created_before=_oldest(settings))
    records = instance.get_run_records(filters, limit=at_most, ascending=True)
    for record in records:
        instance.delete_run(record.dagster_run.run_id)
    return len(records)


def delete_old_check_results(settings: Settings) -> int:
    """Delete results of asset checks of the same age, but the latest of each check.

    Returns how many were deleted.
    """
    with connect(settings) as connection:
        exists = "select to_regclass('dagster_records.asset_check_executions') is not null"
        row = connection.execute(exists).fetchone()
        if not row or not row[0]:
            return 0
        # Dagster's times are in UTC and without a zone.
        oldest = _oldest(settings).replace(tzinfo=None)
        return connection.execute(DELETE_CHECKS, [oldest]).rowcount


def _oldest(settings: Settings) -> datetime:
    return datetime.now(UTC) - timedelta(days=settings.dagster_days)
