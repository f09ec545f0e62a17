"""Progress says of what it counts how many there are."""

import io
from contextlib import redirect_stdout

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


def test_a_bar_leaves_stdout_to_the_log_and_names_no_total_that_nobody_knows(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("NO_COLOR", "1")
    log = io.StringIO()
    with Watcher() as watcher, redirect_stdout(log):
        watcher.stage("Starting", None)
        watcher.stage("Building", 2, "table")
        print("1 of 2 OK created")  # noqa: T201  as dbt does
        watcher.step("")
    shown = capsys.readouterr()
    assert log.getvalue() == "1 of 2 OK created\n"
    assert "1 of 2" not in shown.out + shown.err
    assert "None" not in shown.err
    assert "1/2 tables" in shown.err
