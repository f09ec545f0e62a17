"""How runs end, for the ledger: told by Dagster of what its daemon started, else by the process."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import dagster as dg
import psycopg

from orchestration.errors import MetaAdsError
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect, retry_if_broken_off
from orchestration.warehouse.ledger.recovery_file import log_named
from orchestration.warehouse.ledger.run_failures import (
    RunFailure,
    close_run_failures,
    note_run_failure,
)

RECOVERING = "recover_failed"
NO_REASON = "marked as failed from outside the execution context"
"""What Dagster writes where whoever closed the run gave no reason."""
log = logging.getLogger(__name__)


class TellAgainError(dg.DagsterError):
    """Dagster is to tell of the run again at the next tick.

    After any error that is not its own it takes the run for told and never shows it again.
    """


@contextmanager
def end_is_noted(settings: Settings, job: str, run_id: str) -> Iterator[None]:
    """The end of a run of the command line, which Dagster's sensors are not told of."""
    began = datetime.now(UTC)
    try:
        yield
    except Exception as error:
        now = datetime.now(UTC)
        failure = RunFailure(
            run_id=run_id,
            job=job,
            step=None,
            error=type(error).__name__,
            reason=str(error),
            failed_at=now,
        )
        _if_possible(
            lambda: retry_if_broken_off(settings, lambda: write_failure(settings, failure))
        )
        raise
    _if_possible(lambda: retry_if_broken_off(settings, lambda: write_success(settings, job, began)))


def write_failure(
    settings: Settings, failure: RunFailure, made_good_at: datetime | None = None
) -> None:
    """Keep a failed run in the ledger, then in the file of what finally failed."""
    with connect(settings, autocommit=True) as connection:
        if note_run_failure(connection, failure, made_good_at):
            log_named(settings, connection, "run", failure.run_id)


def write_success(settings: Settings, job: str, began: datetime) -> None:
    """What the job's runs failed with before this one began is made good."""
    with connect(settings, autocommit=True) as connection:
        close_run_failures(connection, job, began)


def write_or_tell_again(write: Callable[[], None]) -> None:
    """Do it, or have Dagster tell of the run again: no end of a run is lost with the warehouse.

    Raises:
        TellAgainError: the warehouse does not take it now.
    """
    try:
        write()
    except (MetaAdsError, psycopg.Error) as error:
        raise TellAgainError(f"{error} The run is told of again.") from error


def failure_of(context: dg.RunFailureSensorContext) -> RunFailure | None:
    """What Dagster knows of a failed run; None for a replay that says what is still failing.

    Such a replay did its work, and what is open stands in the ledger.
    """
    run, steps = context.dagster_run, context.get_step_failure_events()
    told = [event.step_failure_data for event in steps]
    if run.job_name == RECOVERING and any(one.user_failure_data for one in told):
        return None
    error = told[0].error if told else _error_of_run(context.failure_event)
    ended = began_and_ended(context)[1]
    name, reason = _name_and_reason(error) if error else ("RunFailure", _last_words(context, ended))
    step = steps[0].step_key if steps else None
    return RunFailure(
        run_id=run.run_id,
        job=run.job_name,
        step=step,
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


def made_good_at(instance: dg.DagsterInstance, failure: RunFailure) -> datetime | None:
    """When a later run of the job ended well: that may have been told of before this one."""
    succeeded = dg.RunsFilter(job_name=failure.job, statuses=[dg.DagsterRunStatus.SUCCESS])
    for record in instance.get_run_records(succeeded, limit=1):
        if record.end_time and (record.start_time or 0) >= failure.failed_at.timestamp():
            return datetime.fromtimestamp(record.end_time, UTC)
    return None


def _last_words(context: dg.RunFailureSensorContext, ended: datetime) -> str:
    """What was said of a run that no step failed in, such as by which signal it was killed."""
    told = context.failure_event.message or NO_REASON
    if NO_REASON not in told:
        return told
    events = context.instance.all_logs(
        context.dagster_run.run_id, of_type=dg.DagsterEventType.ENGINE_EVENT
    )
    words = [
        event.dagster_event.message
        for event in events
        if event.dagster_event and event.timestamp <= ended.timestamp()
    ]
    return next(filter(None, reversed(words)), told)


def _error_of_run(event: dg.DagsterEvent) -> Any:
    return getattr(event.event_specific_data, "error", None)


def _name_and_reason(error: Any) -> tuple[str, str]:
    """The innermost of our own errors, else the one that Dagster wrapped."""
    chain = list(_chain(error))
    ours = [one for one in chain if one.message.startswith("orchestration.")]
    raised = [one for one in chain if not one.message.startswith("dagster.")]
    chosen = ours[-1] if ours else raised[0] if raised else chain[0]
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
