"""A server of a warehouse with something for every metric; the tests of a session only read it."""

from collections.abc import Iterator

import pytest
from databases import Warehouse, database
from metric_samples import Samples, samples_of
from metrics_world import KPI_TOKEN, make_world
from servers import TOKEN, HealthServer, serving

from orchestration.warehouse.embedded.server import EmbeddedServer


@pytest.fixture(scope="session")
def metrics_server(
    server: EmbeddedServer, template: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[HealthServer]:
    with database(server, template) as url:
        warehouse = Warehouse(url, tmp_path_factory.mktemp("metrics"))
        make_world(warehouse)
        with serving(warehouse, TOKEN, META_ADS_KPI_TOKENS=f"{KPI_TOKEN}=*") as metrics_server:
            yield metrics_server


@pytest.fixture(scope="session")
def samples(metrics_server: HealthServer) -> Samples:
    answer = metrics_server.get("/metrics")
    assert answer.status_code == 200
    return samples_of(answer.text)
