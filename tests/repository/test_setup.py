"""Setting up: from pinned files with hashes, over the certificates that the machine trusts."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PIN = re.compile(r"^[A-Za-z0-9._-]+(\[[a-z0-9,-]+\])?==\S+( ; .+)? \\$")


@pytest.fixture(scope="module")
def commands(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """What `make` would run to install everything into an empty place."""
    venv = tmp_path_factory.mktemp("setup") / "venv"
    done = subprocess.run(
        ["make", "--dry-run", f"VENV={venv}", f"{venv}/dev.stamp"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    return [line for line in done.stdout.splitlines() if " install " in line]


def test_the_installer_trusts_what_the_machine_trusts(commands: list[str]) -> None:
    by_uv = [line for line in commands if "/uv " in line]
    assert len(by_uv) == 3
    assert all("UV_SYSTEM_CERTS=1" in line for line in by_uv)


def test_files_are_checked_and_sources_are_not_built(commands: list[str]) -> None:
    from_files = [line for line in commands if "--requirement" in line and "/uv " in line]
    assert len(from_files) == 2
    assert all("--require-hashes --only-binary :all:" in line for line in from_files)


@pytest.mark.parametrize("name", ["run", "dev", "uv"])
def test_every_requirement_has_hashes_and_no_index_is_named(name: str) -> None:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    entries = re.split(r"\n(?=[A-Za-z])", text.strip())
    for entry in entries:
        first, *hashes = entry.splitlines()
        assert PIN.fullmatch(first), first
        assert hashes
        assert all(line.strip().startswith("--hash=sha256:") for line in hashes)
    assert "://" not in text
