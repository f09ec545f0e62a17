"""Files and tests that the documents name are there, so that a reader finds what they speak of."""

import re
import subprocess
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEST = re.compile(r"\b(test_\w+\.py)\b")
FILE = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:py|sql|yml|yaml|md|csv|html|css|json|toml|txt))`")
FOLDER = re.compile(r"`((?:[a-z_]+/)+)`")
DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "docs/architecture.md",
    "docs/decisions.md",
]


@cache
def files() -> list[str]:
    """Every file of the repository, as `/path/from/the/root`."""
    listed = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True)
    return [f"/{path}" for path in listed.splitlines()]


@pytest.mark.parametrize("document", ["README.md", "SECURITY.md", "docs/guarantees.md"])
def test_each_test_that_is_named_exists(document: str) -> None:
    named = set(TEST.findall((ROOT / document).read_text("utf-8")))
    there = {path.rpartition("/")[2] for path in files()}
    assert named
    assert named <= there, named - there


@pytest.mark.parametrize("document", DOCUMENTS)
def test_each_file_and_folder_that_is_named_exists(document: str) -> None:
    text = (ROOT / document).read_text("utf-8")
    named = {name for name in FILE.findall(text) if name not in OF_USERS}
    missing = {name for name in named if not any(path.endswith(f"/{name}") for path in files())}
    folders = {name for name in FOLDER.findall(text) if name not in OF_THE_API}
    missing |= {name for name in folders if not any(f"/{name}" in path for path in files())}
    assert not missing


OF_USERS = {"clients.yml", "dagster.yaml", "export.csv", "profiles.yml"}
"""Files that a user has, or the state folder of one."""
OF_THE_API = {"sandbox/"}
"""Parts of addresses."""
