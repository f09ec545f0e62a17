"""Asynchronous reports: started by a POST, asked about, and read when they are completed."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from time import monotonic
from typing import Any

import orjson

from orchestration.sandbox.faults.dial import Dial
from orchestration.sandbox.faults.service.reports import failure, state
from orchestration.sandbox.faults.service.sizes import (
    DATA_LIMIT,
    DATA_LIMIT_SUBCODE,
    DATA_LIMIT_TEXT,
    has_too_many_campaigns,
)
from orchestration.sandbox.wire.call import Call
from orchestration.sandbox.wire.envelope import GraphError, invalid, missing_object
from orchestration.sandbox.wire.ranges import buckets

MOST_REPORTS = 1000
FIRST_ID = 6_023_920_149_050
_PAGING = ("limit", "after", "before", "access_token", "appsecret_proof", "summary")
RUNNING, COMPLETED = "Job Running", "Job Completed"
PATIENT_SECONDS = 1.0
"""A caller that lets this pass between two polls meets the completed report with the second."""
# Without a duration a report is completed when it was asked about a third time, so that a caller
# meets every state; 100 % and still running is one of them.
_FULL = state(RUNNING, 100)
_BY_POLLS = (state(RUNNING, 45), _FULL)
_BEGINNING = ((5, "Job Not Started"), (10, "Job Started"))
"""The states that show no percentage yet, each with the percentage at which it ends."""


@dataclass(kw_only=True)
class Report:
    """One report: the call that started it, and how far it is.

    `fixed_state` is the state that a fault gave it for ever.
    """

    id: str
    call: Call
    created: datetime
    began: float = field(default_factory=monotonic)
    polls: int = 0
    fixed_state: dict[str, Any] | None = None
    was_full: bool = False

    def polled(self, seconds: float) -> dict[str, Any]:
        """What the report answers when it is asked about once more."""
        self.polls += 1
        progress = self.state(seconds)
        if seconds and progress == _DONE and not self.was_full:
            self.was_full = True
            return _FULL
        return progress

    def state(self, seconds: float) -> dict[str, Any]:
        """How far the report is; `seconds` is how long one takes."""
        if self.fixed_state is not None:
            return self.fixed_state
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
    """The latest reports; `rows` gives the page of rows for a call, an instant and a dial."""

    def __init__(
        self,
        rows: Callable[[Call, datetime, Dial], dict[str, Any]],
        clock: Callable[[], datetime],
        dial: Dial,
        seconds: float,
    ) -> None:
        self._rows, self._clock, self._dial, self._seconds = rows, clock, dial, seconds
        self._reports: OrderedDict[str, Report] = OrderedDict()
        self._numbers = count(FIRST_ID)

    def origin(self, report_id: str) -> Call | None:
        """The call that started a report; `None` when there is no such report."""
        report = self._reports.get(report_id)
        return report.call if report else None

    def start(self, call: Call) -> dict[str, Any]:
        """Start a report; wrong parameters are refused now and not when it is read."""
        now = self._clock()
        # A page of one row finds out whether the parameters can be used; no fault may count it.
        self._rows(replace(call, method="GET").with_params(limit="1"), now, Dial())
        report = Report(id=str(next(self._numbers)), call=call, created=now)
        fault = self._dial.report(call, "run")
        report.fixed_state = fault.state if fault else None
        allowed = self._dial.limits(call, DATA_LIMIT)
        if allowed is not None and has_too_many_campaigns(call, allowed):
            report.fixed_state = failure(100, DATA_LIMIT_SUBCODE, DATA_LIMIT_TEXT)
        self._reports[report.id] = report
        if len(self._reports) > MOST_REPORTS:
            self._reports.popitem(last=False)
        return {"report_run_id": report.id}

    def poll(self, call: Call) -> dict[str, Any]:
        """The state of a report."""
        report = self._reports[call.nodes[0]]
        if self._dial.report(replace(report.call, fired=call.fired), "poll"):
            raise missing_object(report.id)
        progress = report.polled(self._seconds)
        status = progress["async_status"]
        answer = {
            "id": report.id,
            "account_id": report.call.account_id,
            "time_ref": int(report.created.timestamp()),
            "time_completed": int(report.created.timestamp()) if status == COMPLETED else 0,
            **progress,
            "is_running": status not in (COMPLETED, "Job Failed", "Job Skipped"),
            **_days(report),
        }
        names = call.names("fields")
        if not names:
            return answer
        return {name: answer[name] for name in ("id", *names) if name in answer}

    def read(self, call: Call) -> dict[str, Any]:
        """A page of a completed report's rows."""
        report = self._reports[call.nodes[0]]
        creating_call = replace(report.call, fired=call.fired)
        if report.state(self._seconds) != _DONE or self._dial.report(creating_call, "read"):
            raise GraphError(
                "(#2601) Cannot get results: the report run is not completed",
                code=2601,
                subcode=1815107,
                transient=True,
            )
        summary = call.params.get("summary")
        if summary and "summary" not in report.call.params:
            raise invalid(
                f"Cannot include {summary} in summary param because they weren't there while "
                "creating the report run."
            )
        paging = {name: call.params[name] for name in _PAGING if name in call.params}
        own = {name: value for name, value in report.call.params.items() if name not in _PAGING}
        spoiled = replace(
            creating_call,
            params={**own, **paging},
            method="GET",
            # Links lead back to the report.
            base=call.nodes,
            linked=call.linked,
        )
        return _narrowed(self._rows(spoiled, report.created, self._dial), call.names("fields"))

    def forget(self, call: Call) -> dict[str, Any]:
        """Delete a report."""
        del self._reports[call.nodes[0]]
        return {"success": True}


def _narrowed(page: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The page with the named fields only; fields that the report does not have stay absent."""
    if not names:
        return page
    fields = {*names, "date_start", "date_stop"}
    # Some rows are kept as JSON already.
    whole = orjson.loads(orjson.dumps(page["data"]))
    rows = [{name: row[name] for name in row if name in fields} for row in whole]
    return {**page, "data": rows}


def _days(report: Report) -> dict[str, str]:
    """The first and the last day of the rows."""
    periods = buckets(report.call, report.call.today or report.created.date())
    return {
        "date_start": min(period.start for period in periods).isoformat(),
        "date_stop": max(period.stop for period in periods).isoformat(),
    }
