"""`/metrics`: its formats, who may read it, many readers, and a warehouse that is away."""

import asyncio
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import psycopg
import pytest
import requests
from databases import Warehouse
from factories import add_client
from metric_samples import samples_of, value
from metrics_world import KPI_TOKEN
from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as classic
from servers import HealthServer

from orchestration.health.checks import unreachable
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.web.metrics.routes import OPENMETRICS, Expositions, Format, accepts_openmetrics

PROMETHEUS = (
    "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
    "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;q=0.4,*/*;q=0.2"
)


def test_both_formats_have_the_same_samples_and_name_their_type(
    metrics_server: HealthServer,
) -> None:
    modern = metrics_server.get("/metrics", headers={"Accept": PROMETHEUS})
    old = metrics_server.get(
        "/metrics", headers={"Accept": "text/plain", "Accept-Encoding": "identity"}
    )
    assert modern.headers["content-type"].startswith(f"{OPENMETRICS}; version=1.0.0")
    assert modern.headers["content-encoding"] == "gzip"
    assert old.headers["content-type"].startswith("text/plain; version=0.0.4")
    assert "content-encoding" not in old.headers
    assert modern.text.endswith("# EOF\n")
    assert "# EOF" not in old.text
    samples, old_samples = samples_of(modern.text), samples_of(old.text, classic)
    assert {name: set(values) for name, values in samples.items()} == {
        name: set(values) for name, values in old_samples.items()
    }
    for name, values in samples.items():
        if not name.endswith("age_seconds"):
            assert old_samples[name] == values


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("", True),
        ("*/*", True),
        (PROMETHEUS, True),
        (OPENMETRICS, True),
        ("text/plain", False),
        ("text/plain;version=0.0.4;q=0.5,*/*;q=0.1", False),
        (f"{OPENMETRICS}; version=0.0.1,text/plain;version=0.0.4", False),
        (f"{OPENMETRICS}; version=none", False),
        ("text/html,*/*;q=0.8", False),
    ],
)
def test_open_metrics_is_what_a_client_gets_that_asks_for_it_or_for_nothing(
    accept: str, expected: bool
) -> None:
    assert accepts_openmetrics(accept) is expected


def test_no_token_and_tokens_for_kpis_get_no_metrics(metrics_server: HealthServer) -> None:
    stranger = requests.get(f"{metrics_server.url}/metrics", timeout=30)
    headers = {"Authorization": f"Bearer {KPI_TOKEN}"}
    of_kpis = requests.get(f"{metrics_server.url}/metrics", headers=headers, timeout=30)
    assert (stranger.status_code, of_kpis.status_code) == (401, 403)
    assert "meta_ads_up" not in stranger.text + of_kpis.text


def test_of_a_warehouse_that_is_away_only_its_health_is_known(
    server: EmbeddedServer, warehouse: Warehouse, health_server: HealthServer
) -> None:
    add_client(warehouse, "acme")
    name = warehouse.value("select current_database()")
    assert value(samples_of(health_server.get("/metrics").text), "up") == 1
    with psycopg.connect(server.ensure_running(), autocommit=True) as admin:
        admin.execute(f"alter database {name} allow_connections false")
        admin.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity where datname = %s", [name]
        )
        for accept, parse in ((OPENMETRICS, open_metrics), ("text/plain", classic)):
            answer = health_server.get("/metrics", headers={"Accept": accept})
            assert answer.status_code == 200
            assert samples_of(answer.text, parse) == {
                "meta_ads_up": {(): 0},
                "meta_ads_health_status": {
                    (("status", "healthy"),): 0,
                    (("status", "degraded"),): 0,
                    (("status", "unhealthy"),): 1,
                },
                "meta_ads_check_status": {
                    (("check", "warehouse"), ("status", "pass")): 0,
                    (("check", "warehouse"), ("status", "warning")): 0,
                    (("check", "warehouse"), ("status", "fail")): 1,
                },
            }
        admin.execute(f"alter database {name} allow_connections true")
    assert any(
        value(samples_of(health_server.get("/metrics").text), "up") == 1 for _ in range(20)
    ), "the server did not recover"


def test_a_warehouse_lost_between_the_checks_and_the_figures_is_away_as_well() -> None:
    class Lost:
        def connection(self) -> Any:
            raise psycopg.OperationalError("the connection is lost")

    async def health() -> Any:
        return SimpleNamespace(is_reachable=True, checks={}, checked_at=datetime.now(UTC))

    snapshot = SimpleNamespace(health=health)
    expositions = Expositions(cast(Any, Lost()), cast(Any, snapshot), 0)
    text = asyncio.run(expositions.body(Format(True, False))).decode()
    assert value(samples_of(text), "up") == 0
    assert "meta_ads_client" not in text


def test_many_scrapers_at_once_cost_one_reading() -> None:
    readings = 0

    async def health() -> Any:
        nonlocal readings
        readings += 1
        await asyncio.sleep(0)
        return unreachable(psycopg.OperationalError())

    async def scrape(seconds: float) -> list[bytes]:
        snapshot = SimpleNamespace(health=health)
        expositions = Expositions(cast(Any, None), cast(Any, snapshot), seconds)
        formats = [Format(True, False), Format(False, False)] * 20
        bodies = list(await asyncio.gather(*(expositions.body(format) for format in formats)))
        return [*bodies, await expositions.body(formats[0])]

    bodies = asyncio.run(scrape(3600))
    assert readings == 1
    assert len(set(bodies)) == 2
    asyncio.run(scrape(0))
    assert readings > 2
