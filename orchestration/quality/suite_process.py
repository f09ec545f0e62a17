"""Checks tables of rows against the suites, in a process of its own if one was started.

Great Expectations takes three seconds of one core to load: another process does that while this
one goes on. Requests and results are pickles over its stdin and stdout; it ends when its stdin
closes, in whatever way its parent ended.

It also makes copies of itself (`fork_suite_process`), which have the library loaded at once and
share its memory.
"""

import logging
import os
import pickle
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from gc import freeze
from select import select
from typing import TYPE_CHECKING, BinaryIO, NoReturn, cast

from orchestration.expectations.catalogue import Group
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.suites import Details, SuiteResult, load_suites, run_suite
from orchestration.shipped_files import CODE

if TYPE_CHECKING:
    import pandas as pd

MODULE = "orchestration.quality.suite_process"
MOST_BYTES = 4096
"""The longest request for a copy: the pickled name of a function."""
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


def fork_suite_process(function: Callable[[socket.socket], None]) -> socket.socket | None:
    """Let a copy of the process run a function of a module; returns a socket that leads to it.

    The function is given the other end, and the copy ends with it. None where no copy can be made;
    where the process is about to end, the socket is closed from its other end.
    """
    if not _started:
        return None
    ours, theirs = socket.socketpair()
    with theirs:
        try:
            _started[0].fork(function, theirs)
        except OSError as error:
            log.warning("The process that runs the suites cannot be copied: %s", error)
            ours.close()
            return None
    return ours


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
        self._copying, other_end = socket.socketpair()
        with other_end:
            self._process = self._start(other_end.fileno())

    @staticmethod
    def _start(copying: int) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [sys.executable, "-m", MODULE, str(copying)],
            pass_fds=[copying],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # A suite that breaks there is run here again, where the log takes its traceback.
            stderr=subprocess.DEVNULL,
            # The folder of this program, not of the caller: there Python looks for modules first.
            cwd=CODE,
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

    def fork(self, function: Callable[[socket.socket], None], end: socket.socket) -> None:
        """Let a copy of the process run a function with this end of a socket.

        Raises:
            OSError: the process is gone.
        """
        socket.send_fds(self._copying, [pickle.dumps(function)], [end.fileno()])

    def kill(self) -> None:
        """End the process; its copies go on."""
        self._process.kill()
        self._process.communicate()
        self._copying.close()


def _serve(copying: socket.socket) -> None:
    """Run the suites that are asked for on stdin, until it closes; make copies in between."""
    requests, results = sys.stdin.buffer, sys.stdout.buffer
    # What a library prints must not get between the results.
    sys.stdout = sys.stderr
    load_suites()
    # Nobody asks how a copy ended, so none is kept as a zombie.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    # Requests come one at a time, so nothing waits in the buffer of stdin.
    while True:
        ready, _, _ = select([requests, copying], [], [])
        if copying in ready:
            _make_copy(copying)
        elif not _answer(requests, results):
            return


def _answer(requests: BinaryIO, results: BinaryIO) -> bool:
    """Run the suite of the next request; false where there is none."""
    try:
        request = pickle.load(requests)
    except EOFError:
        return False
    try:
        result: SuiteResult | None = run_suite(*request)
    except Exception:
        result = None
    pickle.dump(result, results, pickle.HIGHEST_PROTOCOL)
    results.flush()
    return True


def _make_copy(copying: socket.socket) -> None:
    """Make a copy of this process that runs the function of the next request."""
    request, ends, _, _ = socket.recv_fds(copying, MOST_BYTES, 1)
    if not request:
        # The parent is gone, or about to be: stdin says so as well.
        os._exit(0)
    with socket.socket(fileno=ends[0]) as end:
        # Its modules are loaded here, once for all copies.
        function = pickle.loads(request)
        # What is loaded by now is never garbage: left alone, its memory stays shared.
        freeze()
        if os.fork() == 0:
            _run_copy(function, end, copying)


def _run_copy(
    function: Callable[[socket.socket], None], end: socket.socket, copying: socket.socket
) -> NoReturn:
    """Run the function, and end."""
    with suppress(BaseException):
        copying.close()
        # The pipes of the process that was copied: their other ends wait for it to close them.
        nothing = os.open(os.devnull, os.O_RDWR)
        os.dup2(nothing, 0)
        os.dup2(nothing, 1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        function(end)
    os._exit(0)


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
