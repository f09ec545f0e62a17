"""Data of an earlier major version are served and moved; changes of the server can be archived."""

import subprocess
from pathlib import Path

import pytest
from databases import superuser_url
from embedded_worlds import World

from orchestration.errors import MetaAdsError
from orchestration.warehouse.embedded.binaries import binaries_for, installed_binaries
from orchestration.warehouse.embedded.cluster import BEFORE_UPGRADE

EARLIER = "16"
"""A major version that the wheel holds beside the newest."""


@pytest.fixture
def earlier(fresh: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """A stopped server whose data an earlier Postgres made, with a table and a role."""
    with monkeypatch.context() as patch:
        patch.setattr(
            "orchestration.warehouse.embedded.versions.installed_binaries",
            lambda: binaries_for(EARLIER),
        )
        fresh.query("create table kept (id integer)")
        fresh.query("insert into kept values (7)")
        fresh.query("create role analyst login")
    fresh.server.stop()
    return fresh


def test_data_of_an_earlier_version_are_served_and_moved_on_demand(earlier: World) -> None:
    version = "select split_part(current_setting('server_version'), '.', 1), id from kept"
    assert earlier.query(version) == [(EARLIER, 7)]
    assert earlier.server.status().version.startswith(EARLIER)
    newest = str(installed_binaries().major)
    before, now = earlier.server.upgrade()
    assert (before.partition(".")[0], now.partition(".")[0]) == (EARLIER, newest)
    assert earlier.query(version) == [(newest, 7)]
    assert earlier.query("select count(*) from pg_roles where rolname = 'analyst'") == [(1,)]
    assert not (earlier.data.parent / BEFORE_UPGRADE).exists()
    assert earlier.server.upgrade() == (now, now)


def test_an_upgrade_that_fails_or_is_killed_leaves_the_earlier_data(
    earlier: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.warehouse.embedded.upgrade._checksums", lambda *_: ["--bad"])
        with pytest.raises(MetaAdsError, match="--bad"):
            earlier.server.upgrade()
    assert earlier.query("select id from kept") == [(7,)]
    earlier.server.stop()
    # As a kill between the two renames leaves it.
    earlier.data.rename(earlier.data.with_name(BEFORE_UPGRADE))
    assert earlier.query("select id from kept") == [(7,)]


def test_its_log_of_changes_can_be_archived(fresh: World, tmp_path: Path) -> None:
    url = superuser_url(fresh.server)
    program = installed_binaries().program("pg_basebackup")
    copy = tmp_path / "copy"
    subprocess.run([program, "--dbname", url, "--pgdata", copy, "--checkpoint=fast"], check=True)
    assert (copy / "PG_VERSION").read_text() == (fresh.data / "PG_VERSION").read_text()
