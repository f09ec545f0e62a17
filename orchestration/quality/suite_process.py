"""Checks tables of rows against the suites, in a process of its own if one was started.

Great Expectations takes three seconds of one core to load: another process does that while this
one goes on. Requests and results are pickles over its stdin and stdout; it ends when its stdin
closes, in whatever way its parent ended.
"""

import logging
import pickle
import subprocess
import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from expectations.catalogue import Group
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.suites import Details, SuiteResult, load_suites, run_suite

if TYPE_CHECKING:
    import pandas as pd

MODULE = "orchestration.quality.suite_process"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BrokenRule:
    """A rule, and the rows of the table that broke it."""

    rule: str
    rows: "pd.DataFrame"


_started: list["SuiteProcess"] = []
"""The process that was started, if one was."""


def start_suite_process() -> None:
    """Let a process of its own run the suites from now on."""
    if not _started:
        _started.append(SuiteProcess())


def check(
    name: Group, table: "pd.DataFrame", suite_results: SuiteResults | None
) -> list[BrokenRule]:
    """Run the suite of this name on a table; what became of it is kept in `suite_results`.

    Raises:
        RuntimeError: an expectation could not be evaluated.
    """
    if table.empty:
        return []
    details = Details()
    if suite_results is not None:
        room = suite_results.has_room
        details = Details(if_broken=room(broken=True), if_held=room(broken=False))
    result = _run(name, table, details)
    if suite_results is not None and result.checked is not None:
        suite_results.suites.append(result.checked)
    return [BrokenRule(rule, table.loc[places]) for rule, places in result.broken]


def _run(name: Group, table: "pd.DataFrame", details: Details) -> SuiteResult:
    if _started:
        try:
            return _started[0].run(name, table, details)
        except (OSError, EOFError) as error:
            log.warning("The process that runs the suites is gone (%r); this one runs them", error)
            _started.clear()
    return run_suite(name, table, details)


class SuiteProcess:
    """A process that runs suites for this one, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What breaks there breaks here again, where it is told.
            stderr=subprocess.DEVNULL,
            # Ctrl-C reaches this process alone; the other one ends with it.
            start_new_session=True,
        )

    def run(self, name: Group, table: "pd.DataFrame", details: Details) -> SuiteResult:
        """The result of a suite on a table.

        Raises:
            OSError, EOFError: the process is gone.
            RuntimeError: an expectation could not be evaluated.
        """
        assert self._process.stdin
        assert self._process.stdout
        pickle.dump((name, table, details), self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()
        result = pickle.load(self._process.stdout)
        if isinstance(result, str):
            raise RuntimeError(result)
        return cast("SuiteResult", result)


def _serve() -> None:
    """Run the suites that are asked for on stdin, until it closes."""
    requests, results = sys.stdin.buffer, sys.stdout.buffer
    # What a library prints must not get between the results.
    sys.stdout = sys.stderr
    load_suites()
    while True:
        try:
            request = pickle.load(requests)
        except EOFError:
            return
        try:
            result: SuiteResult | str = run_suite(*request)
        except Exception as error:
            result = f"{type(error).__name__}: {error}"
        pickle.dump(result, results, pickle.HIGHEST_PROTOCOL)
        results.flush()


if __name__ == "__main__":
    _serve()
