"""The state folder is closed, also one that was open before."""

import os
from pathlib import Path

import pytest

from orchestration.process.private_files import tighten


def opened(path: Path) -> set[str]:
    """What group or others may use, below a folder and the folder itself."""
    return {str(p) for p in (path, *path.rglob("*")) if p.lstat().st_mode & 0o077}


def make(home: Path) -> None:
    (home / "dagster" / "history").mkdir(parents=True)
    (home / "dagster" / "history" / "runs.db").write_text("")
    (home / "cookie_secret").write_text("")
    (home / "program").touch(mode=0o755)
    for path in (home, *home.rglob("*")):
        path.chmod(path.stat().st_mode | 0o066 | (0o011 if path.is_dir() else 0))


def test_a_state_folder_that_stood_open_is_closed_and_keeps_what_its_owner_may(
    tmp_path: Path,
) -> None:
    home = tmp_path / "state"
    make(home)
    outside = tmp_path / "outside"
    outside.touch(mode=0o644)
    (home / "link").symlink_to(outside)
    tighten(home)
    assert opened(home) == {str(home / "link")}
    assert outside.stat().st_mode & 0o777 == 0o644
    assert (home / "program").stat().st_mode & 0o777 == 0o700


def test_a_folder_that_holds_other_things_as_well_is_left_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make(tmp_path / "work")
    (tmp_path / "work" / "below").mkdir()
    monkeypatch.chdir(tmp_path / "work" / "below")
    before = opened(tmp_path / "work")
    tighten(tmp_path / "work")
    assert opened(tmp_path / "work") == before


@pytest.mark.skipif(os.geteuid() != 0, reason="only root hands the server to another account")
def test_the_servers_account_still_walks_to_its_data_and_sees_nothing_else(tmp_path: Path) -> None:
    home = tmp_path / "state"
    make(home)
    data = home / "postgres" / "data"
    data.mkdir(parents=True)
    os.chown(data, 65534, 65534)
    tighten(home)
    for folder in (home, home / "postgres"):
        assert folder.stat().st_mode & 0o777 == 0o710
        assert folder.stat().st_gid == 65534
    assert opened(home) - {str(home), str(home / "postgres"), str(data)} == set()
