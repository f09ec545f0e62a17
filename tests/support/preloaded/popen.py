"""`subprocess.Popen` that asks for a fork instead of starting Python anew, where that is the same.

Everything but the start and the wait is the standard library's: pipes, `communicate`, signals.
"""

import atexit
import inspect
import os
import select
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from preloaded.choice import umask, words_to_fork
from preloaded.request import ENDED, STARTED, Request, connect, hear, listen, send

SUPPORT = Path(__file__).parents[1]
ORDINARY = {
    "preexec_fn": None,
    "close_fds": True,
    "shell": False,
    "gid": None,
    "gids": None,
    "uid": None,
    "umask": -1,
    "process_group": -1,
}
"""Parameters of a start that can be asked for; with any other value it is not."""
WITH_IMPORTS = "with-imports"
_address: list[str] = []
_options = [WITH_IMPORTS]
_Original = subprocess.Popen
_PARAMETERS = inspect.signature(_Original._execute_child)  # type: ignore[attr-defined]


def use(address: str) -> None:
    """Ask the process that listens at this address, here and in what is forked from here."""
    _address[:] = [address]
    subprocess.Popen = Popen  # type: ignore[misc]


def install(*, with_imports: bool = True) -> None:
    """Use a process that is started when it is needed first, where the system can do this."""
    _options[:] = [WITH_IMPORTS] if with_imports else []
    if sys.platform == "linux":
        subprocess.Popen = Popen  # type: ignore[misc]


class Popen(_Original):  # type: ignore[type-arg]
    """A process; whoever started it waits for it, although it may be another one's child."""

    _answers: socket.socket | None = None

    def _execute_child(self, *parts: Any) -> None:
        given = _PARAMETERS.bind(self, *parts).arguments
        asked = _request(given)
        if asked is None:
            super()._execute_child(*parts)  # type: ignore[misc]
            return
        streams = [given["p2cread"], given["c2pwrite"], given["errwrite"]]
        try:
            connection = connect(_address[0] if _address else _start())
            send(connection, asked, [n if fd == -1 else fd for n, fd in enumerate(streams)])
            what, number = hear(connection)
        except (EOFError, ConnectionError) as error:
            raise RuntimeError("The process that forks for the tests is gone") from error
        assert what == STARTED, f"The program could not be started: {asked.words}"
        self._answers, self.pid, self._child_created = connection, number, True
        pipes = ("p2cread", "p2cwrite", "c2pread", "c2pwrite", "errread", "errwrite")
        self._close_pipe_fds(*(given[name] for name in pipes))  # type: ignore[attr-defined]

    def _internal_poll(self, *parts: Any, **more: Any) -> int | None:
        if self._answers is None:
            return super()._internal_poll(*parts, **more)  # type: ignore[misc, no-any-return]
        self._await(0)
        return self.returncode

    def _wait(self, timeout: float | None) -> int:
        if self._answers is None:
            return super()._wait(timeout)  # type: ignore[misc, no-any-return]
        self._await(timeout)
        if self.returncode is None:
            assert timeout is not None
            raise subprocess.TimeoutExpired(self.args, timeout)
        return self.returncode

    def _await(self, timeout: float | None) -> None:
        """Set the exit code, once it is there."""
        answers = self._answers
        if self.returncode is None and answers and select.select([answers], [], [], timeout)[0]:
            with self._waitpid_lock:  # type: ignore[attr-defined]
                if self.returncode is None:
                    what, self.returncode = hear(answers)
                    assert what == ENDED
                    answers.close()


def _request(given: dict[str, Any]) -> Request | None:
    """What to ask for; None if this start is none that can be asked for."""
    folder = given["cwd"] or os.getcwd()  # noqa: PTH109
    args = given["args"]
    if any(given.get(name, usual) != usual for name, usual in ORDINARY.items()):
        return None
    if isinstance(args, str | bytes | os.PathLike) or not Path(folder).is_dir():
        return None
    words = [os.fsdecode(word) for word in args]
    environment = {os.fsdecode(k): os.fsdecode(v) for k, v in (given["env"] or os.environ).items()}
    chosen = words_to_fork(os.fsdecode(given["executable"] or words[0]), words, environment)
    if chosen is None:
        return None
    return Request(
        words=chosen,
        environment=environment,
        folder=str(folder),
        umask=umask(),
        group=os.getpgid(0),
        is_new_session=bool(given["start_new_session"]),
        passed=tuple(given["pass_fds"]),
    )


def _start() -> str:
    """Start the process that forks; it ends with this one, in whatever way this one ends."""
    address, listener = listen()
    process = _Original(
        [sys.executable, "-m", "preloaded.main", str(listener.fileno()), *_options],
        cwd=SUPPORT,
        # One thread: children are forked from it. The library of suites would report its use.
        env={"PATH": os.defpath, "OPENBLAS_NUM_THREADS": "1", "GX_ANALYTICS_ENABLED": "false"},
        pass_fds=[listener.fileno()],
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
    )
    listener.close()
    _address[:] = [address]
    atexit.register(_end, process)
    return address


def _end(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    process.stdin.close()
    process.wait()
