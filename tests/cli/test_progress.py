"""Progress says of what it counts how many there are."""

import pytest
from databases import Warehouse

from orchestration.cli.output.watcher import Watcher


def test_a_run_says_how_many_days_and_accounts_it_asks_for(demo: Warehouse) -> None:
    done = demo.run("collect", "--client", "acme-outdoor", "--since", "2026-11-13")
    assert "Asking about ad accounts (1 account) ..." in done.stderr
    assert "Collecting (2 client-days) ..." in done.stderr


def test_a_stage_of_unknown_size_has_its_title_alone(capsys: pytest.CaptureFixture[str]) -> None:
    Watcher().stage("Starting", None)
    assert capsys.readouterr().err == "Starting ...\n"
