"""The process that forks for the tests ends with the process that started it, even if killed."""

import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from preloaded.choice import MAY_BE_FORKED, words_to_fork
from servers import eventually

SUPPORT = Path(__file__).parents[1] / "support"
WORKER = f"""
import subprocess, sys, time
sys.path.insert(0, {str(SUPPORT)!r})
from preloaded import popen
popen.install(with_imports=False)
done = subprocess.run([sys.executable, "-c", {MAY_BE_FORKED!r} + "import os; print(os.getppid())"])
sys.stdout.flush()
sys.stdin.read()
"""
PYTHON = sys.executable
META_ADS = str(Path(sys.executable).with_name("meta-ads"))


@pytest.mark.parametrize("how", ["it ends", "it is killed"])
def test_no_process_is_left_behind(how: str) -> None:
    with subprocess.Popen(
        [PYTHON, "-c", WORKER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as worker:
        assert worker.stdout is not None
        forking = psutil.Process(int(worker.stdout.readline()))
        assert forking.is_running()
        if how == "it is killed":
            worker.kill()
    assert eventually(lambda: not forking.is_running() or forking.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize(
    ("words", "forked"),
    [
        ([META_ADS, "run"], [META_ADS, "run"]),
        ([PYTHON, "-m", "orchestration.sandbox", "{}"], ["-m", "orchestration.sandbox", "{}"]),
        ([PYTHON, "-c", "import sys"], None),
        ([PYTHON, "-m", "http.server"], None),
        ([META_ADS, "up"], None),
        (["/usr/bin/meta-ads", "run"], None),
        (["psql"], None),
    ],
)
def test_only_programs_of_this_project_are_forked(
    words: list[str], forked: list[str] | None
) -> None:
    assert words_to_fork(words[0], words, {}) == forked


@pytest.mark.parametrize(
    ("environment", "is_forked"),
    [
        ({"PYTHONUNBUFFERED": "1"}, True),
        ({"PYTHONPATH": "/elsewhere"}, False),
        ({"LANG": "en_US.UTF-8"}, True),
        ({"LC_ALL": "POSIX", "LANG": "en_US.UTF-8"}, False),
    ],
)
def test_python_starts_from_nothing_where_the_environment_changes_its_start(
    environment: dict[str, str], is_forked: bool
) -> None:
    assert bool(words_to_fork(META_ADS, [META_ADS, "run"], environment)) == is_forked
