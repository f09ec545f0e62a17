"""A sandbox in a child process, for tests and for commands that need one until they end."""

import os
import selectors
import subprocess
import sys
import tempfile
from time import monotonic
from types import TracebackType
from typing import Any, Self

from orchestration.errors import MetaAdsError
from orchestration.sandbox.options import SandboxOptions

START_SECONDS = 20.0
STOP_SECONDS = 5.0
LISTENING = "listening on "


class SandboxProcess:
    """Starts a sandbox on a free port and ends it with the `with` block.

    Takes the fields of `SandboxOptions` but host and port. The child reads its stdin to the end and
    exits then, so it does not outlive this process even when this process is killed.
    """

    def __init__(self, **options: Any) -> None:
        written = SandboxOptions(port=0, **options).written()
        self._command = [sys.executable, "-m", "orchestration.sandbox", written]
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
            MetaAdsError: it ended, or did not listen in time; carries what it wrote to stderr.
        """
        with tempfile.TemporaryFile() as errors:
            self._child = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors
            )
            line = _first_line(self._child, START_SECONDS)
            if not line.startswith(LISTENING):
                self.stop()
                errors.seek(0)
                reason = errors.read().decode(errors="replace").strip() or "it said nothing"
                raise MetaAdsError(f"The sandbox did not start: {reason}")
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
    """The first line of the child's stdout, or what came of it before its end or the deadline."""
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
