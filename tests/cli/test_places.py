"""State and settings have one place, wherever a command is called."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from databases import META_ADS
from factories import write_clients
from pydantic import AliasChoices

from orchestration.settings import Settings
from orchestration.settings.places import OURS

ROOT = Path(__file__).parents[2]
SYSTEM = "/usr/bin:/bin"
ENTRY = "client_id: acme, name: Acme, ad_account_id: act_1001"
Command = Callable[..., "subprocess.CompletedProcess[str]"]


def program(folder: Path, *, is_checkout: bool) -> Command:
    """`meta-ads` as installed from a checkout in `folder`, or from a package; called elsewhere."""
    folder.mkdir()
    for name in ("orchestration", "dbt_project"):
        (folder / name).symlink_to(ROOT / name)
    if is_checkout:
        (folder / "pyproject.toml").touch()
    user, elsewhere = folder.parent / "user", folder.parent / "elsewhere"
    user.mkdir()
    elsewhere.mkdir()

    def run(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [sys.executable, "-m", "orchestration.cli.main", *arguments],
            env={"PATH": os.environ["PATH"], "HOME": str(user), "PYTHONPATH": str(folder)}
            | environment,
            cwd=elsewhere,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def checkout(tmp_path: Path) -> Command:
    return program(tmp_path / "checkout", is_checkout=True)


def places(command: Command, **environment: str) -> dict[str, Any]:
    done = command("where", "--json", **environment)
    assert done.returncode == 0, done.stderr
    return {place["name"]: place for place in json.loads(done.stdout)["places"]}


@pytest.mark.parametrize("arguments", [("owed",), ("collect",), ("clients", "discover"), ("up",)])
def test_where_nothing_is_set_up_a_command_says_where_it_looked_and_makes_nothing(
    checkout: Command, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    if arguments == ("up",):
        arguments = ("up", "--port", "0", "--health-port", "1")
    done = checkout(*arguments)
    assert done.returncode == 2
    for folder in (tmp_path / "elsewhere", tmp_path / "checkout"):
        assert str(folder / ".env") in done.stderr
        assert str(folder / "clients.yml") in done.stderr
    assert "run --demo" in done.stderr
    assert list((tmp_path / "elsewhere").iterdir()) == []
    assert not (tmp_path / "checkout" / ".meta-ads").exists()


def test_a_checkout_keeps_state_and_settings_wherever_a_command_is_called(
    checkout: Command, tmp_path: Path
) -> None:
    root = tmp_path / "checkout"
    write_clients(root / "clients.yml", ENTRY)
    (root / ".env").write_text("META_ACCESS_TOKEN=EAATokenOfTheFile\nMETA_ADS_SYSTEM_DATA=data\n")
    (root / ".env").chmod(0o600)
    found = places(checkout)
    assert found["state folder"]["at"] == str(root / ".meta-ads")
    assert found["settings"] | {"looked_at": [], "source": ""} == {
        "name": "settings",
        "at": str(root / ".env"),
        "is_there": True,
        "source": "",
        "looked_at": [],
    }
    assert found["clients file"]["at"] == str(root / "clients.yml")
    assert found["META_ACCESS_TOKEN"]["is_there"]
    assert "EAATokenOfTheFile" not in checkout("where").stdout
    several = f"the first of {tmp_path / 'elsewhere' / '.env'}, {root / '.env'}"
    assert found["settings"]["source"] == several
    # There is one place only where the current folder is the checkout.
    (tmp_path / "elsewhere").rmdir()
    (tmp_path / "elsewhere").symlink_to(root)
    found = places(checkout)
    assert (found["settings"]["source"], found["settings"]["at"]) == (
        "looked for there only",
        str(root / ".env"),
    )
    assert found["clients file"]["source"] == "looked for there only"


def test_the_current_folders_files_come_first_but_not_those_of_another_project(
    checkout: Command, tmp_path: Path
) -> None:
    for folder in ("checkout", "elsewhere"):
        write_clients(tmp_path / folder / "clients.yml", ENTRY)
        (tmp_path / folder / ".env").write_text("META_ADS_DUE_HOUR=5\n")
    found = places(checkout)
    assert found["settings"]["at"] == str(tmp_path / "elsewhere" / ".env")
    assert found["clients file"]["at"] == str(tmp_path / "elsewhere" / "clients.yml")
    for line in ("DJANGO_SETTINGS_MODULE=shop.settings", "META_PIXEL_ID=1\nMETA_APP_ID=2"):
        (tmp_path / "elsewhere" / ".env").write_text(f"{line}\n")
        assert places(checkout)["settings"]["at"] == str(tmp_path / "checkout" / ".env")


def test_each_setting_lets_its_file_count_as_ours() -> None:
    for name, field in Settings.model_fields.items():
        alias = field.validation_alias
        assert isinstance(alias, AliasChoices), name
        assert all(str(choice).startswith(OURS) for choice in alias.choices), name


def test_a_relative_path_of_the_file_is_below_the_file(checkout: Command, tmp_path: Path) -> None:
    (tmp_path / "checkout" / ".env").write_text(
        "META_ADS_HOME=state\nMETA_ADS_CLIENTS=ours/clients.yml\n"
    )
    found = places(checkout)
    assert found["state folder"]["at"] == str(tmp_path / "checkout" / "state")
    assert found["clients file"]["at"] == str(tmp_path / "checkout" / "ours" / "clients.yml")


def test_an_installed_package_uses_the_users_folders(tmp_path: Path) -> None:
    command = program(tmp_path / "site-packages", is_checkout=False)
    user, xdg = tmp_path / "user", tmp_path / "xdg"
    found = places(command)
    assert found["state folder"]["at"] == str(user / ".local" / "share" / "meta-ads")
    assert found["settings"]["at"] == str(user / ".config" / "meta-ads" / ".env")
    found = places(command, XDG_CONFIG_HOME=str(xdg / "settings"), XDG_DATA_HOME=str(xdg / "data"))
    assert found["state folder"]["at"] == str(xdg / "data" / "meta-ads")
    assert found["clients file"]["at"] == str(xdg / "settings" / "meta-ads" / "clients.yml")


def test_a_state_folder_of_its_own_does_not_take_the_checkouts_settings(
    checkout: Command, tmp_path: Path
) -> None:
    (tmp_path / "checkout" / ".env").write_text("META_ACCESS_TOKEN=EAATokenOfTheFile\n")
    found = places(checkout, META_ADS_HOME=str(tmp_path / "trial"))
    assert found["settings"]["at"] == str(tmp_path / "trial" / ".env")
    assert not found["META_ACCESS_TOKEN"]["is_there"]


def test_a_state_folder_of_an_earlier_release_is_not_passed_over_in_silence(
    checkout: Command, tmp_path: Path
) -> None:
    earlier = tmp_path / "elsewhere" / ".meta-ads"
    earlier.mkdir()
    done = checkout("owed")
    assert done.returncode == 2
    assert f"META_ADS_HOME={earlier}" in done.stderr
    assert f"Not used: {earlier}" in checkout("where").stdout
    assert "Nothing is set up" in checkout("owed", META_ADS_HOME=str(earlier)).stderr


def test_a_token_without_a_clients_file_is_told_where_that_was_looked_for(
    checkout: Command, tmp_path: Path
) -> None:
    done = checkout("owed", META_ACCESS_TOKEN="EAATokenOfTheTests")
    assert done.returncode == 2
    for folder in ("elsewhere", "checkout"):
        assert str(tmp_path / folder / "clients.yml") in done.stderr
    assert "META_ADS_CLIENTS" in done.stderr


def test_a_named_settings_file_that_is_not_there_is_refused(
    checkout: Command, tmp_path: Path
) -> None:
    done = checkout("where", META_ADS_ENV_FILE=str(tmp_path / "no.env"))
    assert done.returncode == 2
    assert f"META_ADS_ENV_FILE names {tmp_path / 'no.env'}" in done.stderr


def test_settings_that_cannot_be_read_end_a_command_with_one_sentence(
    checkout: Command, tmp_path: Path
) -> None:
    settings = tmp_path / "checkout" / ".env"
    settings.write_bytes(b"META_ADS_DUE_HOUR=\xff\n")
    done = checkout("owed")
    assert done.returncode == 2
    assert done.stderr == f"The settings {settings} are not UTF-8 text.\n"
    settings.write_text("META_ADS_DUE_HOUR=5\n")
    if os.geteuid() != 0:
        settings.chmod(0)
        done = checkout("owed")
        assert done.returncode == 2
        assert done.stderr == f"The settings {settings} cannot be read: Permission denied.\n"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look into every folder")
def test_a_closed_current_folder_is_passed_over(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    done = subprocess.run(
        ["/bin/sh", "-c", f"chmod 0 {closed}; exec {META_ADS} owed"],
        env={"PATH": SYSTEM, "HOME": str(tmp_path), "META_ADS_HOME": str(tmp_path / "home")},
        cwd=closed,
        capture_output=True,
        text=True,
        check=False,
    )
    closed.chmod(0o700)
    assert done.returncode == 2, done.stderr
    assert "Nothing is set up" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_wrong_path_of_the_clients_file_is_not_taken_for_a_new_installation(
    checkout: Command, tmp_path: Path
) -> None:
    wrong = tmp_path / "elsewhere" / "client.yml"
    for command in (("owed",), ("run", "--demo-if-new"), ("collect", "--demo-if-new")):
        done = checkout(*command, META_ADS_CLIENTS=str(wrong), ACME_TOKEN="a-token")
        assert done.returncode == 2, done.stderr
        assert f"The clients file was looked for as {wrong}:" in done.stderr
        # Not even where the warehouse is the demo's.
        (tmp_path / "checkout" / ".meta-ads").mkdir(exist_ok=True)
        (tmp_path / "checkout" / ".meta-ads" / "demo").write_text("embedded\n")
    assert [path.name for path in (tmp_path / "checkout" / ".meta-ads").iterdir()] == ["demo"]


@pytest.mark.parametrize("name", ["", "META_ADS_HOME", "META_ADS_CLIENTS", "META_ADS_ENV_FILE"])
def test_a_current_folder_that_was_deleted_is_passed_over(tmp_path: Path, name: str) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    environment = {"PATH": SYSTEM, "HOME": str(tmp_path), "META_ADS_HOME": str(tmp_path / "home")}
    done = subprocess.run(
        ["/bin/sh", "-c", f"rmdir {gone}; exec {META_ADS} owed"],
        env=environment | ({name: "below"} if name else {}),
        cwd=gone,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    if name:
        assert "The current folder was deleted, and below is below it" in done.stderr
    else:
        assert f"in {tmp_path / 'home' / '.env'}" in done.stderr
        assert str(gone) not in done.stderr
