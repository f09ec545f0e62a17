"""The installed script `meta-ads` starts the command line, also one of an earlier release."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from databases import META_ADS
from preloaded.choice import from_nothing

PROJECT = Path(__file__).parents[2] / "pyproject.toml"
EARLIER = "orchestration.cli:main"


def entry_point() -> str:
    """Module and function that a new script calls, as pyproject.toml says."""
    scripts = tomllib.loads(PROJECT.read_text("utf-8"))["project"]["scripts"]
    return str(scripts["meta-ads"])


@pytest.mark.parametrize("entry", [EARLIER, entry_point()])
def test_a_script_finds_the_command_line(entry: str, tmp_path: Path) -> None:
    module, function = entry.split(":")
    script = tmp_path / "meta-ads"
    # What an installer writes.
    script.write_text(f"import sys\nfrom {module} import {function}\nsys.exit({function}())\n")
    done = subprocess.run(
        [sys.executable, script, "no-such-command"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("No such command 'no-such-command'")


@pytest.mark.parametrize("arguments", [["owed"], ["owed", "--debug"], ["no-such-command"]])
def test_a_package_that_cannot_be_loaded_is_named_with_the_remedy(
    arguments: list[str], tmp_path: Path
) -> None:
    # As where the wheel with Postgres' client library is not for this machine.
    environment = {"PSYCOPG_IMPL": "c", "HOME": str(tmp_path), "META_ADS_HOME": str(tmp_path)}
    with from_nothing():
        done = subprocess.run(
            [META_ADS, *arguments], env=environment, capture_output=True, text=True, check=False
        )
    assert (done.returncode, done.stdout) == (2, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith("A package that is needed cannot be loaded: couldn't import")
    assert sentence.endswith("run make setup, else pipx reinstall meta-ads-warehouse.")
