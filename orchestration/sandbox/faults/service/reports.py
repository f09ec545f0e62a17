"""Faults of reports: they fail, stand still, or are not there when they are asked about."""

from dataclasses import dataclass
from typing import Any, Literal

Stage = Literal["run", "poll", "read"]


@dataclass(frozen=True, slots=True)
class ReportKind:
    """One way for a report to go wrong.

    `stage` is when the fault fires: when a report is started (`run`), asked about or read. `state`
    is the state that the report then has for ever.
    """

    description: str
    stage: Stage
    state: dict[str, Any]


def state(status: str, percent: int, **more: Any) -> dict[str, Any]:
    """The state of a report, as the API answers it."""
    return {"async_status": status, "async_percent_completion": percent, **more}


def failure(code: int, subcode: int, message: str, title: str = "Error") -> dict[str, Any]:
    """A failed report with its reason, as v25.0 and later give it."""
    return state(
        "Job Failed",
        0,
        error_code=code,
        error_subcode=subcode,
        error_message=message,
        error_user_title=title,
        error_user_msg=message,
    )


REPORT_KINDS: dict[str, ReportKind] = {
    "report_failed": ReportKind(
        "the run fails with code 2 subcode 1504043",
        "run",
        failure(2, 1504043, "An intermittent error occurred", "Intermittent Error"),
    ),
    "report_failed_bare": ReportKind(
        "the run fails and says no reason", "run", state("Job Failed", 0)
    ),
    "report_failed_generation": ReportKind(
        "the run fails with code -2 subcode 2490547",
        "run",
        failure(-2, 2490547, "The report could not be generated"),
    ),
    "report_skipped": ReportKind("the run is skipped", "run", state("Job Skipped", 0)),
    "report_stuck": ReportKind(
        "the run stays at 99 %, Job Running", "run", state("Job Running", 99)
    ),
    "report_never_starts": ReportKind(
        "the run stays at 0 %, Job Not Started", "run", state("Job Not Started", 0)
    ),
    "report_100_running": ReportKind(
        "the run stays at 100 %, Job Running", "run", state("Job Running", 100)
    ),
    "report_race": ReportKind("asked about, the run does not exist (100/33)", "poll", {}),
    "report_too_early": ReportKind(
        "read, the run is not completed (2601/1815107), although it is", "read", {}
    ),
}
