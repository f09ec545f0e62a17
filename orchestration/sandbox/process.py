"""A sandbox in a child process, for tests and for commands that need one for a while."""

import os
import selectors
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from time import monotonic
from types import TracebackType
from typing import Self

from orchestration.errors import MetaAdsError

START_SECONDS = 20.0
STOP_SECONDS = 5.0
LISTENING = "listening on "


class SandboxProcess:
    """Starts a sandbox on a free port and ends it with the `with` block.

    The child reads its stdin to the end and exits then, so it does not outlive this process even
    when this process is killed. `options` are further options of `python -m orchestration.sandbox`.
    """

    def __init__(
        self,
        *,
        seed: int = 7,
        now: datetime | None = None,
        replay: Path | None = None,
        token: str | None = None,
        options: Sequence[str] = (),
    ) -> None:
        self._command = [sys.executable, "-m", "orchestration.sandbox", "--exit-with-parent"]
        self._command += ["--port", "0", "--seed", str(seed), *options]
        if now is not None:
            self._command += ["--now", now.isoformat()]
        if replay is not None:
            self._command += ["--replay", str(replay)]
        if token is not None:
            self._command += ["--token", token]
        self._child: subprocess.Popen[bytes] | None = None
        self._url = ""

    @property
    def url(self) -> str:
        """The address without a path, such as `http://127.0.0.1:40123`."""
        return self._url

    @property
    def pid(self) -> int:
        """The process id of the child."""
        if self._child is None:
            raise MetaAdsError("The sandbox is not running.")
        return self._child.pid

    def start(self) -> Self:
        """Start the child and wait until it listens.

        Raises:
            MetaAdsError: it ended or said nothing in time; carries what it wrote to stderr.
        """
        with tempfile.TemporaryFile() as errors:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )
            line = _first_line(self._child, START_SECONDS)
            if not line.startswith(LISTENING):
                self.stop()
                errors.seek(0)
                said = errors.read().decode(errors="replace").strip() or "it said nothing"
                raise MetaAdsError(f"The sandbox did not start: {said}")
        self._url = line.removeprefix(LISTENING).strip()
        return self

    def stop(self) -> None:
        """End the child; a second call does nothing."""
        child, self._child = self._child, None
        if child is None:
            return
        for pipe in (child.stdin, child.stdout):
            if pipe is not None:
                pipe.close()
        try:
            child.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()

    def __enter__(self) -> Self:
        """Start."""
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()


def _first_line(child: subprocess.Popen[bytes], seconds: float) -> str:
    """The first line of the child's stdout; what there is of it at its end or after the time."""
    assert child.stdout is not None
    deadline = monotonic() + seconds
    written = b""
    with selectors.DefaultSelector() as selector:
        selector.register(child.stdout, selectors.EVENT_READ)
        while not written.endswith(b"\n") and selector.select(max(0.0, deadline - monotonic())):
            piece = os.read(child.stdout.fileno(), 4096)
            if not piece:
                break
            written += piece
    return written.decode(errors="replace")
