"""The Makefile: what it deletes it asks about, and a folder that was moved is set up anew."""

import os
import pty
import subprocess
from pathlib import Path

import psycopg
import pytest

from orchestration.warehouse.embedded.server import EmbeddedServer

ROOT = Path(__file__).parents[2]


def make(
    folder: Path, *arguments: str, stdin: int = subprocess.DEVNULL, **environment: str
) -> "subprocess.CompletedProcess[str]":
    # Nothing of the make that runs the tests.
    outside = {n: v for n, v in os.environ.items() if not n.startswith(("MAKE", "MFLAGS"))}
    return subprocess.run(
        ["make", "-f", str(ROOT / "Makefile"), *arguments],
        cwd=folder,
        env=outside | environment,
        stdin=stdin,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / ".meta-ads" / "dagster").mkdir(parents=True)
    (tmp_path / ".ruff_cache").mkdir()
    return tmp_path


@pytest.mark.parametrize("url", ["", "postgresql://somebody@db.example.com/ads"])
def test_clean_asks_before_it_deletes_state(folder: Path, url: str) -> None:
    done = make(folder, "clean", WAREHOUSE_URL=url)
    assert done.returncode == 2
    assert "the warehouse with its history" in done.stderr
    assert "make clean ARGS=--yes" in done.stderr
    assert (folder / ".meta-ads" / "dagster").is_dir()
    assert (folder / ".ruff_cache").is_dir()


@pytest.mark.parametrize(("answer", "is_deleted"), [(b"n\n", False), (b"y\n", True)])
def test_clean_does_what_the_person_at_the_terminal_says(
    folder: Path, answer: bytes, is_deleted: bool
) -> None:
    person, terminal = pty.openpty()
    os.write(person, answer)
    done = make(folder, "clean", stdin=terminal)
    os.close(person)
    os.close(terminal)
    assert (done.returncode == 0) is is_deleted, done.stderr
    assert (folder / ".meta-ads").exists() is not is_deleted
    assert (folder / ".ruff_cache").exists() is not is_deleted


def test_clean_without_state_or_with_yes_does_not_ask(folder: Path) -> None:
    assert make(folder, "clean", "ARGS=--yes").returncode == 0
    assert list(folder.iterdir()) == []
    assert make(folder, "clean").returncode == 0


@pytest.mark.parametrize("option", ["-n", "-t", "-q"])
@pytest.mark.parametrize("arguments", [(), ("ARGS=--yes",)])
def test_clean_that_is_only_printed_deletes_nothing(
    folder: Path, option: str, arguments: tuple[str, ...]
) -> None:
    server = folder / ".meta-ads" / "postgres"
    server.mkdir()
    # What a deletion would call, were it called.
    called = folder / "called"
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f"#!/bin/sh\ntouch {called}\n")
    python.chmod(0o700)
    done = make(folder, option, "clean", *arguments)
    assert done.returncode == (1 if option == "-q" else 0), done.stderr
    assert server.is_dir()
    assert (folder / ".ruff_cache").is_dir()
    assert not called.exists()
    assert not (folder / ".venv" / "run.stamp").exists()


def test_clean_stops_the_server_unless_somebody_works_with_it(open_folder: Path) -> None:
    place = open_folder / "checkout"
    server = EmbeddedServer(place / ".meta-ads", open_folder / "system")
    with psycopg.connect(server.ensure_running(), application_name="dagster"):
        refused = removal(place, open_folder / "system")
        assert refused.returncode == 2
        assert "in use (1 connection of dagster): nothing was removed" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert server.status().running
        assert server.status().data_dir.exists()
    password = place / ".meta-ads" / "postgres" / "password"
    right = password.read_text()
    password.write_text("wrong")
    unknown = removal(place, open_folder / "system")
    assert unknown.returncode == 2
    assert "does not say who works with the warehouse" in unknown.stderr
    assert "Traceback" not in unknown.stderr
    assert server.status().data_dir.exists()
    password.write_text(right)
    done = removal(place, open_folder / "system")
    assert done.returncode == 0, done.stderr
    assert not server.status().running
    assert not server.status().data_dir.exists()


def removal(place: Path, system: Path) -> "subprocess.CompletedProcess[str]":
    """What `make clean` calls in a folder; the settings name another warehouse."""
    return subprocess.run(
        [ROOT / ".venv/bin/python", "-m", "orchestration.warehouse.embedded.removal", ".meta-ads"],
        cwd=place,
        env={
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "WAREHOUSE_URL": "postgresql://somebody@db.example.com/ads",
            "META_ADS_SYSTEM_DATA": str(system),
        },
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("is_moved", [False, True])
def test_a_folder_that_was_moved_is_set_up_anew(tmp_path: Path, is_moved: bool) -> None:
    venv = tmp_path / ".venv"
    (venv / "bin").mkdir(parents=True)
    for name in ("pyproject.toml", "requirements/uv.txt", "requirements/run.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (0, 0))
    place = tmp_path / "elsewhere" if is_moved else tmp_path
    (venv / "bin" / "meta-ads").write_text(f"#!{place}/.venv/bin/python\n")
    (venv / "bin" / "uv").touch()
    (venv / "run.stamp").touch()
    done = make(tmp_path, "--dry-run", "run")
    assert done.returncode == 0, done.stderr
    assert ("-m venv" in done.stdout) is is_moved
    assert ("--editable ." in done.stdout) is is_moved


LINTERS = ("ruff", "mypy", "lint-imports", "sqlfluff")


@pytest.mark.parametrize("failing", [None, *LINTERS])
def test_lint_asks_every_linter_and_fails_with_each(tmp_path: Path, failing: str | None) -> None:
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "meta-ads").write_text(f"#!{programs}/python\n")
    (tmp_path / "requirements").mkdir()
    # In the order in which they are made of each other: nothing is to be installed.
    names = (
        "requirements/uv.txt",
        "requirements/run.txt",
        "requirements/dev.txt",
        "pyproject.toml",
    )
    stamps = (".venv/bin/uv", ".venv/run.stamp", ".venv/dev.stamp")
    for second, name in enumerate((*names, *stamps)):
        (tmp_path / name).touch()
        os.utime(tmp_path / name, (second, second))
    for name in LINTERS:
        code = int(name == failing)
        (programs / name).write_text(f"#!/bin/sh\necho {name} was here\nexit {code}\n")
        (programs / name).chmod(0o700)
    done = make(tmp_path, "lint")
    assert (done.returncode != 0) is (failing is not None), done.stderr
    told = {name for name in LINTERS if f"{name} was here" in done.stdout}
    # What import-linter says at length is printed where it found something.
    assert told == {*LINTERS} - ({"lint-imports"} if failing != "lint-imports" else set())
