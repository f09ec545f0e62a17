"""Runs that ask Meta: whether one is under way, and when the same work may be asked for again."""

import logging
from datetime import UTC, datetime, timedelta

import dagster as dg
import sqlalchemy.exc

from orchestration.collection.owed_request import OwedRequest
from orchestration.defs.runs.execute import AT_MOST, OWNER_TAG, close_left_over_runs
from orchestration.process.owner import build_owner
from orchestration.text import instant

JOBS = {"daily_refresh", "collect_only", "recover_failed"}
"""The jobs that ask Meta."""
REQUEST_TAG = "meta_ads/owed"
"""The key of the request that a run was launched for, the same for each of its runs."""
TO_BEGIN = timedelta(minutes=10)
"""A run that was launched and has not begun to work by then has lost its process."""
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=12)

log = logging.getLogger(__name__)
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def note_owner(context: dg.OpExecutionContext | dg.AssetExecutionContext) -> None:
    """Write to the run which process works on it, so that its death is noticed."""
    try:
        context.instance.add_run_tags(context.run_id, {OWNER_TAG: build_owner()})
    except sqlalchemy.exc.SQLAlchemyError as error:
        log.warning("The owner of the run could not be noted in Dagster (%s)", error)


def run_under_way(instance: dg.DagsterInstance) -> str | None:
    """A run that collects and is queued or at work, in a sentence; runs of the dead are closed."""
    close_left_over_runs(instance)
    now = datetime.now(UTC)
    for record in instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY)):
        run = record.dagster_run
        if run.job_name in JOBS and _is_alive(record, now):
            return f"The run {run.run_id} of {run.job_name} is {run.status.value.lower()}."
    return None


def _is_alive(record: dg.RunRecord, now: datetime) -> bool:
    run = record.dagster_run
    if run.status is dg.DagsterRunStatus.QUEUED:
        return True
    if record.start_time is None:
        return now - record.update_timestamp < TO_BEGIN
    age = now - datetime.fromtimestamp(record.start_time, UTC)
    return age < (AT_MOST if OWNER_TAG in run.tags else TO_BEGIN)


def requested(instance: dg.DagsterInstance, request: OwedRequest) -> dg.RunRequest | dg.SkipReason:
    """The run that asks for exactly this work."""
    key = _run_key(instance, request.key)
    if isinstance(key, dg.SkipReason):
        return key
    return dg.RunRequest(
        run_key=key,
        job_name="daily_refresh",
        run_config={
            "ops": {"collect_insights": {"config": {"owed": request.owed, "due_only": True}}}
        },
        tags={
            REQUEST_TAG: request.key,
            "meta_ads/clients": str(request.clients),
            "meta_ads/client_days": str(request.days),
        },
    )


def requested_build(instance: dg.DagsterInstance, build: str) -> dg.RunRequest | dg.SkipReason:
    """The run that builds and publishes what an earlier one left undone."""
    key = _run_key(instance, build)
    if isinstance(key, dg.SkipReason):
        return key
    return dg.RunRequest(run_key=key, job_name="build_only", tags={REQUEST_TAG: build})


def _run_key(instance: dg.DagsterInstance, work: str) -> str | dg.SkipReason:
    """The key of the next run for some work.

    Dagster never launches a run key twice. A run that ended without having tried its work (killed,
    or the warehouse was away) is followed by one with another key, after growing pauses.
    """
    earlier = instance.get_run_records(dg.RunsFilter(tags={REQUEST_TAG: work}))
    if earlier:
        ended = max(record.end_time or record.create_timestamp.timestamp() for record in earlier)
        pause = min(SHORTEST_PAUSE * 2 ** min(len(earlier) - 1, 10), LONGEST_PAUSE)
        again = datetime.fromtimestamp(ended, UTC) + pause
        if datetime.now(UTC) < again:
            return dg.SkipReason(
                f"The run {earlier[0].dagster_run.run_id} ended without having tried what is due; "
                f"the next one begins after {instant(again)}."
            )
    return f"{work}-{len(earlier) + 1}" if earlier else work
