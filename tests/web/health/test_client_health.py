"""The health of one client, with its days."""

import worlds
from databases import Warehouse
from servers import HealthServer
from worlds import WEEK

from orchestration.web.api.schema.health import ClientHealth


def test_a_day_is_held_or_mended_and_says_why(
    world: Warehouse, health_server: HealthServer
) -> None:
    def days() -> dict[str, tuple[str, str | None]]:
        document = health_server.get("/api/admin/data-health/clients/acme").json()
        ClientHealth.model_validate(document)
        return {day["day"]: (day["state"], day["reason"]) for day in document["days"]}

    worlds.healthy(world)
    worlds.data_vanished(world)
    worlds.mended(world)
    states_by_day = days()
    assert states_by_day[str(WEEK[2])] == ("held", "standing_data_vanished: told so")
    assert states_by_day[str(WEEK[3])] == ("mended", "mended from ad sets")
    assert states_by_day[str(WEEK[4])] == ("good", None)
    worlds.refused(world, "acme", WEEK[3], "standing_data_vanished")
    assert days()[str(WEEK[3])] == ("held", "standing_data_vanished: told so")


def test_the_answer_about_a_client_is_about_that_client_alone(
    world: Warehouse, health_server: HealthServer
) -> None:
    worlds.healthy(world)
    worlds.split_is_refused(world)
    worlds.gap_is_old(world)
    acme = health_server.get("/api/admin/data-health/clients/acme")
    assert acme.status_code == 503
    document = acme.json()
    ClientHealth.model_validate(document)
    assert document["checks"]["splitData"]["issueCount"] == 1
    states = {day["day"]: day["state"] for day in document["days"]}
    assert list(states) == [str(day) for day in WEEK]
    assert states[str(WEEK[2])] == "split"
    assert [states[str(day)] for day in (WEEK[3], WEEK[4])] == ["missing", "missing"]
    assert {*states.values()} == {"good", "split", "missing"}

    borealis = health_server.get("/api/admin/data-health/clients/borealis")
    assert borealis.status_code == 200
    assert borealis.json()["status"] == "healthy"
    assert "alerting" not in borealis.json()["checks"]
    assert health_server.get("/api/admin/data-health/clients/nobody").status_code == 404
