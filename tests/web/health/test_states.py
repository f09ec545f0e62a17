"""For each state of the world: the exact answer, its HTTP status, and that all views of it agree.

Each row of the table of states in docs/health_api.md is tested here.
"""

import json
import re
from pathlib import Path

import pytest
import worlds
from cases_of_alerting import ALERTING_CASES
from cases_of_collection import COLLECTION_CASES
from cases_of_publication import PUBLICATION_CASES
from databases import Warehouse
from health_answers import INSTANT, Case, masked
from servers import HealthServer

from orchestration.health.catalogue import CHECKS
from orchestration.health.checks import read_health
from orchestration.health.panel import lines
from orchestration.warehouse.connection import connect
from orchestration.web.api.schema.health import DataHealth

DOCS = Path(__file__).parents[3] / "docs"
CASES = [*COLLECTION_CASES, *PUBLICATION_CASES, *ALERTING_CASES]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_answer_is_exactly_what_the_state_of_the_world_means(
    case: Case, world: Warehouse, health_server: HealthServer
) -> None:
    worlds.healthy(world)
    for fault in case.faults:
        fault(world)
    answer = health_server.get("/api/admin/data-health")
    document = answer.json()
    DataHealth.model_validate(document)
    assert list(document) == ["status", "checks", "asOf", "lastCheck"]
    assert INSTANT.match(document["lastCheck"])
    assert masked(document["checks"]) == masked(case.checks)
    assert document["status"] == case.status
    assert answer.status_code == (503 if case.status == "unhealthy" else 200)

    with connect(world.settings()) as connection:
        health = read_health(connection)
    assert masked(health.document()["checks"]) == masked(document["checks"])
    assert {line.name: line.status for line in lines(health)} == {
        name: check["status"] for name, check in document["checks"].items() if name != "warehouse"
    }
    page = health_server.get("/admin/monitoring", headers={"Accept": "text/html"})
    shown = dict(re.findall(r'data-check="(\w+)" data-status="(\w+)"', page.text))
    assert shown == {line.name: line.status for line in lines(health)}
    for line in lines(health):
        assert f"{line.title}</" in page.text
        # The page writes instants in another form.
        assert all(part in page.text for part in re.split(r"\d{4}-[-\d]+T[\d:]+Z", line.summary))


def test_every_row_of_the_documented_table_has_a_case_of_its_own() -> None:
    rows = [
        tuple(cell.strip() for cell in line.strip("|").split("|"))
        for line in (DOCS / "health_api.md").read_text("utf-8").splitlines()
        if re.match(r"\| \w+ \| (warning|fail) \|", line)
    ]
    assert {row[0] for row in rows} == {check.name for check in CHECKS} | {"warehouse"}
    seen = {
        (name, check["status"]): case.status
        for case in CASES
        for name, check in case.differs.items()
        if [c["status"] for c in case.differs.values()].count("fail") == (check["status"] == "fail")
    }
    # The check of the warehouse itself is tested in test_health_outage.py.
    documented = {(row[0], row[1]): row[3] for row in rows if row[0] != "warehouse"}
    assert documented.keys() <= seen.keys()
    assert {key: seen[key] for key in documented} == documented
    for row in rows:
        assert row[4] == ("503" if row[3] == "unhealthy" else "200")


def test_the_schema_in_the_docs_is_that_of_the_answer() -> None:
    written = json.loads((DOCS / "data_health.schema.json").read_text("utf-8"))
    assert written == DataHealth.model_json_schema(mode="serialization")
