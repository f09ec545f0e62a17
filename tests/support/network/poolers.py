"""Debian's PgBouncer before the tests' server; without it the tests of poolers say so, loudly."""

import os
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from programs import PGBOUNCER, path_of
from psycopg.conninfo import conninfo_to_dict

from orchestration.warehouse.embedded.process import answers, free_port

START_SECONDS = 20


@contextmanager
def pooling(url: str, folder: Path, mode: str, **settings: str) -> Iterator[str]:
    """The URL of a pooler before the server of `url`, in this `pool_mode`.

    As root it runs as `nobody`, who has to reach the folder.
    """
    program, port, folder = path_of(PGBOUNCER), free_port(None), folder / f"pooler-{mode}"
    server = conninfo_to_dict(url)
    folder.mkdir()
    folder.chmod(0o755)
    (folder / "users.txt").write_text(f'"{server["user"]}" "{server["password"]}"\n')
    lines = {
        "listen_addr": "127.0.0.1",
        "listen_port": str(port),
        "unix_socket_dir": "",
        "auth_type": "scram-sha-256",
        "auth_file": str(folder / "users.txt"),
        "pool_mode": mode,
        "server_login_retry": "1",
        **settings,
    }
    (folder / "pgbouncer.ini").write_text(
        f"[databases]\n* = host={server['host']} port={server['port']}\n[pgbouncer]\n"
        + "".join(f"{name} = {value}\n" for name, value in lines.items())
    )
    for name in ("users.txt", "pgbouncer.ini"):
        (folder / name).chmod(0o644)
    user = ["-u", "nobody"] if os.geteuid() == 0 else []
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [program, *user, str(folder / "pgbouncer.ini")], stdout=log, stderr=log
        )
    pooled = urlsplit(url)._replace(netloc=f"{urlsplit(url).netloc.rpartition(':')[0]}:{port}")
    try:
        _wait_for(port, process, folder / "log")
        yield pooled.geturl()
    finally:
        process.terminate()
        process.wait(START_SECONDS)


def _wait_for(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(port):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
