"""The owner of the embedded warehouse can do its work and nothing on the machine."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from factories import settings_of
from server_watchdog import stop_server_when_we_die

from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.binaries import binaries_for
from orchestration.warehouse.embedded.owner import ROLE
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.migrations import migrate

HAND_OVER = "orchestration.warehouse.embedded.hand_over"
BELONG_TO_SUPERUSERS = """
select c.oid::regclass::text from pg_class as c join pg_roles as r on c.relowner = r.oid
where rolsuper and c.oid >= 16384 and c.relnamespace <> 'pg_toast'::regnamespace
union all
select p.oid::regprocedure::text from pg_proc as p join pg_roles as r on p.proowner = r.oid
where rolsuper and p.oid >= 16384
union all
select n.nspname from pg_namespace as n join pg_roles as r on n.nspowner = r.oid
where rolsuper and n.oid >= 16384
union all
select t.oid::regtype::text from pg_type as t join pg_roles as r on t.typowner = r.oid
where rolsuper and t.oid >= 16384
union all
select d.datname from pg_database as d join pg_roles as r on d.datdba = r.oid
where rolsuper and d.datname = current_database()
"""


@pytest.fixture
def home() -> Iterator[Path]:
    base = Path(tempfile.mkdtemp(prefix="server-owner-")).resolve()
    base.chmod(0o755)
    stop_server_when_we_die(base / "home", base / "system")
    yield base / "home"
    server_of(base / "home").remove_data()
    shutil.rmtree(base)


def server_of(home: Path) -> EmbeddedServer:
    return EmbeddedServer(home, home.parent / "system")


@pytest.fixture
def earlier(home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A stopped warehouse as earlier versions made it: its owner is the first superuser."""
    with monkeypatch.context() as patch:
        patch.setattr("orchestration.warehouse.embedded.cluster.SUPERUSER", ROLE)
        patch.setattr(
            "orchestration.warehouse.embedded.cluster.new_owner",
            lambda password: [f"alter role {ROLE} password '{password}'"],
        )
        patch.setattr(f"{HAND_OVER}.separate_owner", lambda *_: False)
        url = server_of(home).ensure_running()
        migrate(settings_of(warehouse_url=url, home=home))
        with psycopg.connect(url, autocommit=True) as connection:
            assert connection.execute(BELONG_TO_SUPERUSERS).fetchall()
            connection.execute("create role jane login password 'x' in role analyst")
            connection.execute("create type public.mood as enum ('good')")
            connection.execute("create table public.notes (id serial, mood public.mood)")
            connection.execute("create database copy")
    server_of(home).stop()
    return home


def works_and_reaches_no_further(home: Path) -> None:
    url = server_of(home).ensure_running()
    settings = settings_of(warehouse_url=url, home=home)
    migrate(settings)
    with connect(settings, autocommit=True) as connection:
        assert connection.execute(BELONG_TO_SUPERUSERS).fetchall() == []
        for statement in (
            "copy (select 1) to program 'true'",
            "select pg_read_file('/etc/passwd')",
            "alter role meta_ads superuser",
            "set role meta_ads_superuser",
        ):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())
        connection.execute("alter role analyst password 'new'")
        connection.execute("create database another")


def test_a_new_warehouse_belongs_to_no_superuser(home: Path) -> None:
    works_and_reaches_no_further(home)


def test_a_warehouse_of_before_is_handed_over_at_the_next_start(earlier: Path) -> None:
    works_and_reaches_no_further(earlier)
    with psycopg.connect(server_of(earlier).ensure_running(), autocommit=True) as connection:
        connection.execute("insert into public.notes (mood) values ('good')")
        connection.execute("drop table public.notes; drop type public.mood; drop role jane")
        connection.execute("drop database copy")
        assert connection.execute(
            "select count(*) from pg_roles where rolname like 'meta_ads%'"
        ).fetchone() == (2,)


def dies_at(home: Path, step: int, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Start the server, and be killed before this connection of the hand-over; false at its end."""
    real, connections = psycopg.connect, iter(range(step))

    def connect_or_die(*arguments: Any, **named: Any) -> Any:
        if next(connections, None) is None:
            raise KeyboardInterrupt
        return real(*arguments, **named)

    with monkeypatch.context() as patch:
        patch.setattr(f"{HAND_OVER}.psycopg.connect", connect_or_die)
        try:
            server_of(home).ensure_running()
        except KeyboardInterrupt:
            server_of(home).stop()
            return True
    return False


def test_a_hand_over_that_is_killed_anywhere_goes_on_at_the_next_start(
    earlier: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    died_at = 0
    while dies_at(earlier, died_at, monkeypatch):
        died_at += 1
    # Each step of a first hand-over, and none is left over.
    assert died_at >= 4
    works_and_reaches_no_further(earlier)


def test_data_of_an_earlier_owner_are_moved_to_a_newer_postgres(
    home: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(
            "orchestration.warehouse.embedded.versions.installed_binaries",
            lambda: binaries_for("16"),
        )
        request.getfixturevalue("earlier")
    before, now = server_of(home).upgrade()
    assert before != now
    works_and_reaches_no_further(home)
