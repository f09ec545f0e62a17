"""Runs that ask Meta: whether one is under way, and when the next may be requested."""

import logging
from collections.abc import Collection, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import dagster as dg
import sqlalchemy.exc

from orchestration.collection.owed_request import OwedRequest
from orchestration.defs.runs.execute import AT_MOST, OWNER_TAG, close_left_over_runs
from orchestration.process.owner import build_owner, is_of_this_host
from orchestration.text import instant

MAIN_JOB = "daily_refresh"
"""The job that collects, builds and publishes."""
JOBS = {MAIN_JOB, "collect_only", "recover_failed"}
"""The jobs that ask Meta."""
REQUEST_TAG = "meta_ads/owed"
"""Holds the key of the work that a run was requested for; the same for each run of that work."""
TO_BEGIN = timedelta(minutes=10)
"""A run that has not begun to work after so long has lost its process."""
SHORTEST_PAUSE, LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=12)
"""Between two runs for the same work; the pause doubles each time."""

log = logging.getLogger(__name__)
UNDER_WAY = [
    dg.DagsterRunStatus.QUEUED,
    dg.DagsterRunStatus.NOT_STARTED,
    dg.DagsterRunStatus.STARTING,
    dg.DagsterRunStatus.STARTED,
]


def note_owner(context: dg.OpExecutionContext | dg.AssetExecutionContext) -> None:
    """Tag the run with the process that works on it, so that its death is noticed."""
    try:
        context.instance.add_run_tags(context.run_id, {OWNER_TAG: build_owner()})
    except sqlalchemy.exc.SQLAlchemyError as error:
        log.warning("The owner of the run could not be noted in Dagster (%s)", error)


def runs_under_way(
    instance: dg.DagsterInstance, working: Collection[str] | None = None
) -> list[dg.DagsterRun]:
    """The collecting runs that are queued or running.

    Runs whose process is dead are closed first. Whether a process of another machine is alive,
    only its claims tell: `working` are the owners of claims. Without it, such a run counts.
    """
    close_left_over_runs(instance)
    now = datetime.now(UTC)
    records = instance.get_run_records(dg.RunsFilter(statuses=UNDER_WAY))
    return [
        record.dagster_run
        for record in records
        if record.dagster_run.job_name in JOBS and _is_alive(record, now, working)
    ]


def waits_for(runs: Sequence[dg.DagsterRun]) -> dg.SkipReason:
    """Why nothing is requested while these runs are under way."""
    run = runs[0]
    return dg.SkipReason(
        f"The run {run.run_id} of {run.job_name} is {run.status.value.lower()}. What is still owed "
        "is asked for after it."
    )


def _is_alive(record: dg.RunRecord, now: datetime, working: Collection[str] | None) -> bool:
    run = record.dagster_run
    if run.status is dg.DagsterRunStatus.QUEUED:
        return True
    if record.start_time is None:
        return now - record.update_timestamp < TO_BEGIN
    age = now - datetime.fromtimestamp(record.start_time, UTC)
    owner = run.tags.get(OWNER_TAG)
    is_known = owner is not None and (working is None or owner in working or is_of_this_host(owner))
    return age < (AT_MOST if is_known else TO_BEGIN)


def requested(
    instance: dg.DagsterInstance,
    request: OwedRequest,
    job_name: str = MAIN_JOB,
    config: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
) -> dg.RunRequest | dg.SkipReason:
    """The request for a run that collects exactly this work, or why there is none yet."""
    key = _run_key(instance, request.key)
    if isinstance(key, dg.SkipReason):
        return key
    own = {"owed": request.owed, "due_only": True, **(config or {})}
    return dg.RunRequest(
        run_key=key,
        job_name=job_name,
        run_config={"ops": {"collect_insights": {"config": own}}},
        tags={
            REQUEST_TAG: request.key,
            "meta_ads/clients": str(request.clients),
            "meta_ads/client_days": str(request.days),
            **(tags or {}),
        },
    )


def requested_build(instance: dg.DagsterInstance, build: str) -> dg.RunRequest | dg.SkipReason:
    """The request for a run that builds what an earlier run collected and did not publish."""
    key = _run_key(instance, build)
    if isinstance(key, dg.SkipReason):
        return key
    return dg.RunRequest(run_key=key, job_name="build_only", tags={REQUEST_TAG: build})


def _run_key(instance: dg.DagsterInstance, work: str) -> str | dg.SkipReason:
    """The run key of the next run for some work, or why it has to wait.

    Dagster never starts two runs with the same key. If a run ended without trying its work (it was
    killed, or the warehouse could not be reached), the next one gets another key, after a pause.
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
