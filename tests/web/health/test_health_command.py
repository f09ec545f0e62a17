"""`meta-ads health`: its exit codes, and its thresholds."""

import json
from typing import Any

import pytest
import worlds
from databases import Warehouse

from orchestration.web.api.schema.health import ClientHealth


@pytest.mark.parametrize(
    ("fault", "code", "word"),
    [
        (None, 0, "healthy"),
        (worlds.cache_is(7), 1, "degraded"),
        (worlds.split_is_refused, 4, "unhealthy"),
    ],
)
def test_the_exit_code_follows_the_status(
    fault: Any, code: int, word: str, world: Warehouse
) -> None:
    worlds.healthy(world)
    if fault:
        fault(world)
    done = world.run("health")
    assert done.returncode == code, done.stderr
    assert f"Data health: {word}" in done.stdout
    if word == "unhealthy":
        alone = world.run("health", "--client", "acme", "--json")
        assert alone.returncode == 4
        document = json.loads(alone.stdout)
        ClientHealth.model_validate(document)
        assert {day["state"] for day in document["days"]} == {"good", "split"}
        assert world.run("health", "--client", "borealis").returncode == 0
        assert world.run("health", "--client", "nobody").returncode == 2


def test_the_thresholds_of_the_alerts_apply_to_the_checks(world: Warehouse) -> None:
    worlds.healthy(world)
    worlds.cache_is(4)(world)
    worlds.cache_reads(10, 6, 4)(world)
    checks = json.loads(world.run("health", "--json").stdout)["checks"]
    assert checks["cacheFreshness"]["status"] == "warning"
    assert checks["cacheHitRate"]["status"] == "warning"
    changes = {"META_ADS_ALERT_CACHE_HOURS": "2", "META_ADS_ALERT_HIT_PERCENT": "50"}
    checks = json.loads(world.run("health", "--json", **changes).stdout)["checks"]
    assert checks["cacheFreshness"]["status"] == "fail"
    assert checks["cacheHitRate"]["status"] == "pass"
