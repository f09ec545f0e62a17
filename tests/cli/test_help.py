"""The help texts: each command and option says what it does, and reading them loads little."""

import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
import typer.main

from orchestration.cli.main import app

HEAVY = ("dagster", "dbt", "fastapi", "great_expectations", "orchestration.alerting", "pandas")
LOADED = f"""
import sys
from orchestration.cli.main import app
app(["--help"], standalone_mode=False)
print(*[name for name in {HEAVY} if name in sys.modules], file=sys.stderr)
"""


def commands() -> Iterator[tuple[str, Any]]:
    """Every visible command and group by its full name."""

    def below(name: str, command: Any) -> Iterator[tuple[str, Any]]:
        yield name, command
        for part, child in getattr(command, "commands", {}).items():
            if not child.hidden:
                yield from below(f"{name} {part}", child)

    return below("meta-ads", typer.main.get_command(app))


ALL = dict(commands())


@pytest.mark.parametrize("name", ALL)
def test_a_command_says_in_a_sentence_what_it_does_and_each_option_what_it_changes(
    name: str,
) -> None:
    command = ALL[name]
    sentence = " ".join(command.help.split("\n\n")[0].split())
    assert sentence.endswith((".", '"'))
    assert sentence[0].isupper()
    # The list of commands shows it whole.
    assert len(sentence) <= 110, sentence
    silent = [parameter.name for parameter in command.params if not _is_explained(parameter)]
    assert silent == []


def _is_explained(parameter: Any) -> bool:
    return bool(parameter.help) or parameter.hidden


def test_the_help_loads_none_of_the_heavy_libraries() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=True
    )
    assert done.stderr.split() == []


def test_the_version_is_told_without_a_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "orchestration.cli.main", "--version"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("meta-ads 0.1.0 (/")
