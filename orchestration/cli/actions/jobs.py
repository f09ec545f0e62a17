"""What `meta-ads run`, `collect`, `build` and `recover` do: run one Dagster job, then summarize it.

The job runs in this process. Its progress goes to stderr, its log to a file, its summary to stdout.
"""

import logging
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any

from orchestration import progress
from orchestration.alerting.destinations.secrets import hider
from orchestration.cli.actions.ranges import check_range
from orchestration.cli.demo import Demo
from orchestration.cli.exit_codes import DONE, UNFINISHED
from orchestration.cli.options import DayRange
from orchestration.cli.output.console import say_error
from orchestration.cli.output.documents import print_document
from orchestration.cli.output.summary import Summary, print_summary, summary_document
from orchestration.cli.output.watcher import Watcher
from orchestration.cli.session import Session, open_session
from orchestration.collection.left_out import LeftOut
from orchestration.collection.nothing_owed import is_nothing_owed
from orchestration.defs.runs.instance import ensure_dagster_home
from orchestration.errors import MetaAdsError
from orchestration.process.logs import FORMAT_WITH_NAME, log_to
from orchestration.quality.suite_process import start_suite_process
from orchestration.settings import Settings
from orchestration.transformation.project import project_digest
from orchestration.transformation.ready_dbt import start_dbt
from orchestration.warehouse.clock import database_clock
from orchestration.warehouse.connection import connect, retry_if_broken_off
from orchestration.warehouse.intake.batches import open_failures
from orchestration.warehouse.ledger.run_failures import close_run_failures
from orchestration.warehouse.ledger.summary import client_months, has_marts, ledger, troubles
from orchestration.warehouse.publications.builds import is_build_due

COLLECTING_STEPS = {
    "daily_refresh": "collect_insights",
    "collect_only": "collect_insights",
    "recover_failed": "replay_failed_collections",
}
"""The step of each job that asks Meta."""
JOBS_OF_RANGES = {"daily_refresh", "collect_only"}
"""Jobs that ask for every day of a range; the others choose failed days of it."""
JOBS_WITHOUT_BUILD = {"collect_only", "recover_failed"}
SERIOUS = {
    "failed",
    "refused",
    "left out",
    "gap",
    "account",
    "doubtful",
    "no delivery yet",
    "no conversions yet",
}
"""Kinds of trouble that make a run unfinished. A suspected gap only warns: it may be true zero."""


@dataclass(frozen=True, kw_only=True)
class JobRequest:
    """A job, what it is to collect or build, and how its result is shown.

    `document` is added to what --json prints.
    """

    job: str
    days: DayRange | None = None
    only: Sequence[str] = ()
    build: Mapping[str, bool] = field(default_factory=dict)
    as_json: bool = False
    debug: bool = False
    demo: Demo = Demo.NO
    document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def builds(self) -> bool:
        """Whether the job builds and publishes marts."""
        return self.job not in JOBS_WITHOUT_BUILD

    def config(self) -> dict[str, dict[str, Any]]:
        """The configuration of the job's steps, as Dagster takes it."""
        steps: dict[str, dict[str, Any]] = {}
        if step := COLLECTING_STEPS.get(self.job):
            steps[step] = {"clients": list(self.only)}
            if self.days is not None:
                since, until = self.days
                steps[step] |= {"since": str(since), "until": str(until) if until else None}
        if self.build:
            steps["build_marts"] = dict(self.build)
        return steps


@dataclass(frozen=True, kw_only=True)
class DueWork:
    """Whether a job will collect days, and build."""

    collects: bool
    builds: bool

    @property
    def is_any(self) -> bool:
        """Whether there is anything to do."""
        return self.collects or self.builds


def run_job(request: JobRequest) -> int:
    """Run a job and print its summary; returns the exit code.

    Raises:
        UsageError: a setting, a file or a client is wrong.
        UnreachableError: the warehouse or Meta cannot be reached.
        MetaAdsError: the job failed.
    """
    began = monotonic()
    watcher = Watcher(quiet=request.as_json)
    progress.watch(watcher)
    watcher.stage("Starting", None)
    with watcher, open_session(request.demo) as session:
        session.chosen(request.only)
        left_out: list[LeftOut] = []
        if request.days is not None and request.job in JOBS_OF_RANGES:
            left_out = check_range(session, request.days, request.only)
        work = _due_work(session, request)
        if work.is_any:
            ensure_dagster_home(session.settings)
        run_id = _execute(session.settings, request, work) if work.is_any else ""
        watcher.end()
        summary = _summary(session, request, run_id)
        seconds = watcher.seconds | {"Total": monotonic() - began}
        log_file = _log_file(session.settings) if work.is_any else None
        _print(summary, request, log_file, seconds, left_out)
    is_unfinished = any(trouble.kind in SERIOUS for trouble in summary.troubles)
    return UNFINISHED if is_unfinished else DONE


def _due_work(session: Session, request: JobRequest) -> DueWork:
    """What the job will have to do. Where that is nothing, no run of Dagster is started."""
    all_of_it = DueWork(collects=request.job in COLLECTING_STEPS, builds=request.builds)
    recovers = request.job == "recover_failed"
    if not recovers and (request.job != "daily_refresh" or request.days is not None):
        return all_of_it
    settings = session.settings

    def check() -> DueWork:
        with connect(settings, autocommit=True) as connection:
            began = database_clock(connection)
            if recovers:
                chosen = session.chosen(request.only)
                is_open = bool(open_failures(connection, chosen, *(request.days or ())))
                work = DueWork(collects=is_open, builds=False)
            elif is_nothing_owed(settings, connection, session.clients, request.only):
                work = DueWork(collects=False, builds=is_build_due(connection, project_digest()))
            else:
                return all_of_it
            if not work.is_any:
                close_run_failures(connection, request.job, began)
            return work

    try:
        return retry_if_broken_off(settings, check)
    except MetaAdsError:
        # The run meets it, too, and notes it in the ledger.
        return all_of_it


def _execute(settings: Settings, request: JobRequest, work: DueWork) -> str:
    """Run the job; returns the id of the run."""
    with _logging(settings, debug=request.debug):
        # They load beside Dagster, each in a process of its own.
        if work.collects:
            start_suite_process()
        # Days of a range may have been read before: dbt starts when the first one has changed.
        if work.builds and not (work.collects and request.days):
            start_dbt(settings)
        # Loading Dagster takes seconds, which a wrong option must not cost.
        from orchestration.definitions import defs
        from orchestration.defs.runs.execute import execute

        return execute(settings, defs, request.job, request.config())


@contextmanager
def _logging(settings: Settings, *, debug: bool) -> Iterator[None]:
    """Log to a file, with --debug to stderr. What dbt prints on stdout always goes to the file."""
    path = _log_file(settings)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8") as file, redirect_stdout(file):
        log_to(sys.stderr if debug else file, logging.INFO, FORMAT_WITH_NAME, hider())
        # Only the project's own lines: urllib3 would log addresses with their query.
        logging.getLogger("orchestration").setLevel(logging.DEBUG if debug else logging.INFO)
        yield


def _log_file(settings: Settings) -> Path:
    return settings.home / "logs" / "last_run.log"


def _summary(session: Session, request: JobRequest, run_id: str) -> Summary:
    client_ids = session.chosen(request.only)
    since, until = request.days or (None, None)

    def read() -> Summary:
        with connect(session.settings) as connection:
            there = has_marts(connection)
            months = client_months(connection, since, until, client_ids) if there else []
            return Summary(
                months, troubles(connection, client_ids, run_id), ledger(connection, run_id)
            )

    return retry_if_broken_off(session.settings, read)


def _print(
    summary: Summary,
    request: JobRequest,
    log_file: Path | None,
    seconds: Mapping[str, float],
    left_out: Sequence[LeftOut],
) -> None:
    if request.as_json:
        document = summary_document(summary, seconds) | {"left_out_of_range": left_out}
        print_document(document | dict(request.document))
        return
    if request.builds:
        # Few columns: a row of all is wider than any terminal.
        query = "select client_id, month, spend, roas from marts.monthly_client_summary"
        next_step = f'Next: meta-ads sql "{query}", meta-ads up for the dashboard and Dagster.'
    elif log_file is None:
        next_step = (
            "No failed collection is open, so nothing was asked for. meta-ads recover --list names "
            "all else that failed."
        )
    else:
        next_step = "Next: meta-ads build publishes what was collected."
    if log_file is not None:
        next_step += f" Log: {log_file}"
    print_summary(summary, next_step, has_built=request.builds)
    parts = ", ".join(f"{title.lower()} {value:.1f} s" for title, value in seconds.items())
    say_error(f"Time: {parts}.")
