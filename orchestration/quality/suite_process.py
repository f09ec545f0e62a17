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
from pathlib import Path
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
    """Let a process of its own run the suites from now on, if one can be started."""
    if _started:
        return
    try:
        _started.append(SuiteProcess())
    except OSError as error:
        log.warning("No process could be started for the suites (%s); this one runs them", error)


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
            if (result := _started[0].run(name, table, details)) is not None:
                return result
        except (OSError, EOFError, pickle.UnpicklingError) as error:
            log.warning("The process that runs the suites is gone (%r); this one runs them", error)
            _started.pop().kill()
        except BaseException:
            # Its answer may still come, and must not be taken for that to the next request.
            _started.pop().kill()
            raise
    return run_suite(name, table, details)


class SuiteProcess:
    """A process that runs suites for this one, one at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", MODULE],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A suite that breaks there is run here again, where the log takes its traceback.
            stderr=subprocess.DEVNULL,
            # The folder of this program, not of the caller: there Python looks for modules first.
            cwd=Path(__file__).parents[2],
            # Ctrl-C reaches this process alone; the other one ends with it.
            start_new_session=True,
        )

    def run(self, name: Group, table: "pd.DataFrame", details: Details) -> SuiteResult | None:
        """The result of a suite on a table; None if the suite raised an error.

        Raises:
            OSError, EOFError, UnpicklingError: the process is gone.
        """
        assert self._process.stdin
        assert self._process.stdout
        pickle.dump((name, table, details), self._process.stdin, pickle.HIGHEST_PROTOCOL)
        self._process.stdin.flush()
        return cast("SuiteResult | None", pickle.load(self._process.stdout))

    def kill(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()


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
            result: SuiteResult | None = run_suite(*request)
        except Exception:
            result = None
        pickle.dump(result, results, pickle.HIGHEST_PROTOCOL)
        results.flush()


if __name__ == "__main__":
    _serve()
