"""Runs a job in this process for the command line, and records it in the Dagster instance."""

import logging
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import dagster as dg
import sqlalchemy.exc
from dagster import DagsterExecutionInterruptedError
from dagster_postgres.utils import DagsterPostgresException

from orchestration.defs.runs.ends import noting_end
from orchestration.defs.runs.instance import open_instance
from orchestration.defs.runs.retention import AFTER_A_RUN, delete_old_runs
from orchestration.defs.runs.storage import RecordsUnreachableError
from orchestration.errors import MetaAdsError
from orchestration.process.owner import build_owner, is_of_this_host, owner_is_dead, owner_state
from orchestration.settings import Settings

OWNER_TAG = "meta_ads/owner"
AT_MOST = timedelta(hours=6)
"""After so long a run counts as hung. If it is not, claims on windows keep two runs apart."""
RECORDS_FAIL = (
    sqlalchemy.exc.SQLAlchemyError,
    DagsterPostgresException,
    RecordsUnreachableError,
)
"""What Dagster's storage raises where it cannot read or write."""
NOT_RECORDED = (*RECORDS_FAIL, OSError, dg.DagsterInvariantViolationError)
"""What is raised where a run cannot be recorded."""
log = logging.getLogger(__name__)


def execute(
    settings: Settings, definitions: dg.Definitions, job_name: str, config: Mapping[str, Any]
) -> str:
    """Run a job of the definitions; returns the run's id.

    If the Dagster instance is locked or broken, the job runs again without being recorded: all
    work can be done twice without harm.

    Raises:
        MetaAdsError: the job failed with this error.
        KeyboardInterrupt: the run was interrupted.
    """
    job, run_id = definitions.resolve_job_def(job_name), str(uuid4())
    with noting_end(settings, job_name, run_id):
        try:
            with open_instance(settings) as instance:
                close_left_over_runs(instance)
                _execute(job, instance, run_id, config)
                with suppress(*NOT_RECORDED):
                    delete_old_runs(instance, settings, AFTER_A_RUN)
        except NOT_RECORDED as error:
            log.warning("The run could not be recorded in Dagster (%s); it goes on without", error)
            with dg.DagsterInstance.ephemeral() as instance:
                _execute(job, instance, run_id, config)
    return run_id


def _execute(
    job: dg.JobDefinition, instance: dg.DagsterInstance, run_id: str, config: Mapping[str, Any]
) -> None:
    try:
        job.execute_in_process(
            run_id=run_id,
            run_config={
                "ops": {op: {"config": dict(values)} for op, values in config.items()},
                "loggers": {"console": {"config": {"log_level": "CRITICAL"}}},
            },
            instance=instance,
            tags={OWNER_TAG: build_owner()},
        )
    except DagsterExecutionInterruptedError:
        raise KeyboardInterrupt from None
    except dg.Failure:
        # Raised by a step that did its work and found failed days, which the summary lists.
        log.exception("The run ends as failed")
    except dg.DagsterError as error:
        raise _own_error(error) from error


def _own_error(error: BaseException) -> BaseException:
    """The error of storage or of this project that Dagster wrapped; without one, Dagster's."""
    causes = [*_causes(error)]
    for kinds in (RECORDS_FAIL, (MetaAdsError, KeyboardInterrupt)):
        for cause in causes:
            if isinstance(cause, kinds):
                return cause
    return error


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def close_left_over_runs(instance: dg.DagsterInstance) -> None:
    """Close the runs of killed processes of this machine, which would stay STARTED for ever.

    Where it is not known whether the process lives, as after a restart of the machine, its run is
    closed after the longest time that a run may take.
    """
    started = dg.RunsFilter(statuses=[dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING])
    for record in instance.get_run_records(filters=started):
        run = record.dagster_run
        owner = run.tags.get(OWNER_TAG, "")
        begun = datetime.fromtimestamp(
            record.start_time or record.create_timestamp.timestamp(), UTC
        )
        is_over = is_of_this_host(owner) and datetime.now(UTC) - begun > AT_MOST
        if owner_is_dead(owner) or (owner_state(owner) == "unknown" and is_over):
            with suppress(dg.DagsterError):
                instance.report_run_failed(run, "Its process ended without reporting how.")
