"""The installed script `meta-ads` starts the command line, also one of an earlier release."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

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
