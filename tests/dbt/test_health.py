"""What dbt builds, leaves out and publishes, as the health checks and the KPI API tell it."""

from datetime import date
from decimal import Decimal
from typing import Any

from databases import Warehouse
from dbt_runs import Dbt
from factories import add_client, campaign, days, purchases, put_day, put_month
from servers import serving

from orchestration.health.checks import read_health
from orchestration.warehouse.connection import connect
from orchestration.web.api.schema.kpis import Kpis

OCTOBER = days(date(2026, 10, 1), date(2026, 10, 31))
NOVEMBER = days(date(2026, 11, 1), date(2026, 11, 14))


def checks(warehouse: Warehouse) -> Any:
    with connect(warehouse.settings()) as connection:
        return read_health(connection).checks


def test_a_split_that_reached_staging_is_told_until_its_month_is_mended(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    for client_id in ("acme", "borealis"):
        # The ledger knows no reading of these rows: it would say "no conversions yet".
        add_client(warehouse, client_id, expects_conversions=False)
        put_month(warehouse, client_id, NOVEMBER, campaign("c1", **purchases(2)))
    assert checks(warehouse)["publication"]["waitingCount"] == 2
    assert dbt.build().exit_code == 0
    assert checks(warehouse)["publication"]["waitingCount"] == 0

    torn = {"actions": {"omni_purchase": 4}, "values": {}}
    put_day(warehouse, "acme", NOVEMBER[1], campaign("c1"), account=torn)
    dbt.build()
    told = checks(warehouse)
    (issue,) = told["splitData"]["issues"]
    assert told["splitData"]["status"] == "fail"
    assert (issue["client"], issue["day"], issue["rule"]) == ("acme", "2026-11-02", "split")
    assert issue["isPublished"] is False
    assert told["publication"]["status"] == "fail"
    assert [one["client"] for one in told["publication"]["leftOut"]] == ["acme"]
    with connect(warehouse.settings()) as connection:
        assert read_health(connection, "borealis").overall == "healthy"
        assert read_health(connection, "acme").overall == "unhealthy"
    states = "select state from ops.day_states(35, 'acme') where date_day = '2026-11-02'"
    assert warehouse.value(states) == "split"

    put_day(warehouse, "acme", NOVEMBER[1], campaign("c1", **purchases(4)))
    assert dbt.build().exit_code == 0
    healed = checks(warehouse)["splitData"]
    assert (healed["status"], healed["issueCount"], healed["issues"]) == ("pass", 0, [])
    assert checks(warehouse)["publication"]["status"] == "pass"


def test_past_months_are_answered_as_published_and_ratios_are_those_of_the_marts(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    add_client(warehouse, "acme", owed_since=OCTOBER[0])
    put_month(warehouse, "acme", OCTOBER + NOVEMBER, campaign("c1", **purchases(3)))
    # A firm without purchases: no return on them, from the cache as from the marts.
    add_client(warehouse, "firm")
    put_month(warehouse, "firm", NOVEMBER, campaign("c1", actions={"lead": 2}))
    assert dbt.build_with_views().exit_code == 0
    warehouse.execute(
        "insert into serving.current_month_cache (client_id, month, currency, until, fresh_since, "
        "spend, impressions, clicks, link_clicks, conversions, conversion_value, purchases, "
        "purchase_value, leads, refreshed_at) "
        "select client_id, month, currency, '2026-11-14', '2026-11-15', spend, impressions, clicks,"
        " link_clicks, conversions, conversion_value, purchases, purchase_value, leads, now() "
        "from marts.monthly_client_summary where month = '2026-11-01'"
    )
    marts = {
        str(row[0]["month"])[:7]: row[0]
        for row in warehouse.rows(
            "select jsonb_object_agg(k, v) from marts.monthly_client_summary as s, "
            "lateral jsonb_each_text(to_jsonb(s)) as e (k, v) "
            "where client_id = 'acme' group by s.month"
        )
    }
    with serving(warehouse) as server:
        told = {m: server.get(f"/api/clients/acme/kpis?month={m}").json() for m in marts}
        running = server.get("/api/clients/acme/kpis").json()
        of_firm = server.get("/api/clients/firm/kpis").json()
        warehouse.execute("delete from serving.current_month_cache")
        of_firm_without = server.get("/api/clients/firm/kpis").json()
        without = server.get("/api/clients/acme/kpis").json()
    assert told["2026-11"] == running
    for month, answer in told.items():
        Kpis.model_validate(answer)
        for name in ("spend", "conversions", "purchases", "ctr", "cpc", "cpm", "roas"):
            assert Decimal(answer[name]) == Decimal(marts[month][name]), (month, name)
        assert Decimal(answer["costPerConversion"]) == Decimal(marts[month]["cost_per_conversion"])
    assert told["2026-10"]["source"] == "publication"
    assert told["2026-10"]["until"] == "2026-10-31"
    assert str(told["2026-10"]["publicationId"]) == marts["2026-10"]["publication_id"]
    assert (running["source"], running["isStale"]) == ("cache", False)
    # Without a cache what is published of the month is better than nothing, and marked.
    assert (without["source"], without["isStale"]) == ("publication", True)
    assert without["spend"] == running["spend"]
    assert [firm["source"] for firm in (of_firm, of_firm_without)] == ["cache", "publication"]
    assert [(firm["purchases"], firm["roas"]) for firm in (of_firm, of_firm_without)] == [
        ("0", None),
        ("0", None),
    ]
