"""Where META_ADS_NOW sets the time, every answer says so: nobody takes it for now."""

import json

import pytest
import worlds
from databases import Warehouse
from factories import NOW
from metric_samples import samples_of, value
from servers import serving

AS_OF = NOW.replace("+00:00", "Z")
HTML = {"Accept": "text/html"}


@pytest.mark.parametrize(("now", "expected"), [(NOW, AS_OF), ("", None)])
def test_every_answer_says_as_of_when_it_is(
    world: Warehouse, now: str, expected: str | None
) -> None:
    worlds.healthy(world)
    with serving(world, META_ADS_NOW=now) as server:
        health = server.get("/api/admin/data-health").json()
        client = server.get("/api/admin/data-health/clients/acme").json()
        kpis = server.get("/api/clients/acme/kpis?month=2026-11").json()
        page = server.get("/admin/monitoring", headers=HTML).text
        runbook = server.get("/admin/runbook", headers=HTML).text
        samples = samples_of(server.get("/metrics").text)
    assert [answer.get("asOf") for answer in (health, client)] == [expected] * 2
    if "error" not in kpis:
        assert kpis.get("asOf") == expected
    assert ['id="as-of"' in text for text in (page, runbook)] == [expected is not None] * 2
    assert value(samples, "business_time_is_set") == (expected is not None)


def test_commands_say_as_of_when_they_answer(world: Warehouse) -> None:
    line = f"As of {NOW[:10]} {NOW[11:16]} UTC, as META_ADS_NOW says"
    for arguments in (("sql", "select 1"), ("publications", "list"), ("alerts", "evaluate")):
        assert line in world.run(*arguments).stderr
        assert "As of" not in world.run(*arguments, META_ADS_NOW="").stderr
    shown = world.run("health")
    assert f"As of {AS_OF}" in shown.stdout
    assert json.loads(world.run("health", "--json").stdout)["asOf"] == AS_OF
