"""Suites that run in a process of its own say the same, and end with the process that asked."""

import subprocess
import sys
from collections.abc import Iterator

import psutil
import pytest
from gate_answers import given, spoiled
from servers import eventually

from orchestration.quality import suite_process
from orchestration.quality.answer import Answer
from orchestration.quality.data_docs.results import SuiteResults
from orchestration.quality.gate import judge
from orchestration.quality.verdict import Verdict

pytestmark = pytest.mark.usefixtures("as_installed")
PARENT = """
import time
from orchestration.quality.suite_process import _started, start_suite_process
start_suite_process()
print(_started[0]._process.pid, flush=True)
time.sleep(300)
"""


def answers() -> list[Answer]:
    """One answer in order, and two that break rules."""
    return [
        given().answer,
        spoiled(lambda campaign, account: campaign.update(spend="-20.00")).answer,
        spoiled(lambda campaign, account: campaign.update(impressions="x")).answer,
    ]


def judged() -> tuple[list[Verdict], SuiteResults]:
    results = SuiteResults()
    return judge(answers(), results), results


@pytest.fixture
def process() -> Iterator[psutil.Process]:
    """The process that runs the suites of this one, which runs them itself afterwards."""
    suite_process.start_suite_process()
    running = suite_process._started[0]
    yield psutil.Process(running._process.pid)
    suite_process._started.clear()
    running.kill()


def test_verdicts_and_validation_report_are_the_same(process: psutil.Process) -> None:
    elsewhere = judged()
    assert process.is_running()
    suite_process._started.clear()
    here = judged()
    assert elsewhere == here
    assert len(here[0][1].violations) > 0
    assert any(suite.broken for suite in here[1].suites)


def test_when_the_process_is_gone_the_suites_run_here(process: psutil.Process) -> None:
    process.kill()
    process.wait(10)
    verdicts, _ = judged()
    assert not verdicts[0].blocking
    assert verdicts[1].blocking
    assert suite_process._started == []


def test_it_ends_with_the_process_that_started_it() -> None:
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE) as parent:
        assert parent.stdout
        child = psutil.Process(int(parent.stdout.readline()))
        parent.kill()
    assert eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)
