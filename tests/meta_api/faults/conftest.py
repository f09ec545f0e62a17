"""The true rows, small pages, and a look into the log after each test."""

import logging
from collections.abc import Iterator

import pytest
from client_support import PROOF, TOKEN, Rows, honest

from orchestration.meta_api import insights
from orchestration.sandbox.process import SandboxProcess


@pytest.fixture(autouse=True)
def no_secret_is_logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Under every fault neither the token nor its proof is logged."""
    caplog.set_level(logging.DEBUG, logger="orchestration")
    yield
    assert TOKEN not in caplog.text
    assert PROOF not in caplog.text


@pytest.fixture(scope="module")
def truth(running: SandboxProcess) -> Rows:
    rows = honest(running)
    assert len(rows) > 30
    return rows


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Makes several pages of few rows."""
    monkeypatch.setattr(insights, "PAGE_ROWS", 12)
