"""A setting is read under its own variable's name only."""

from pathlib import Path

import pytest

from orchestration.settings import load_settings

CHECKOUT = Path(__file__).parents[2]


def test_the_users_home_folder_is_not_the_state_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("META_ADS_HOME", raising=False)
    monkeypatch.setenv("HOME", "/somewhere")
    assert load_settings().home == CHECKOUT / ".meta-ads"
