"""The KPI API over known figures: fresh, stale and absent ones, and who may read them."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
import worlds
from databases import Warehouse
from factories import add_client
from servers import TOKEN, HealthServer, serving

from orchestration.web.api.schema.kpis import Kpis

KPI_TOKEN = "a-token-of-acme-alone"
READS_ALL = "a-token-that-reads-all"
TOKENS = f"{KPI_TOKEN}=acme, cobalt;{READS_ALL}=*"


def put_figures(warehouse: Warehouse) -> None:
    """Two clients with fresh figures, one with old ones, one without any."""
    worlds.healthy(warehouse)
    add_client(warehouse, "cobalt")
    add_client(warehouse, "delta")
    warehouse.execute(
        "update serving.current_month_cache set (spend, impressions, clicks, conversions, "
        "conversion_value, purchases, purchase_value, leads, missing_days, publication_id) = "
        "(1234.5678901234567890, 9007199254740993, 70, 7, 900.10, 7, 900.10, 0, "
        "'{2026-11-07}', 1) where client_id = 'acme'"
    )
    warehouse.execute(
        "update serving.current_month_cache set conversions_null_reason = 'nobody knows', "
        "impressions = 0 where client_id = 'borealis'"
    )
    warehouse.execute(
        "insert into serving.current_month_cache select 'cobalt', month, currency, until, "
        "fresh_since, publication_id, missing_days, spend, impressions, clicks, link_clicks, "
        "conversions, conversion_value, purchases, purchase_value, leads, "
        "conversions_null_reason, now() - interval '4 hours' "
        "from serving.current_month_cache where client_id = 'acme'"
    )


@pytest.fixture(scope="module")
def answering(world: Warehouse) -> Iterator[HealthServer]:
    put_figures(world)
    with serving(
        world, TOKEN, META_ADS_KPI_TOKENS=TOKENS, META_ADS_KPI_WAIT_SECONDS="0.3"
    ) as server:
        yield server


def kpis(server: HealthServer, client_id: str, query: str = "", **headers: str) -> Any:
    return server.get(f"/api/clients/{client_id}/kpis{query}", headers=headers)


def test_figures_are_exact_decimals_with_their_source_and_state(answering: Any) -> None:
    answer = kpis(answering, "acme")
    body = answer.json()
    Kpis.model_validate(body)
    assert answer.status_code == 200
    assert body["spend"] == "1234.5678901234567890"
    assert body["impressions"] == "9007199254740993"
    assert (body["currency"], body["month"], body["monthState"]) == (
        "EUR",
        "2026-11",
        "open",
    )
    assert (body["source"], body["isStale"], body["publicationId"]) == (
        "cache",
        False,
        1,
    )
    assert (body["isComplete"], body["missingDays"]) == (False, ["2026-11-07"])
    spend = Decimal("1234.5678901234567890")
    assert Decimal(body["cpc"]) == round(spend / 70, 6)
    assert Decimal(body["roas"]) == round(Decimal("900.10") / spend, 6)


def test_what_is_not_known_is_null_with_a_reason_and_never_zero(answering: Any) -> None:
    body = kpis(answering, "borealis").json()
    Kpis.model_validate(body)
    unknown = ("conversions", "conversionValue", "purchases", "leads", "roas", "costPerConversion")
    assert [body[name] for name in unknown] == [None] * len(unknown)
    assert body["conversionsNullReason"] == "nobody knows"
    assert (body["impressions"], body["ctr"], body["cpm"]) == ("0", None, None)


def test_old_figures_come_marked_where_nobody_refreshes_them(answering: Any) -> None:
    answer = kpis(answering, "cobalt")
    assert answer.status_code == 200
    assert answer.json()["isStale"] is True
    assert answer.headers["cache-control"] == "private, max-age=0, must-revalidate"


def test_an_answer_is_not_sent_twice(answering: Any) -> None:
    first = kpis(answering, "acme")
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "private, max-age=60, must-revalidate"
    again = kpis(answering, "acme", **{"If-None-Match": f'"other", W/{tag}'})
    assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert kpis(answering, "acme", **{"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize(
    ("client_id", "query", "status", "said"),
    [
        ("nobody", "", 404, "there is no client nobody"),
        ("delta", "", 503, "nothing of delta is there for 2026-11 yet"),
        ("acme", "?month=2026-12", 404, "2026-12 has not begun"),
        ("acme", "?month=2026-10", 404, "nothing of acme is published for 2026-10"),
        ("acme", "?month=2026-13", 422, "month: "),
        ("acme", "?month=2026-1", 422, "month: "),
        ("Acme", "", 422, "client_id: "),
        ("acme%27--", "", 422, "client_id: "),
    ],
)
def test_what_cannot_be_answered_says_why(
    client_id: str, query: str, status: int, said: str, answering: Any
) -> None:
    answer = kpis(answering, client_id, query)
    assert answer.status_code == status
    assert answer.json()["error"].startswith(said)
    assert list(answer.json()) == ["error"]
    assert ("retry-after" in answer.headers) == (status == 503)


def test_a_kpi_token_reads_its_clients_and_nothing_else(answering: Any) -> None:
    def status(token: str, path: str) -> int:
        answer = answering.get(path, headers={"Authorization": f"Bearer {token}"})
        return int(answer.status_code)

    assert status(KPI_TOKEN, "/api/clients/acme/kpis") == 200
    assert status(KPI_TOKEN, "/api/clients/borealis/kpis") == 403
    assert status(KPI_TOKEN, "/api/clients/nobody/kpis") == 403
    assert status(READS_ALL, "/api/clients/borealis/kpis") == 200
    for path in ("/api/admin/data-health", "/admin/monitoring", "/metrics", "/openapi.json"):
        assert status(KPI_TOKEN, path) == status(READS_ALL, path) == 403


def test_reads_are_counted_and_written_when_the_server_ends(world: Warehouse) -> None:
    put_figures(world)
    world.execute("truncate serving.cache_reads")
    with serving(world, TOKEN, META_ADS_KPI_WAIT_SECONDS="0") as server:
        for _ in range(3):
            kpis(server, "acme")
        kpis(server, "cobalt")
        kpis(server, "acme", "?month=2026-10")
        kpis(server, "nobody")
    counted = "select sum(hits), sum(misses), sum(stale) from serving.cache_reads"
    assert world.rows(counted) == [(3, 0, 1)]


def test_a_paused_client_gets_its_published_month_and_no_refresh(
    world: Warehouse, answering: Any
) -> None:
    world.execute("update ops.clients set status = 'paused' where client_id = 'cobalt'")
    world.execute("truncate serving.cache_refreshes")
    answer = kpis(answering, "cobalt")
    assert answer.status_code == 404
    assert answer.json()["error"] == "nothing of cobalt is published for 2026-11"
    assert world.value("select count(*) from serving.cache_refreshes") == 0
    put_figures(world)
