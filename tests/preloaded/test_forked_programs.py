"""Programs that are forked from a preloaded process run and end as if Python had been started."""

import ast
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest
from databases import META_ADS
from preloaded.choice import MAY_BE_FORKED, from_nothing
from servers import eventually

RUNS_ANOTHER = """
import subprocess, sys
child = subprocess.Popen([sys.executable, "-m", "orchestration.quality.suite_process"],
                         stdin=subprocess.PIPE)
own = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdin=subprocess.PIPE)
print(child.pid, own.pid, flush=True)
sys.stdin.read()
"""
WAITS = f"{MAY_BE_FORKED}import sys; sys.stdin.read()"


def python(program: str, *arguments: str, **options: Any) -> "subprocess.Popen[str]":
    """A program of these tests, forked."""
    command = [sys.executable, "-c", MAY_BE_FORKED + program, *arguments]
    # Where the environment changes the start of Python, nothing is forked.
    plain = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
    options.setdefault("env", plain)
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        **options,
    )  # fmt: skip
    assert hasattr(process, "_answers")
    assert process._answers is not None
    return process


def ended(program: str, *arguments: str, **options: Any) -> tuple[int, str, str]:
    """The exit code of a program, and what it said."""
    process = python(program, *arguments, **options)
    out, err = process.communicate(timeout=60)
    return process.returncode, out, err


@pytest.mark.parametrize(
    ("program", "code", "said"),
    [
        ("pass", 0, ""),
        ("import sys; sys.exit(3)", 3, ""),
        ("import sys; sys.exit(256 + 4)", 4, ""),
        ("import sys; sys.exit('Not today.')", 1, "Not today.\n"),
        ("1 / 0", 1, "ZeroDivisionError: division by zero\n"),
        ("import os; os._exit(5)", 5, ""),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", -9, ""),
        ("raise KeyboardInterrupt", -2, "KeyboardInterrupt\n"),
    ],
)
def test_the_exit_code_is_that_of_the_interpreter(program: str, code: int, said: str) -> None:
    found, _, err = ended(program)
    assert found == code
    assert err.endswith(said)
    assert err or not said


def test_what_is_left_to_do_at_the_end_is_done() -> None:
    program = (
        "import atexit, threading, time\n"
        "atexit.register(print, 'handler', end='')\n"
        "threading.Thread(target=lambda: (time.sleep(0.2), print('thread'))).start()\n"
        "print('main')\n"
    )
    assert ended(program)[:2] == (0, "main\nthread\nhandler")


def test_arguments_environment_folder_and_umask_are_its_own(tmp_path: Path) -> None:
    program = (
        "import os, sys\nprint(sys.argv, dict(os.environ), os.getcwd(), oct(os.umask(0)), __name__)"
    )
    before = os.umask(0o027)
    try:
        found = ended(program, "a b", env={"ONLY": "this", "LANG": "C.UTF-8"}, cwd=tmp_path)
    finally:
        os.umask(before)
    environment = {"ONLY": "this", "LANG": "C.UTF-8"}
    assert found[1] == f"['-c', 'a b'] {environment} {tmp_path} 0o27 __main__\n"


def test_it_reads_stdin_and_has_no_descriptor_but_the_streams() -> None:
    process = python("import os, sys; print(sys.stdin.read(), os.listdir('/proc/self/fd'))")
    # The fourth is the folder that is being listed.
    assert process.communicate("given", timeout=60)[0] == "given ['0', '1', '2', '3']\n"


@pytest.mark.parametrize("is_new", [False, True])
def test_descriptors_are_passed_on_under_their_numbers(is_new: bool) -> None:
    reading, writing = os.pipe()
    program = f"import os; os.write({writing}, b'passed'); print(os.listdir('/proc/self/fd'))"
    process = python(program, start_new_session=is_new, pass_fds=[writing])
    numbers = set(ast.literal_eval(process.communicate(timeout=60)[0]))
    os.close(writing)
    assert os.read(reading, 100) == b"passed"
    assert os.read(reading, 100) == b""
    os.close(reading)
    # The folder that is listed; and, in a new session, what keeps its server alive.
    assert {"0", "1", "2", str(writing)} < numbers
    assert len(numbers) == 5 + is_new


@pytest.mark.parametrize("is_new", [False, True])
def test_it_belongs_to_the_session_and_group_that_was_asked_for(is_new: bool) -> None:
    process = python("import sys; sys.stdin.read()", start_new_session=is_new)
    own = process.pid if is_new else os.getpgid(0)
    assert os.getpgid(process.pid) == own
    assert os.getsid(process.pid) == (process.pid if is_new else os.getsid(0))
    process.communicate(timeout=60)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_signals_reach_it_and_show_in_its_exit_code(number: signal.Signals) -> None:
    process = python("import time; print(flush=True); time.sleep(60)")
    assert process.stdout is not None
    process.stdout.readline()
    assert process.poll() is None
    with pytest.raises(subprocess.TimeoutExpired):
        process.wait(0.01)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == -number


def test_it_stays_a_zombie_until_somebody_asks_for_its_end() -> None:
    process = python("pass")
    child = psutil.Process(process.pid)
    assert eventually(lambda: child.status() == psutil.STATUS_ZOMBIE)
    assert process.wait(60) == 0
    assert eventually(lambda: not child.is_running())
    process.communicate()


def test_two_run_at_once() -> None:
    first, second = (python("import sys; print(sys.stdin.read())") for _ in range(2))
    assert second.communicate("b", timeout=60)[0] == "b\n"
    assert first.communicate("a", timeout=60)[0] == "a\n"


def test_what_a_session_started_ends_with_its_group() -> None:
    process = python(RUNS_ANOTHER, WAITS, start_new_session=True)
    assert process.stdout is not None
    family = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]
    assert {os.getpgid(child.pid) for child in family} == {process.pid}
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=60)
    _, alive = psutil.wait_procs(family, 30)
    assert alive == []


def test_what_a_program_started_outlives_it_only_as_long_as_its_stdin() -> None:
    process = python(RUNS_ANOTHER, WAITS)
    assert process.stdout is not None
    family = [psutil.Process(int(pid)) for pid in process.stdout.readline().split()]
    assert all(child.is_running() for child in family)
    process.kill()
    process.communicate(timeout=60)
    assert psutil.wait_procs(family, 30)[1] == []


def test_a_command_prints_the_same_as_one_that_starts_from_nothing() -> None:
    forked = subprocess.run([META_ADS, "nonsense"], capture_output=True, text=True, check=False)
    with from_nothing():
        real = subprocess.run([META_ADS, "nonsense"], capture_output=True, text=True, check=False)
    assert (forked.returncode, forked.stderr) == (real.returncode, real.stderr)
    assert (forked.returncode, forked.stdout) == (2, real.stdout)


def test_a_command_that_cannot_be_started_is_an_error_here(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        subprocess.run([META_ADS, "env"], cwd=tmp_path / "nowhere", check=False)
