"""Asynchronous report runs: started by a POST, asked about, and read once they are completed."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from time import monotonic
from typing import Any

import orjson

from orchestration.sandbox.faults.dial import Dial
from orchestration.sandbox.faults.reports import failure, state
from orchestration.sandbox.faults.sizes import (
    DATA_LIMIT,
    DATA_LIMIT_SUBCODE,
    DATA_LIMIT_TEXT,
    too_many_campaigns,
)
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError, invalid, missing_object
from orchestration.sandbox.wire.ranges import buckets

MOST_RUNS = 1000
FIRST_ID = 6_023_920_149_050
_PAGING = ("limit", "after", "before", "access_token", "appsecret_proof", "summary")
RUNNING, COMPLETED = "Job Running", "Job Completed"
PATIENT_SECONDS = 1.0
"""A caller that lets this pass between two polls meets the completed run with the second."""
# Without a duration a run is completed when it was asked about a third time, so that a caller
# meets every state; 100 % and still running is one of them.
_FULL = state(RUNNING, 100)
_BY_POLLS = (state(RUNNING, 45), _FULL)
_BEGINNING = ((5, "Job Not Started"), (10, "Job Started"))
"""The states before the first percent is told, each up to so many percent of the time."""


@dataclass
class Run:
    """One report run: the call that started it, and what became of it."""

    id: str
    call: Call
    created: datetime
    began: float = field(default_factory=monotonic)
    polls: int = 0
    fate: dict[str, Any] | None = None
    was_full: bool = False

    def polled(self, seconds: float) -> dict[str, Any]:
        """What the run answers when it is asked about once more."""
        self.polls += 1
        told = self.state(seconds)
        if seconds and told == _DONE and not self.was_full:
            self.was_full = True
            return _FULL
        return told

    def state(self, seconds: float) -> dict[str, Any]:
        """How far the run is, when a run takes so many seconds."""
        if self.fate is not None:
            return self.fate
        if not seconds:
            if self.polls > 1 and monotonic() - self.began > PATIENT_SECONDS:
                return _DONE
            return _BY_POLLS[max(self.polls, 1) - 1] if self.polls <= len(_BY_POLLS) else _DONE
        percent = int(100 * (monotonic() - self.began) / seconds)
        if percent >= 100:
            return _DONE
        begun = next((name for below, name in _BEGINNING if percent < below), RUNNING)
        return state(begun, 0 if begun != RUNNING else percent)


_DONE = state(COMPLETED, 100)


class Reports:
    """The latest runs; `rows` answers a call for rows at an instant, spoiled by a dial."""

    def __init__(
        self,
        rows: Callable[[Call, datetime, Dial], dict[str, Any]],
        clock: Callable[[], datetime],
        dial: Dial,
        seconds: float,
    ) -> None:
        self._rows, self._clock, self._dial, self._seconds = rows, clock, dial, seconds
        self._runs: OrderedDict[str, Run] = OrderedDict()
        self._numbers = count(FIRST_ID)

    def origin(self, run_id: str) -> Call | None:
        """The call that started a run; `None` when there is no such run."""
        run = self._runs.get(run_id)
        return run.call if run else None

    def start(self, call: Call) -> dict[str, Any]:
        """Start a run; wrong parameters are refused here already."""
        now = self._clock()
        # A page of one row finds out whether the parameters can be used; no fault shall count it.
        self._rows(replace(call, method="GET").with_params(limit="1"), now, Dial())
        run = Run(str(next(self._numbers)), call, now)
        fault = self._dial.report(call, "run")
        run.fate = fault.state if fault else None
        allowed = self._dial.limits(call, DATA_LIMIT)
        if allowed is not None and too_many_campaigns(call, allowed):
            run.fate = failure(100, DATA_LIMIT_SUBCODE, DATA_LIMIT_TEXT)
        self._runs[run.id] = run
        if len(self._runs) > MOST_RUNS:
            self._runs.popitem(last=False)
        return {"report_run_id": run.id}

    def poll(self, call: Call) -> dict[str, Any]:
        """What a run says of itself."""
        run = self._runs[call.nodes[0]]
        if self._dial.report(replace(run.call, fired=call.fired), "poll"):
            raise missing_object(run.id)
        told = run.polled(self._seconds)
        status = told["async_status"]
        answer = {
            "id": run.id,
            "account_id": run.call.account_id,
            "time_ref": int(run.created.timestamp()),
            "time_completed": int(run.created.timestamp()) if status == COMPLETED else 0,
            **told,
            "is_running": status not in (COMPLETED, "Job Failed", "Job Skipped"),
            **_days(run),
        }
        names = call.names("fields")
        return (
            {name: answer[name] for name in ("id", *names) if name in answer} if names else answer
        )

    def read(self, call: Call) -> dict[str, Any]:
        """A page of a completed run's rows."""
        run = self._runs[call.nodes[0]]
        asked = replace(run.call, fired=call.fired)
        if run.state(self._seconds) != _DONE or self._dial.report(asked, "read"):
            raise GraphError(
                "(#2601) Cannot get results: the report run is not completed",
                code=2601,
                subcode=1815107,
                transient=True,
            )
        summary = call.params.get("summary")
        if summary and "summary" not in run.call.params:
            raise invalid(
                f"Cannot include {summary} in summary param because they weren't there while "
                "creating the report run."
            )
        paging = {name: call.params[name] for name in _PAGING if name in call.params}
        own = {name: value for name, value in run.call.params.items() if name not in _PAGING}
        spoiled = replace(
            asked,
            params={**own, **paging},
            method="GET",
            # Links lead back to the run.
            base=call.nodes,
            linked=call.linked,
        )
        return _narrowed(self._rows(spoiled, run.created, self._dial), call.names("fields"))

    def forget(self, call: Call) -> dict[str, Any]:
        """Delete a run."""
        del self._runs[call.nodes[0]]
        return {"success": True}


def _narrowed(page: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The rows with the fields asked for at the reading; what the run lacks stays away."""
    if not names:
        return page
    kept = {*names, "date_start", "date_stop"}
    # Rows that were written before come as JSON.
    whole = orjson.loads(orjson.dumps(page["data"]))
    rows = [{name: row[name] for name in row if name in kept} for row in whole]
    return {**page, "data": rows}


def _days(run: Run) -> dict[str, str]:
    """The first and the last day of the rows."""
    periods = buckets(run.call, run.call.today or run.created.date())
    return {
        "date_start": min(period.start for period in periods).isoformat(),
        "date_stop": max(period.stop for period in periods).isoformat(),
    }
