"""The health while the warehouse cannot be reached."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import worlds
from databases import Warehouse, database
from factories import settings_of
from health_answers import HEALTHY
from servers import eventually, serving

from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.web.api.schema.health import DataHealth


def test_a_warehouse_that_is_gone_is_reported_as_unhealthy_within_seconds(
    server: EmbeddedServer, template: str, tmp_path: Path
) -> None:
    with database(server, template) as url:
        gone = Warehouse(url, tmp_path)
        worlds.healthy(gone)
        with serving(gone) as health_server:
            assert health_server.get("/readyz").status_code == 200
            with refusing_connections(server, url):
                answer = health_server.get("/api/admin/data-health")
                ready = health_server.get("/readyz")
                page = health_server.get("/admin/monitoring", headers={"Accept": "text/html"})
                by_command = gone.run("health", "--json")
            document = answer.json()
            assert answer.status_code == 503
            DataHealth.model_validate(document)
            assert document["status"] == "unhealthy"
            assert document["checks"]["warehouse"] == {
                "status": "fail",
                "reason": "the warehouse cannot be reached",
            }
            assert {check["status"] for check in document["checks"].values()} == {"fail"}
            assert document["checks"].keys() == HEALTHY.keys()
            assert ready.status_code == 503
            assert health_server.get("/healthz").status_code == 200
            assert page.status_code == 503
            assert 'data-check="warehouse" data-status="fail"' in page.text
            assert by_command.returncode == 3
            assert json.loads(by_command.stdout)["status"] == "unhealthy"
            # The server recovers by itself.
            assert eventually(
                lambda: health_server.get("/api/admin/data-health").status_code == 200
            )


@contextmanager
def refusing_connections(server: EmbeddedServer, url: str) -> Iterator[None]:
    """The database of this URL refuses connections, and ends those that are open."""
    name = url.rpartition("/")[2]
    with connect(settings_of(warehouse_url=server.ensure_running())) as connection:
        connection.execute(f"alter database {name} allow_connections false".encode())
        connection.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
        connection.commit()
        yield
        connection.execute(f"alter database {name} allow_connections true".encode())
        connection.commit()
