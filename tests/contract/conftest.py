"""One sandbox for the tests that turn its dial, put back as it was after each of them."""

from collections.abc import Iterator

import pytest
from sandbox_support import NOW, put_back

from orchestration.sandbox.process import SandboxProcess


@pytest.fixture(scope="session")
def running() -> Iterator[SandboxProcess]:
    """The demo accounts, at noon UTC of a Monday; for what only reads."""
    with SandboxProcess(now=NOW) as process:
        yield process


@pytest.fixture
def sandbox(running: SandboxProcess) -> Iterator[SandboxProcess]:
    """The same, without any fault, its log empty and its clock where it began."""
    yield running
    put_back(running)
