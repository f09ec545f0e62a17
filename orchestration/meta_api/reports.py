"""Asynchronous report runs: start, poll with growing pauses until Meta says how it ended, read.

Only the status in words decides. `is_running` is not reliable, and every run is at 100 % with
`Job Running` for a moment; reading it then is answered with an error.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestration.meta_api.calls.error_codes import NOT_VISIBLE_SUBCODE, graph_error
from orchestration.meta_api.calls.graph import Graph
from orchestration.meta_api.calls.request import Call
from orchestration.meta_api.errors import (
    BadRequestError,
    ReportFailedError,
    TooMuchDataError,
    TransientError,
)
from orchestration.meta_api.paging import Pager, Row
from orchestration.meta_api.query import InsightsQuery

FIRST_POLL_SECONDS = 2.0
LONGEST_POLL_SECONDS = 30.0
STALLED_SECONDS = 600.0
"""A run whose status and percentage have not changed for this time is given up."""
REPORT_SECONDS = 3600.0
"""A run may take an hour, Meta's own repetitions included."""
VISIBLE_AFTER_SECONDS = 60.0
"""For this time after its start the server that is asked may not know the run yet."""
PAGE_ROWS = 1000

log = logging.getLogger(__name__)


def report_start(query: InsightsQuery) -> Call:
    """The call that starts a report run of a query."""
    return Call(
        path=query.edge,
        params=query.params(),
        account=query.account_id,
        expects="report_run_id",
        method="POST",
    )


@dataclass
class ReportRun:
    """A query that is answered by a report run; `graph` makes the calls."""

    graph: Graph
    query: InsightsQuery

    def rows(self) -> Iterator[list[Row]]:
        """Pages of the completed run. A failed run is started again while that may help.

        Raises:
            ReportFailedError: no run was completed.
            TooMuchDataError: Meta says that the run is too heavy.
        """
        account = self.query.account_id
        policy = self.graph.policy.sleeping(self.graph.traffic.sleep)
        run_id = policy.call(f"report of {account}", self._completed, _is_worth_another_run)
        pager = Pager(
            f"report {run_id}",
            lambda page: self.graph.call(
                Call(path=f"{run_id}/insights", params=page, account=account)
            ),
            self.graph.base_url,
        )
        yield from pager.pages(PAGE_ROWS)

    def _completed(self) -> str:
        """The id of a new run, once it is completed."""
        account = self.query.account_id
        started = self.graph.call(report_start(self.query))
        run_id = str(started["report_run_id"])
        log.info("%s: report run %s started", account, run_id)
        self._wait_for(run_id)
        return run_id

    def _wait_for(self, run_id: str) -> None:
        traffic = self.graph.traffic
        began = changed = traffic.clock()
        pause, last_state = FIRST_POLL_SECONDS, ("", 0)
        while True:
            traffic.sleep(pause)
            pause = min(pause * 1.5, LONGEST_POLL_SECONDS)
            now = traffic.clock()
            answer = self._poll(run_id, may_be_unknown=now - began <= VISIBLE_AFTER_SECONDS)
            if answer.get("async_status") == "Job Completed":
                return
            _raise_if_ended(run_id, answer)
            state = (str(answer.get("async_status")), answer.get("async_percent_completion", 0))
            if state != last_state:
                changed, last_state = now, state
            if now - changed > STALLED_SECONDS or now - began > REPORT_SECONDS:
                raise _given_up(run_id, state, now - began)

    def _poll(self, run_id: str, *, may_be_unknown: bool) -> dict[str, Any]:
        try:
            return self.graph.call(
                Call(
                    path=run_id,
                    params={},
                    account=self.query.account_id,
                    expects="async_status",
                )
            )
        except BadRequestError as error:
            if may_be_unknown and error.subcode == NOT_VISIBLE_SUBCODE:
                return {"async_status": "Job Not Started", "async_percent_completion": 0}
            raise


def _raise_if_ended(run_id: str, answer: dict[str, Any]) -> None:
    status = answer.get("async_status")
    if status not in ("Job Failed", "Job Skipped"):
        return
    cause = graph_error(
        {
            "code": answer.get("error_code"),
            "error_subcode": answer.get("error_subcode"),
            "message": answer.get("error_message") or "Meta gives no reason",
        }
    )
    if isinstance(cause, TooMuchDataError):
        raise cause
    # Without a code (before v25), and after intermittent faults, another run may succeed.
    error = ReportFailedError(
        f"report run {run_id} ended with {status}: {cause}", code=cause.code, subcode=cause.subcode
    )
    error.may_pass = cause.code is None or isinstance(cause, TransientError)
    raise error


def _given_up(run_id: str, state: tuple[str, Any], seconds: float) -> ReportFailedError:
    error = ReportFailedError(
        f"report run {run_id} was given up after {seconds:.0f} s at {state[1]} % ({state[0]})"
    )
    # Asking for smaller parts is better than another hour of waiting.
    error.may_pass = False
    return error


def _is_worth_another_run(error: BaseException) -> bool:
    return isinstance(error, ReportFailedError) and error.may_pass
