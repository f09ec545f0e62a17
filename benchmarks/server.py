"""A Postgres server for a benchmark, whose owner may do what a load of millions of rows needs."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from orchestration.warehouse.embedded.owner import ROLE, SUPERUSER
from orchestration.warehouse.embedded.server import EmbeddedServer


@contextmanager
def server_of_its_own() -> Iterator[tuple[str, Path]]:
    """Its URL and the state folder it lives in; both are gone at the end."""
    with tempfile.TemporaryDirectory(prefix="meta-ads-bench-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        server = EmbeddedServer(home, home / "system")
        try:
            url = server.ensure_running()
            password = (home / "postgres" / "superuser_password").read_text()
            superuser = f"postgresql://{SUPERUSER}:{password}@{url.rpartition('@')[2]}"
            with psycopg.connect(superuser) as connection:
                connection.execute(f"grant set on parameter session_replication_role to {ROLE}")
                connection.execute(f"grant pg_checkpoint to {ROLE}")
            yield url, home
        finally:
            server.remove_data()
