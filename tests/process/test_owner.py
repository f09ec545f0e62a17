"""The name of a process, by which others tell whether it still lives."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from orchestration.process import owner
from orchestration.process.owner import build_owner, owner_is_dead, owner_state


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """What /proc says in another boot or PID namespace, where a process has the id of this one."""
    proc = tmp_path / "proc"
    (proc / "sys/kernel/random").mkdir(parents=True)
    (proc / "self/ns").mkdir(parents=True)
    (proc / str(os.getpid())).mkdir()
    (proc / "sys/kernel/random/boot_id").write_text("the-boot\n")
    (proc / "self/ns/pid").symlink_to("pid:[1]")
    (proc / str(os.getpid()) / "stat").write_text(f"{os.getpid()} (a) b) S" + " 0" * 18 + " 7 0")
    owner._surroundings.cache_clear()
    monkeypatch.setattr(owner, "PROC", proc)
    yield proc
    owner._surroundings.cache_clear()


def test_a_process_is_alive_until_it_ends() -> None:
    program = (
        "import sys; from orchestration.process.owner import build_owner; print(build_owner())"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", f"{program}; sys.stdout.flush(); sys.stdin.read()"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with child:
        assert child.stdout is not None
        name = child.stdout.readline().strip()
        assert owner_state(name) == "alive"
        child.communicate("")
    assert owner_is_dead(name)


def test_another_process_with_the_same_id_is_not_the_one() -> None:
    name = build_owner()
    assert owner_state(name) == "alive"
    assert owner_is_dead(f"{name}1")


@pytest.mark.usefixtures("elsewhere")
def test_setting_the_clock_changes_no_name(monkeypatch: pytest.MonkeyPatch) -> None:
    name = build_owner()
    monkeypatch.setattr(psutil, "boot_time", lambda: 0.0)
    assert build_owner() == name
    assert owner_state(name) == "alive"


@pytest.mark.parametrize(
    ("file", "text"), [("sys/kernel/random/boot_id", "another-boot"), ("self/ns/pid", "pid:[2]")]
)
def test_of_another_boot_or_namespace_nothing_is_known(
    elsewhere: Path, file: str, text: str
) -> None:
    name = build_owner()
    (elsewhere / str(os.getpid()) / "stat").unlink()
    assert owner_is_dead(name)
    path = elsewhere / file
    path.unlink()
    path.symlink_to(text) if "ns" in file else path.write_text(text)
    owner._surroundings.cache_clear()
    assert owner_state(name) == "unknown"


def test_the_name_of_another_host_or_of_no_process_says_nothing() -> None:
    for name in ("elsewhere/1/a.b.1", "dbt alone", "", f"{build_owner().partition('/')[0]}/x/1.0"):
        assert owner_state(name) == "unknown"
