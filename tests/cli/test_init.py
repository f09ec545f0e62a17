"""`meta-ads init`: from a token to a clients file and `.env`; nothing that is there is changed."""

import os
import pty
import select
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from databases import META_ADS
from factories import NOW
from places import clear_faults, set_fault

from orchestration.clients.model import load_clients
from orchestration.sandbox.process import SandboxProcess

TOKEN = "EAATokenOfTheTests"
SECONDS = 120


@pytest.fixture(scope="module")
def few(sandbox: SandboxProcess) -> Iterator[SandboxProcess]:
    """The demo accounts; only the first two say when they delivered, so that little is added up."""
    set_fault(sandbox.url, kind="permission", level="account", after=2)
    yield sandbox
    clear_faults(sandbox.url)


class User:
    """A user with nothing set up, who calls the command in an empty folder."""

    def __init__(self, folder: Path, url: str) -> None:
        self.home = folder / "home"
        self.environment = {
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "COLUMNS": "250",
            "META_ADS_HOME": str(self.home),
            "META_API_URL": url,
            "META_ADS_NOW": NOW,
            # One after the other, so that it is certain who meets a fault.
            "META_ADS_CONCURRENCY": "1",
        }
        self.folder = folder

    def run(
        self, *arguments: str, stdin: str = "", **environment: str
    ) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [META_ADS, *arguments],
            env=self.environment | environment,
            cwd=self.folder,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def answer(self, *answers: tuple[str, str], **environment: str) -> tuple[int, str]:
        """`meta-ads init` at a terminal: what is typed once some text is there; code and screen."""
        process, screen = pty.fork()
        if process == 0:
            os.chdir(self.folder)
            os.execve(META_ADS, [META_ADS, "init"], self.environment | environment)
        shown, waiting = "", list(answers)
        while select.select([screen], [], [], SECONDS)[0]:
            try:
                shown += os.read(screen, 4096).decode(errors="replace")
            except OSError:
                break
            if waiting and waiting[0][0] in shown:
                os.write(screen, f"{waiting.pop(0)[1]}\n".encode())
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), shown

    def files(self) -> list[str]:
        return sorted(path.name for path in self.home.iterdir()) if self.home.exists() else []


@pytest.fixture
def user(tmp_path: Path, few: SandboxProcess) -> User:
    return User(tmp_path, few.url)


def test_at_a_terminal_it_asks_for_token_and_accounts_and_says_what_is_next(user: User) -> None:
    code, shown = user.answer(
        ("Token of", TOKEN), ("Which of them?", "17"), ("Numbers from 1 to 16", "1, 3-4")
    )
    assert code == 0, shown
    assert TOKEN not in shown
    # One account that does not answer stops none of the others.
    assert "act_1001    Acme Outdoor" in shown
    assert "2025-09 to 2026-11" in shown
    assert "not known: " in shown
    clients = load_clients(user.home / "clients.yml")
    names = [client.client_id for client in clients]
    assert names == ["acme-outdoor", "bright-path-academy", "camden-dental-care"]
    written = (user.home / "clients.yml").read_text("utf-8")
    first = "  # EUR, Europe/Berlin; delivery: 2025-09 to 2026-11\n  - client_id: acme-outdoor\n"
    assert first in written
    settings = user.home / ".env"
    assert f"\nMETA_ACCESS_TOKEN={TOKEN}\n" in settings.read_text("utf-8")
    assert [path.stat().st_mode & 0o777 for path in user.home.iterdir()] == [0o600, 0o600]
    assert "doctor checks all of it" in shown
    assert "run collects" in shown
    # The command that it names finds both files.
    assert user.run("clients", "check").returncode == 0
    again = user.run("init", "--all")
    assert again.returncode == 2
    assert f"{user.home / 'clients.yml'} is there already" in again.stderr
    assert (user.home / "clients.yml").read_text("utf-8") == written


def test_interrupted_at_the_question_it_leaves_nothing(user: User) -> None:
    code, shown = user.answer(("Which of them?", "\x03"), META_ACCESS_TOKEN=TOKEN)
    assert code == 130, shown
    assert user.files() == []


def test_a_token_of_the_environment_stays_there(user: User) -> None:
    done = user.run("init", "--all", META_ACCESS_TOKEN=TOKEN)
    assert done.returncode == 0, done.stderr
    assert len(load_clients(user.home / "clients.yml")) == 16
    assert TOKEN not in (user.home / ".env").read_text("utf-8")
    assert "META_ACCESS_TOKEN stays where it is" in done.stdout


def test_a_token_is_read_from_a_file_or_stdin_and_not_added_to_settings_that_are_there(
    user: User,
) -> None:
    given = ("init", "--all", "--token-file", "-")
    assert "has to hold the token" in user.run(*given, stdin="a token\n").stderr
    user.home.mkdir()
    (user.home / ".env").write_text("META_ADS_DUE_HOUR=5\n")
    done = user.run(*given, stdin=f"{TOKEN}\n")
    assert done.returncode == 2
    assert "is there already without META_ACCESS_TOKEN" in done.stderr
    assert user.files() == [".env"]
    (user.home / ".env").unlink()
    # Another project's file is left alone.
    (user.folder / ".env").write_text("DJANGO_SETTINGS_MODULE=shop\n")
    dead = user.run(*given, stdin="dead-token\n")
    assert (dead.returncode, user.files()) == (3, [])
    done = user.run(*given, stdin=f"{TOKEN}\n")
    assert done.returncode == 0, done.stderr
    assert (user.folder / ".env").read_text() == "DJANGO_SETTINGS_MODULE=shop\n"
    assert f"META_ACCESS_TOKEN={TOKEN}\n" in (user.home / ".env").read_text("utf-8")


def test_without_a_token_it_sets_up_the_demo(user: User) -> None:
    nobody = user.run("init", META_API_URL="")
    assert nobody.returncode == 2
    assert "Nobody can be asked" in nobody.stderr
    code, shown = user.answer(("Token of", ""), META_API_URL="")
    assert code == 0, shown
    assert "set up for the demo" in shown
    assert user.files() == ["demo"]
    assert user.run("init", "--demo", META_API_URL="").returncode == 0
    # A command that would refuse an empty installation works with the demo now.
    assert "Demo data" in user.run("clients", "discover", META_API_URL="").stderr
