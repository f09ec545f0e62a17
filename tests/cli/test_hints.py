"""Hints name commands that work where they are printed; what deletes data asks on a terminal."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer.core
import typer.main
import yaml
from databases import META_ADS, Warehouse

from orchestration.cli.main import _run, app
from orchestration.cli.output.clients import print_accounts, print_entries
from orchestration.meta_api.client import AccountFacts
from orchestration.process.program import COMMANDS, with_program

BIN = Path(sys.executable).parent
SYSTEM = "/usr/bin:/bin"


def test_a_hint_names_the_program_as_it_can_be_called(warehouse: Warehouse) -> None:
    said = warehouse.run("publications", "list").stdout
    assert said == "Nothing is published yet: meta-ads run collects, builds and publishes.\n"
    said = warehouse.run("publications", "list", PATH=SYSTEM).stdout
    assert said == f"Nothing is published yet: {META_ADS} run collects, builds and publishes.\n"
    assert f"{META_ADS} --help" in warehouse.run("nonsense", PATH=SYSTEM).stderr
    # What lacks an argument is told of its own help.
    said = warehouse.run("publications", "diff", "1").stderr
    assert said.endswith("meta-ads publications diff --help lists commands and options.\n")


def test_below_the_current_folder_the_path_is_relative(warehouse: Warehouse) -> None:
    done = subprocess.run(
        [META_ADS, "publications", "list"],
        env=warehouse.command_environment({"PATH": SYSTEM}),
        cwd=BIN.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f": {BIN.parent.name}/bin/meta-ads run " in done.stdout


@pytest.mark.parametrize(("answer", "code"), [(b"n\n", 130), (b"y\n", 0)])
def test_pruning_asks_on_a_terminal(warehouse: Warehouse, answer: bytes, code: int) -> None:
    person, terminal = pty.openpty()
    os.write(person, answer)
    done = subprocess.run(
        [META_ADS, "publications", "prune"],
        env=warehouse.command_environment({}),
        cwd=warehouse.home,
        stdin=terminal,
        capture_output=True,
        text=True,
        check=False,
    )
    os.close(person)
    os.close(terminal)
    assert done.returncode == code, done.stderr
    assert "This deletes what publications older than 90 days showed" in done.stdout
    # Scripts have nobody to ask.
    assert warehouse.run("publications", "prune").returncode == 0


def test_only_commands_are_rewritten_and_no_names(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orchestration.process.program.program", lambda: "PROGRAM")
    assert with_program("Next: meta-ads run --json.") == "Next: PROGRAM run --json."
    assert with_program("Ask `meta-ads server stop`.") == "Ask `PROGRAM server stop`."
    for name in ("meta-ads agency", "meta-ads run-away", "meta-ads upstairs", "x.meta-ads run"):
        assert with_program(name) == name


def test_the_commands_that_hints_name_are_those_of_the_program() -> None:
    group = typer.main.get_command(app)
    assert isinstance(group, typer.core.TyperGroup)
    assert sorted(group.commands) == sorted(COMMANDS)


def test_yaml_and_tables_show_names_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("orchestration.process.program.program", lambda: "PROGRAM")
    account = AccountFacts(
        account_id="1001", name="meta-ads run", currency="EUR", timezone_name="UTC"
    )
    print_accounts([account], {})
    print_entries([{"name": account.name}], Path("clients.yml"), is_first=True)
    said = capsys.readouterr().out
    assert said.count("meta-ads run") == 2
    assert yaml.safe_load(said) == {"clients": [{"name": "meta-ads run"}]}


def test_an_error_is_one_sentence_even_where_nobody_can_say_what_is_secret(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise ValueError("EAAabcdefghij is no number")

    def cannot_be_read() -> list[str]:
        raise PermissionError

    monkeypatch.setattr("orchestration.alerting.destinations.secrets.known_secrets", cannot_be_read)
    assert _run(fail) == 4
    said = "An unexpected error: ValueError: *** is no number. --debug shows more.\n"
    assert capsys.readouterr().err == said
