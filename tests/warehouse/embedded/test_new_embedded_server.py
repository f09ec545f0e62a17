"""The first start of an embedded server, whoever is killed meanwhile and whoever owns the home."""

import fcntl
import os
import pwd
import signal
import time
from pathlib import Path

import psutil
import psycopg
import pytest
from embedded_worlds import CHILD_TIMEOUT_SECONDS, IS_ROOT, START, World, finish
from server_watchdog import stop_server_when_we_die

from orchestration.errors import MetaAdsError, UnreachableError
from orchestration.warehouse.embedded.account import ServerAccount
from orchestration.warehouse.embedded.binaries import installed_binaries
from orchestration.warehouse.embedded.process import read_pid_file, servers_of
from orchestration.warehouse.embedded.server import EmbeddedServer

PARALLEL_PROCESSES = 6


def wait_until_gone(data: Path) -> None:
    deadline = time.monotonic() + CHILD_TIMEOUT_SECONDS
    while servers_of(data):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_the_status_of_a_server_that_never_ran_creates_nothing(fresh: World) -> None:
    status = fresh.server.status()
    assert (status.running, status.pid, status.port, status.since) == (False, None, None, None)
    assert status.version.startswith(str(installed_binaries().major))
    assert fresh.server.stop() is False
    assert list(fresh.base.iterdir()) == []


def test_processes_that_start_it_at_once_share_one_server(fresh: World) -> None:
    children = [fresh.child(START) for _ in range(PARALLEL_PROCESSES)]
    pids = {finish(child) for child in children}
    assert pids == {str(fresh.pid())}


def test_an_initdb_that_was_killed_leaves_nothing_half(fresh: World) -> None:
    kill_before(fresh, "_create_database")
    assert not fresh.data.exists()
    assert list(fresh.data.parent.glob("new-*")) != []
    assert fresh.query("select 1") == [(1,)]
    assert list(fresh.data.parent.glob("new-*")) == []


def test_a_kill_between_initdb_and_the_first_start_loses_nothing(fresh: World) -> None:
    kill_before(fresh, "launch")
    assert fresh.data.is_dir()
    password = (fresh.home / "postgres" / "password").read_text()
    assert fresh.query("select current_database()") == [("meta_ads",)]
    assert (fresh.home / "postgres" / "password").read_text() == password


def kill_before(world: World, step: str) -> None:
    """Starts the server in a process that is killed just before a step of the cluster."""
    program = f"""
import os, signal
from orchestration.warehouse.embedded.cluster import Cluster
Cluster.{step} = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
"""
    child = world.child(program + START)
    _, err = child.communicate(timeout=CHILD_TIMEOUT_SECONDS)
    assert child.returncode == -signal.SIGKILL, err


def test_a_failed_initdb_is_said_in_one_sentence_and_cleared_away(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.warehouse.embedded.cluster.SUPERUSER", "pg_reserved")
    with pytest.raises(MetaAdsError, match=r"cannot make its data folder .* error: .*pg_"):
        fresh.server.ensure_running()
    left = {path.name for path in (fresh.home / "postgres").iterdir()}
    assert left == {"lock", "password", "superuser_password"}


def test_a_lock_that_is_never_let_go_ends_the_wait(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.warehouse.embedded.state.LOCK_TIMEOUT_SECONDS", 0.2)
    (fresh.home / "postgres").mkdir(parents=True)
    with (fresh.home / "postgres" / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(UnreachableError, match="Another process has held"):
            fresh.server.ensure_running()


def test_a_home_that_cannot_be_a_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    server = EmbeddedServer(tmp_path / "file" / "home", tmp_path / "system")
    with pytest.raises(MetaAdsError, match=r"cannot use .*file"):
        server.ensure_running()


def test_remove_data_leaves_only_the_lock_and_a_start_begins_anew(fresh: World) -> None:
    fresh.query("create table gone (n int)")
    password = (fresh.home / "postgres" / "password").read_text()
    fresh.server.remove_data()
    assert [path.name for path in (fresh.home / "postgres").iterdir()] == ["lock"]
    assert fresh.query("select to_regclass('gone')") == [(None,)]
    assert (fresh.home / "postgres" / "password").read_text() != password


def test_a_server_does_not_outlive_a_killed_process_with_a_watchdog(fresh: World) -> None:
    program = (
        START
        + """
import time
sys.path.insert(0, "tests/support")
from server_watchdog import stop_server_when_we_die
stop_server_when_we_die(Path(sys.argv[1]), Path(sys.argv[2]))
sys.stdout.write("!")
sys.stdout.flush()
time.sleep(60)
"""
    )
    with fresh.child(program) as child:
        assert child.stdout is not None
        while child.stdout.read(1) != "!":
            assert child.poll() is None
        child.kill()
    wait_until_gone(fresh.data)


def modes_up_to_the_root(*paths: Path) -> dict[Path, int]:
    folders = {folder for path in paths for folder in (path, *path.parents)}
    return {folder: folder.stat().st_mode for folder in folders}


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another account")
def test_root_under_a_private_folder_uses_the_system_data_folder(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    private = fresh.base / "private"
    private.mkdir(mode=0o700)
    server = EmbeddedServer(private / "home", fresh.system)
    stop_server_when_we_die(private / "home", fresh.system)
    before = modes_up_to_the_root(private, installed_binaries().root)
    with psycopg.connect(server.ensure_running()) as connection:
        connection.execute("select 1")
    status = server.status()
    assert status.data_dir.is_relative_to(fresh.system)
    assert (private / "home" / "postgres" / "location").read_text().strip() == str(
        status.data_dir.parent
    )
    assert psutil.Process(status.pid).uids().real != 0
    assert modes_up_to_the_root(private, installed_binaries().root) == before
    assert server.stop() is True
    server.remove_data()
    assert list(fresh.system.iterdir()) == []
    assert not (private / "home" / "postgres" / "location").exists()


@pytest.mark.skipif(not IS_ROOT, reason="only root hands the server to another account")
def test_programs_that_the_account_cannot_reach_are_copied(
    fresh: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    installed = installed_binaries().root
    real = ServerAccount.can_use
    monkeypatch.setattr(
        ServerAccount,
        "can_use",
        lambda self, path: not path.is_relative_to(installed) and real(self, path),
    )
    assert fresh.query("select 1") == [(1,)]
    assert Path(psutil.Process(fresh.pid()).exe()).is_relative_to(fresh.system)


AS_NOBODY = """
import os, pwd, sys
from pathlib import Path
import psutil, psycopg
from orchestration.errors import MetaAdsError
from orchestration.warehouse.embedded.server import EmbeddedServer
nobody = pwd.getpwnam("nobody")
os.setgroups([])
os.setgid(nobody.pw_gid)
os.setuid(nobody.pw_uid)
home = Path(sys.argv[1])
server = EmbeddedServer(home, Path(sys.argv[2]))
with psycopg.connect(server.ensure_running()) as connection:
    connection.execute("select 1")
pid = server.status().pid
os.kill(pid, 9)
server.ensure_running()
assert server.status().pid != pid
assert psutil.Process(server.status().pid).uids().real == nobody.pw_uid
assert (home / "postgres" / "data").is_dir()
assert not (home / "postgres" / "location").exists()
assert server.stop() and not server.stop()
home.chmod(0o500)
try:
    EmbeddedServer(home / "below", Path(sys.argv[2])).ensure_running()
except MetaAdsError as error:
    assert "Permission denied" in str(error), error
else:
    raise AssertionError("a folder that cannot be written went unnoticed")
"""


@pytest.mark.skipif(not IS_ROOT, reason="the other tests are this test when not root")
def test_a_plain_user_needs_nothing_outside_the_home(fresh: World) -> None:
    nobody = pwd.getpwnam("nobody")
    account = ServerAccount(nobody.pw_uid, nobody.pw_gid, switch=True)
    if not account.can_use(installed_binaries().program("postgres")):
        pytest.skip("the installed programs are not readable for the user nobody")
    fresh.home.mkdir(mode=0o700)
    os.chown(fresh.home, nobody.pw_uid, nobody.pw_gid)
    finish(fresh.child(AS_NOBODY))
    assert not fresh.system.exists()
    # Root follows the owner of the data, so a later call with sudo breaks nothing.
    assert fresh.query("select 1") == [(1,)]
    assert psutil.Process(fresh.pid()).uids().real == nobody.pw_uid
    pid_file = read_pid_file(fresh.data)
    assert pid_file is not None
    assert pid_file.pid == fresh.pid()
