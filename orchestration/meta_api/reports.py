"""Asynchronous report runs: start, poll with growing pauses until Meta says how it ended, read.

Only the status in words decides. `is_running` is not reliable, and 100 % with `Job Running` is a
state that a run passes through; reading it then is answered with an error.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from orchestration.meta_api.errors import (
    NOT_VISIBLE_SUBCODE,
    BadRequestError,
    ReportFailedError,
    TooMuchDataError,
    TransientError,
    graph_error,
)
from orchestration.meta_api.graph import Asked, Graph
from orchestration.meta_api.paging import Pager, Row
from orchestration.meta_api.query import InsightsQuery

FIRST_POLL_SECONDS = 2.0
SLOWEST_POLL_SECONDS = 30.0
STALLED_SECONDS = 600.0
"""A run whose status and percentage have not changed for so long is given up."""
REPORT_SECONDS = 3600.0
"""A run may take up to an hour, Meta's own repetitions included."""
RACE_SECONDS = 60.0
"""A run that was just started may be unknown to the server that is asked about it."""
PAGE_ROWS = 1000

log = logging.getLogger(__name__)


@dataclass
class ReportRun:
    """One run of a query; `graph` makes the calls."""

    graph: Graph
    query: InsightsQuery

    def rows(self) -> Iterator[list[Row]]:
        """Pages of the finished run, which is started again while another run may do better.

        Raises:
            ReportFailedError: no run came to an end.
            TooMuchDataError: a run says that it is too heavy.
        """
        account = self.query.account_id
        policy = self.graph.policy.sleeping(self.graph.traffic.sleep)
        run_id = policy.call(f"report of {account}", self._completed, _is_worth_another_run)
        pager = Pager(
            f"report {run_id}",
            lambda page: self.graph.call(Asked(f"{run_id}/insights", page, account)),
            self.graph.base_url,
        )
        yield from pager.pages(PAGE_ROWS)

    def _completed(self) -> str:
        """The id of a new run, once it is completed."""
        account = self.query.account_id
        started = self.graph.call(
            Asked(self.query.edge, self.query.params(), account, "report_run_id", "POST")
        )
        run_id = str(started["report_run_id"])
        log.info("%s: report run %s started", account, run_id)
        self._wait_for(run_id)
        return run_id

    def _wait_for(self, run_id: str) -> None:
        traffic = self.graph.traffic
        began = changed = traffic.clock()
        pause, before = FIRST_POLL_SECONDS, ("", 0)
        while True:
            traffic.sleep(pause)
            pause = min(pause * 1.5, SLOWEST_POLL_SECONDS)
            now = traffic.clock()
            answer = self._poll(run_id, may_be_unknown=now - began <= RACE_SECONDS)
            if answer.get("async_status") == "Job Completed":
                return
            _raise_if_ended(run_id, answer)
            state = (str(answer.get("async_status")), answer.get("async_percent_completion", 0))
            changed = changed if state == before else now
            before = state
            if now - changed > STALLED_SECONDS or now - began > REPORT_SECONDS:
                raise _given_up(run_id, state, now - began)

    def _poll(self, run_id: str, *, may_be_unknown: bool) -> dict[str, Any]:
        try:
            return self.graph.call(Asked(run_id, {}, self.query.account_id, "async_status"))
        except BadRequestError as error:
            if may_be_unknown and error.subcode == NOT_VISIBLE_SUBCODE:
                return {"async_status": "Job Not Started", "async_percent_completion": 0}
            raise


def _raise_if_ended(run_id: str, answer: dict[str, Any]) -> None:
    status = answer.get("async_status")
    if status not in ("Job Failed", "Job Skipped"):
        return
    told = graph_error(
        {
            "code": answer.get("error_code"),
            "error_subcode": answer.get("error_subcode"),
            "message": answer.get("error_message") or "Meta gives no reason",
        }
    )
    if isinstance(told, TooMuchDataError):
        raise told
    # Without a code (before v25), and for intermittent faults, another run may do better.
    error = ReportFailedError(
        f"report run {run_id} ended with {status}: {told}", code=told.code, subcode=told.subcode
    )
    error.may_pass = told.code is None or isinstance(told, TransientError)
    raise error


def _given_up(run_id: str, state: tuple[str, Any], seconds: float) -> ReportFailedError:
    error = ReportFailedError(
        f"report run {run_id} was given up after {seconds:.0f} s at {state[1]} % ({state[0]})"
    )
    # Another hour of waiting is worth less than asking for smaller parts.
    error.may_pass = False
    return error


def _is_worth_another_run(error: BaseException) -> bool:
    return isinstance(error, ReportFailedError) and error.may_pass
