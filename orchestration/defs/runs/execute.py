"""Run a job in this process and record it in the Dagster instance, for the command line."""

import logging
import os
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import dagster as dg
import sqlalchemy.exc
from dagster import DagsterExecutionInterruptedError

from orchestration.defs.runs.ends import end_is_noted
from orchestration.errors import MetaAdsError
from orchestration.process.owner import build_owner, is_of_this_host, owner_is_dead, owner_state
from orchestration.settings import Settings

OWNER_TAG = "meta_ads/owner"
AT_MOST = timedelta(hours=6)
"""Then a run is taken for hung; if it is not, claims keep two collections apart."""
DAGSTER_YAML = """\
telemetry:
  enabled: false
nux:
  enabled: false
# A destination that is slow to answer must not hold back the other sensors.
sensors:
  use_threads: true
  num_workers: 4
"""
# A run in the foreground shows its own output: capturing it would start two processes per step,
# which answer Ctrl-C with tracebacks.
COMMAND_LINE_YAML = (
    DAGSTER_YAML
    + """\
compute_logs:
  module: dagster._core.storage.noop_compute_log_manager
  class: NoOpComputeLogManager
"""
)
log = logging.getLogger(__name__)


def execute(
    settings: Settings, definitions: dg.Definitions, job_name: str, config: Mapping[str, Any]
) -> str:
    """Run a job of the definitions; returns the run's id.

    Recording may fail (a locked or broken instance) without failing the work, which then runs
    unrecorded: all of it may be done twice without harm.

    Raises:
        MetaAdsError: as the layers raised it.
        KeyboardInterrupt: the run was interrupted.
    """
    job, run_id = definitions.resolve_job_def(job_name), str(uuid4())
    with end_is_noted(settings, job_name, run_id):
        try:
            with _instance(settings) as instance:
                close_left_over_runs(instance)
                _execute(job, instance, run_id, config)
        except (
            sqlalchemy.exc.SQLAlchemyError,
            OSError,
            dg.DagsterInvariantViolationError,
        ) as error:
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
        # A step that says so itself: what is not as it should be stands in the summary.
        log.exception("The run ends as failed")
    except dg.DagsterError as error:
        raise _own_error(error) from error


def _own_error(error: BaseException) -> BaseException:
    """The error of our own layers that Dagster wrapped, if there is one."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, MetaAdsError | KeyboardInterrupt):
            return cause
        cause = cause.__cause__ or cause.__context__
    return error


def _instance(settings: Settings) -> dg.DagsterInstance:
    """The instance at DAGSTER_HOME, or one of the project's own."""
    home = ensure_dagster_home(settings)
    if home != settings.dagster_home:
        return dg.DagsterInstance.get()
    (home / "command_line.yaml").write_text(COMMAND_LINE_YAML, "utf-8")
    return dg.DagsterInstance.from_config(str(home), "command_line.yaml")


def ensure_dagster_home(settings: Settings) -> Path:
    """Make and name the project's own instance where DAGSTER_HOME names none."""
    home = Path(os.environ.setdefault("DAGSTER_HOME", str(settings.dagster_home)))
    if home == settings.dagster_home:
        home.mkdir(parents=True, exist_ok=True)
        config = home / "dagster.yaml"
        if not config.exists():
            config.write_text(DAGSTER_YAML, "utf-8")
    return home


def close_left_over_runs(instance: dg.DagsterInstance) -> None:
    """Runs whose process on this machine was killed would stay STARTED for ever.

    Where that cannot be known, as after a restart of the machine, they end at their longest time.
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
                instance.report_run_failed(run, "Its process ended without a word.")
