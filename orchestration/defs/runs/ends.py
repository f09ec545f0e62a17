"""Notes in the ledger how runs ended.

Dagster's sensors report the runs that its daemon started; the command line notes its own.
"""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any

import dagster as dg
import psycopg

from orchestration.errors import MetaAdsError
from orchestration.settings import Settings
from orchestration.warehouse.clock import database_clock
from orchestration.warehouse.connection import connect, retry_if_broken_off
from orchestration.warehouse.ledger.recovery_file import log_named
from orchestration.warehouse.ledger.run_failures import (
    RunFailure,
    close_run_failures,
    note_run_failure,
)

REPLAY_JOB = "recover_failed"
NO_REASON = "marked as failed from outside the execution context"
"""What Dagster writes when a run was closed from outside without a reason."""
log = logging.getLogger(__name__)


class ReportAgainError(dg.DagsterError):
    """The end of a run could not be noted: Dagster has to report the run again at its next tick.

    It must be an error of Dagster: after any other error Dagster never reports the run again.
    """


@contextmanager
def noting_end(settings: Settings, job: str, run_id: str) -> Iterator[None]:
    """Note the end of a run of the command line, which Dagster does not report to its sensors."""
    began = monotonic()
    try:
        yield
    except Exception as error:
        name, reason = type(error).__name__, str(error)
        failure = RunFailure(run_id=run_id, job=job, step=None, error=name, reason=reason)
        _if_possible(
            lambda: retry_if_broken_off(settings, lambda: write_failure(settings, failure))
        )
        raise

    def note() -> None:
        with connect(settings, autocommit=True) as connection:
            # Failures of other machines are noted by the clock of the warehouse, not by this one.
            seconds = timedelta(seconds=monotonic() - began)
            close_run_failures(connection, job, database_clock(connection) - seconds)

    _if_possible(lambda: retry_if_broken_off(settings, note))


def write_failure(
    settings: Settings, failure: RunFailure, made_good_at: datetime | None = None
) -> None:
    """Note a failed run in the ledger, then in the file `logs/recovery.jsonl`."""
    with connect(settings, autocommit=True) as connection:
        if note_run_failure(connection, failure, made_good_at):
            log_named(settings, connection, "run", failure.run_id)


def write_success(settings: Settings, job: str, began: datetime) -> None:
    """Close the failures of the job's runs that ended before this one began."""
    with connect(settings, autocommit=True) as connection:
        close_run_failures(connection, job, began)


def write_or_report_again(write: Callable[[], None]) -> None:
    """Write to the ledger, or let Dagster report the run again later, so that no end is lost.

    Raises:
        ReportAgainError: the warehouse cannot be written to now.
    """
    try:
        write()
    except (MetaAdsError, psycopg.Error) as error:
        raise ReportAgainError(f"{error} Dagster reports the run again.") from error


def failure_of(context: dg.RunFailureSensorContext) -> RunFailure | None:
    """What Dagster knows of a failed run; None for a replay that ended because days still fail.

    Such a replay did its work, and those days are open in the ledger already.
    """
    run, steps = context.dagster_run, context.get_step_failure_events()
    failures = [event.step_failure_data for event in steps]
    if run.job_name == REPLAY_JOB and any(failure.user_failure_data for failure in failures):
        return None
    error = failures[0].error if failures else _error_of_run(context.failure_event)
    _, ended = began_and_ended(context)
    if error:
        name, reason = _name_and_reason(error)
    else:
        name, reason = "RunFailure", _last_message(context, ended)
    return RunFailure(
        run_id=run.run_id,
        job=run.job_name,
        step=steps[0].step_key if steps else None,
        error=name,
        reason=reason,
        failed_at=ended,
    )


def began_and_ended(context: dg.RunStatusSensorContext) -> tuple[datetime, datetime]:
    """When the run of a sensor's context began and ended."""
    record = context.instance.get_run_record_by_id(context.dagster_run.run_id)
    ended = datetime.now(UTC)
    if record is None:
        return ended, ended
    ended = datetime.fromtimestamp(record.end_time, UTC) if record.end_time else ended
    began = datetime.fromtimestamp(record.start_time, UTC) if record.start_time else ended
    return began, ended


def made_good_at(instance: dg.DagsterInstance, job: str, failed_at: datetime) -> datetime | None:
    """When a later run of the job succeeded; Dagster may report that one before the failed one."""
    succeeded = dg.RunsFilter(job_name=job, statuses=[dg.DagsterRunStatus.SUCCESS])
    for record in instance.get_run_records(succeeded, limit=1):
        if record.end_time and (record.start_time or 0) >= failed_at.timestamp():
            return datetime.fromtimestamp(record.end_time, UTC)
    return None


def _last_message(context: dg.RunFailureSensorContext, ended: datetime) -> str:
    """Why a run failed in which no step failed, such as the signal that killed its process."""
    message = context.failure_event.message or NO_REASON
    if NO_REASON not in message:
        return message
    events = context.instance.all_logs(
        context.dagster_run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT
    )
    messages = [
        event.dagster_event.message
        for event in events
        if event.dagster_event and event.timestamp <= ended.timestamp()
    ]
    return next(filter(None, reversed(messages)), message)


def _error_of_run(event: dg.DagsterEvent) -> Any:
    return getattr(event.event_specific_data, "error", None)


def _name_and_reason(error: Any) -> tuple[str, str]:
    """Class and text of the innermost error of this project, else of what Dagster wrapped."""
    errors = list(_chain(error))
    own = [each for each in errors if each.message.startswith("orchestration.")]
    raised = [each for each in errors if not each.message.startswith("dagster.")]
    chosen = own[-1] if own else raised[0] if raised else errors[0]
    name = chosen.cls_name or "Exception"
    return name, chosen.message.partition(f"{name}: ")[2] or chosen.message


def _chain(error: Any) -> Iterator[Any]:
    while error is not None:
        yield error
        error = error.cause or error.context


def _if_possible(write: Callable[[], None]) -> None:
    try:
        write()
    except (MetaAdsError, psycopg.Error) as error:
        log.warning("The end of the run could not be noted: %s", error)
