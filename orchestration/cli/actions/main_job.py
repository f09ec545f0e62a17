"""A job from the command line: demo or not, logs, progress, the run itself, the summary."""

import logging
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from datetime import date
from time import monotonic
from typing import Any

from orchestration import progress
from orchestration.alerting.destinations.secrets import hider
from orchestration.cli.output.console import say_error
from orchestration.cli.output.summary import json_summary, print_summary
from orchestration.cli.output.watcher import Watcher
from orchestration.cli.session import Session, open_session
from orchestration.process.logs import FORMAT_WITH_NAME, log_to
from orchestration.warehouse.connection import connect, retry_if_broken_off
from orchestration.warehouse.ledger.summary import (
    ClientMonth,
    Ledger,
    Trouble,
    client_months,
    has_marts,
    ledger,
    troubles,
)

HEALTHY, UNFINISHED = 0, 1
OPS = {
    "daily_refresh": "collect_insights",
    "collect_only": "collect_insights",
    "recover_failed": "replay_failed_collections",
}
"""The step of each job that asks Meta."""
COLLECTING = {"collect_only", "recover_failed"}
"""Jobs that do not build."""
SERIOUS = {"failed", "refused", "left out", "gap", "account", "doubtful"}
SERIOUS |= {"no delivery yet", "no conversions yet"}
"""A suspected gap is a warning: it stands as zero and may be true."""


def run_job(
    job: str,
    days: tuple[date, date | None] | None,
    only: Sequence[str],
    config: dict[str, Any],
    *,
    as_json: bool,
    debug: bool,
) -> int:
    """Run a job of the definitions to its summary; returns the exit code."""
    began = monotonic()
    watcher = Watcher(quiet=as_json)
    progress.watch(watcher)
    watcher.stage("Starting", None)
    with open_session() as session:
        for client_id in only:
            session.client(client_id)
        if session.is_demo and not as_json:
            say_error(
                "No META_ACCESS_TOKEN and no clients.yml: using the sandbox, with 16 demo clients."
            )
        with _logging(session, debug):
            # Imports Dagster: seconds that a wrong option need not cost.
            from orchestration.definitions import defs
            from orchestration.defs.runs.execute import execute

            wanted = _collect_config(job, days, only) | config
            run_id = execute(session.settings, defs, job, wanted)
        watcher.end()
        return _summarize(session, job, run_id, days, only, watcher, as_json, began)


def _collect_config(
    job: str, days: tuple[date, date | None] | None, only: Sequence[str]
) -> dict[str, Any]:
    if job not in OPS:
        return {}
    config: dict[str, Any] = {"clients": list(only)}
    if days is not None:
        config["since"] = days[0].isoformat()
        config["until"] = days[1].isoformat() if days[1] else None
    return {OPS[job]: config}


@contextmanager
def _logging(session: Session, debug: bool) -> Iterator[None]:
    """Logs of the layers to stderr with --debug, else to a file; dbt's own lines go to the file."""
    folder = session.settings.home / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "last_run.log").open("w", encoding="utf-8") as file, redirect_stdout(file):
        log_to(sys.stderr if debug else file, logging.INFO, FORMAT_WITH_NAME, hider())
        # Only our own lines: urllib3 would log addresses with their query.
        logging.getLogger("orchestration").setLevel(logging.DEBUG if debug else logging.INFO)
        yield


def _summarize(
    session: Session,
    job: str,
    run_id: str,
    days: tuple[date, date | None] | None,
    only: Sequence[str],
    watcher: Watcher,
    as_json: bool,
    began: float,
) -> int:
    shown = list(only) or [client.client_id for client in session.clients]

    def read() -> tuple[list[ClientMonth], list[Trouble], Ledger]:
        with connect(session.settings) as connection:
            built = has_marts(connection)
            months = client_months(connection, days[0] if days else None, shown) if built else []
            return months, troubles(connection, shown, run_id), ledger(connection, run_id)

    months, found, figures = retry_if_broken_off(session.settings, read)
    seconds = watcher.seconds | {"Total": monotonic() - began}
    if as_json:
        sys.stdout.write(json_summary(months, found, figures, seconds) + "\n")
    else:
        has_built = job not in COLLECTING
        print_summary(months, found, figures, _where_next(session, job), has_built=has_built)
        split = ", ".join(f"{title.lower()} {value:.1f} s" for title, value in seconds.items())
        say_error(f"Time: {split}.")
    return UNFINISHED if any(trouble.kind in SERIOUS for trouble in found) else HEALTHY


def _where_next(session: Session, job: str) -> str:
    log = session.settings.home / "logs" / "last_run.log"
    if job in COLLECTING:
        return f"Next: meta-ads build publishes what was collected. Log: {log}"
    query = 'meta-ads sql "select * from marts.monthly_client_summary"'
    return f"Next: {query}, make up for the Dagster UI. Log: {log}"
