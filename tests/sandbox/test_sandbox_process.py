"""The sandbox as a process: one line when it listens, a clear refusal, no orphans."""

import os
import signal
import socket
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic, sleep

import psutil
import pytest
import requests

from orchestration.errors import MetaAdsError, UsageError
from orchestration.process.program import program
from orchestration.sandbox.options import SandboxOptions
from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.server import serve

PARENT = """
import sys, time
from orchestration.sandbox.process import SandboxProcess
sandbox = SandboxProcess().start()
sys.stdout.write(f"{sandbox.pid}\\n")
sys.stdout.flush()
time.sleep(60)
"""


def ends(pid: int, seconds: float) -> bool:
    deadline = monotonic() + seconds
    while monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        sleep(0.02)
    return False


def test_the_child_dies_when_its_parent_is_killed() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        assert psutil.pid_exists(child)
        os.kill(parent.pid, signal.SIGKILL)
        parent.wait()
        assert ends(child, seconds=5)


def test_stopping_ends_the_child_and_is_idempotent() -> None:
    sandbox = SandboxProcess().start()
    pid = sandbox.pid
    sandbox.stop()
    sandbox.stop()
    assert ends(pid, seconds=5)


def test_a_child_that_cannot_start_says_why() -> None:
    with pytest.raises(MetaAdsError, match=r"nowhere\.csv cannot be read"):
        SandboxProcess(replay=Path("nowhere.csv")).start()


def test_an_occupied_port_is_named_with_the_remedy() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"Port {port} of 127.0.0.1 is in use: .*--port"):
            serve(SandboxOptions(port=port))


def test_a_port_that_does_not_exist_is_refused() -> None:
    with pytest.raises(UsageError, match=r"Port 70000 of 127.0.0.1 cannot be used"):
        serve(SandboxOptions(port=70000))


def test_ctrl_c_ends_with_130_and_without_a_traceback() -> None:
    command = [sys.executable, "-m", "orchestration.cli.main", "sandbox", "serve", "--port", "0"]
    with subprocess.Popen(
        [*command, "--token", "only-this-one"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        # A shell that runs the tests in the background has them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        line = process.stdout.readline().decode()
        assert line.startswith("listening on http://127.0.0.1:")
        address = line.split()[-1]
        with requests.Session() as open_connection:
            open_connection.get(f"{address}/sandbox/accounts", timeout=20)
            process.send_signal(signal.SIGINT)
            rest, errors = process.communicate(timeout=20)
        assert (process.returncode, rest) == (130, b"")
        assert errors.decode().splitlines() == [
            # Without the token in it, which others on the machine may see.
            f"In another shell: export META_API_URL={address}; {program()} init, which asks for "
            "the token",
            "Interrupted. Nothing was left half done.",
        ]


def test_options_are_read_as_they_were_written() -> None:
    options = SandboxOptions(
        now=datetime(2026, 11, 23, 12, tzinfo=UTC),
        live_versions=("v26.0", "v27.0"),
        scenario=Path("day.yml"),
        replay=Path("export.csv"),
        columns={"spend": "Amount"},
    )
    assert SandboxOptions.read(options.written()) == options
    assert SandboxOptions.read(SandboxOptions().written()) == SandboxOptions()
