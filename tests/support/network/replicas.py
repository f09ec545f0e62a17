"""A streaming replica of a server of the tests, as a hosted one is set up: pg_basebackup -R."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from databases import superuser_url

from orchestration.warehouse.embedded.account import account_for
from orchestration.warehouse.embedded.binaries import installed_binaries, usable_binaries
from orchestration.warehouse.embedded.process import free_port
from orchestration.warehouse.embedded.server import EmbeddedServer

COPY_SECONDS, STOP_SECONDS, POLL_SECONDS = 120, 30, 0.05
START_SECONDS = 60.0
BEHIND = "select pg_last_wal_replay_lsn() < %s::pg_lsn"


@contextmanager
def replica_of(server: EmbeddedServer, folder: Path, **settings: str) -> Iterator[str]:
    """The superuser's URL of a replica below a folder that other accounts can walk to.

    It has the server's databases and logins; `settings` are those of its own.
    """
    primary = urlsplit(superuser_url(server))
    place = folder / "replica"
    place.mkdir()
    account = account_for(place)
    account.own(place, 0o700)
    binaries = usable_binaries(installed_binaries(), account, folder)
    data, port = place / "data", free_port(None)
    done = account.run(
        [
            *(binaries.program("pg_basebackup"), "-R", "--checkpoint=fast", "--no-sync"),
            *("-D", data, "-h", "127.0.0.1", "-p", str(primary.port), "-U", str(primary.username)),
        ],
        cwd=place,
        timeout_seconds=COPY_SECONDS,
        password=primary.password,
    )
    assert done.returncode == 0, done.stdout
    options = {
        "port": str(port),
        "listen_addresses": "127.0.0.1",
        "unix_socket_directories": "",
        **settings,
    }
    with (place / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *(binaries.program("postgres"), "-D", data),
                *(part for name, value in options.items() for part in ("-c", f"{name}={value}")),
            ],
            env={"PATH": os.defpath, "LC_ALL": "C"},
            cwd=place,
            stdout=log,
            stderr=log,
            start_new_session=True,
            user=account.uid if account.switch else None,
            group=account.gid if account.switch else None,
            extra_groups=[] if account.switch else None,
        )
    url = f"postgresql://{primary.username}:{primary.password}@127.0.0.1:{port}/postgres"
    try:
        deadline = time.monotonic() + START_SECONDS
        while psycopg.pq.PGconn.ping(url.encode()) != psycopg.pq.Ping.OK:
            assert time.monotonic() < deadline, (place / "log").read_text()
            time.sleep(POLL_SECONDS)
        yield url
    finally:
        # SIGQUIT: an immediate end, also while a publication is replayed.
        process.send_signal(3)
        process.wait(STOP_SECONDS)


def wait_until_replayed(server_url: str, replica_url: str) -> None:
    """Until the replica shows what is committed now."""
    with psycopg.connect(server_url) as primary, psycopg.connect(replica_url) as replica:
        replica.autocommit = True
        row = primary.execute("select pg_current_wal_insert_lsn()").fetchone()
        assert row is not None
        deadline = time.monotonic() + START_SECONDS
        while replica.execute(BEHIND, [row[0]]).fetchone() == (True,):
            assert time.monotonic() < deadline
            time.sleep(POLL_SECONDS)
