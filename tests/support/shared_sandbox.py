"""One sandbox for the tests that collect from it, put back as it was after each of them."""

from collections.abc import Iterator
from datetime import datetime

import pytest
from factories import NOW
from sandbox_support import NOW as MONDAY
from sandbox_support import put_back

from orchestration.sandbox.process import SandboxProcess


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxProcess]:
    """The demo accounts at the tests' business time."""
    with SandboxProcess(now=datetime.fromisoformat(NOW)) as process:
        yield process


@pytest.fixture(scope="session", name="running")
def running_on_monday() -> Iterator[SandboxProcess]:
    """The same at noon UTC of a Monday."""
    with SandboxProcess(now=MONDAY) as process:
        yield process


@pytest.fixture
def sandbox(running: SandboxProcess) -> Iterator[SandboxProcess]:
    """The same, without any fault, its log empty and its clock where it began."""
    yield running
    put_back(running)
