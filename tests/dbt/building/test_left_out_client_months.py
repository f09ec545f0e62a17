"""One client's wrong data hold back that client-month alone, with a reason, until mended."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from client_months import SOUND, left_out, published_days
from databases import Warehouse
from dbt_runs import Dbt, Ended
from factories import add_client, campaign, purchases, put_day, put_month
from three_days import FIRST, MONTH, SECOND, THIRD


def put_split(warehouse: Warehouse, client_id: str) -> None:
    put_day(
        warehouse,
        client_id,
        SECOND,
        campaign("c1"),
        account={"actions": {"omni_purchase": 4}, "values": {}},
    )


def put_short_of_spend(warehouse: Warehouse, client_id: str) -> None:
    put_day(warehouse, client_id, SECOND, campaign("c1"), totals={"spend": Decimal("99.00")})


def put_short_of_impressions(warehouse: Warehouse, client_id: str) -> None:
    put_day(warehouse, client_id, SECOND, campaign("c1"), totals={"impressions": 1100})


def put_without_campaigns(warehouse: Warehouse, client_id: str) -> None:
    put_day(
        warehouse,
        client_id,
        SECOND,
        totals={"spend": Decimal("12.00"), "impressions": 900, "clicks": 4, "link_clicks": 1},
    )


def put_two_currencies(warehouse: Warehouse, client_id: str) -> None:
    put_day(warehouse, client_id, SECOND, campaign("c1", currency="USD"))


def put_several_faults(warehouse: Warehouse, client_id: str) -> None:
    put_split(warehouse, client_id)
    row = campaign("c1", currency="USD")
    put_day(warehouse, client_id, THIRD, row, totals={"impressions": 9999})


FAULTS: dict[str, tuple[str, Callable[[Warehouse, str], None]]] = {
    "split": ("split", put_split),
    "short-of-spend": ("control_totals", put_short_of_spend),
    "short-of-impressions": ("control_totals", put_short_of_impressions),
    "without-campaigns": ("control_totals", put_without_campaigns),
    "two-currencies": ("currency", put_two_currencies),
    "several": ("control_totals, currency, split", put_several_faults),
}
"""A client for each fault: the checks that find it, and what makes it."""


OCTOBER = date(2026, 10, 31)
MOVED = "its data changed during the build"


def bump_during_the_build(warehouse: Warehouse, client_id: str) -> None:
    """Once, between freezing the client-months and publishing, a slice of the client changes."""
    warehouse.execute(
        f"""
        create function public.a_promotion_meanwhile() returns trigger language plpgsql as $$
        begin
            update ops.client_months set version = nextval('ops.version_seq')
            where client_id = '{client_id}' and new.node = 'audit_findings';
            return new;
        end $$;
        create trigger a_promotion_meanwhile after insert on ops.build_nodes
        for each row execute function public.a_promotion_meanwhile();
        """
    )


def assert_only_left_out_is_red(ended: Ended) -> None:
    assert ended.exit_code == 1
    assert ended.those("fail") == {"is_empty_left_out_client_months_"}
    assert ended.those("error", "skipped") == set()


def test_each_fault_holds_back_its_client_month_alone_until_it_is_mended(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    for client_id in (*FAULTS, "moved", "sound"):
        add_client(warehouse, client_id)
        put_day(warehouse, client_id, FIRST, SOUND)
    for client_id, (_, put_fault) in FAULTS.items():
        put_fault(warehouse, client_id)
    # Other months of the same client are published.
    put_day(warehouse, "split", OCTOBER, SOUND)
    bump_during_the_build(warehouse, "moved")
    assert_only_left_out_is_red(dbt.build_hourly())
    assert published_days(warehouse) == [("sound", FIRST), ("split", OCTOBER)]
    assert warehouse.rows(
        "select client_id, spend from marts.monthly_client_summary "
        "where publication_id is not null or spend is not null order by 1"
    ) == [("sound", 10), ("split", 10)]
    faulty = [(client_id, MONTH, checks) for client_id, (checks, _) in FAULTS.items()]
    expected = sorted([*faulty, ("moved", MONTH, MOVED)])
    assert left_out(warehouse) == expected
    assert sorted(warehouse.rows("select * from audit.left_out_client_months")) == expected
    findings = "select distinct client_id from audit.audit_findings where severity = 'blocking'"
    assert {row[0] for row in warehouse.rows(findings)} == FAULTS.keys()
    # What changed meanwhile is published by the next build, which is red for the others still.
    warehouse.execute("drop trigger a_promotion_meanwhile on ops.build_nodes")
    assert_only_left_out_is_red(dbt.build_hourly())
    assert left_out(warehouse) == sorted(faulty)
    sound = [("moved", FIRST), ("sound", FIRST), ("split", OCTOBER)]
    assert published_days(warehouse) == sound
    for client_id in FAULTS:
        put_month(warehouse, client_id, (SECOND, THIRD), SOUND)
    assert dbt.build_hourly().exit_code == 0
    mended = [(client_id, day) for client_id in FAULTS for day in (FIRST, SECOND, THIRD)]
    assert published_days(warehouse) == sorted(sound + mended)
    assert left_out(warehouse) == []


def test_a_client_month_that_was_published_stays_on_its_last_good_publication(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    for client_id in ("fewer", "judged-anew", "other-days", "split"):
        add_client(warehouse, client_id)
        put_month(warehouse, client_id, (FIRST, SECOND), SOUND)
    assert dbt.build().exit_code == 0
    stand = "select xmin, * from published.daily_campaign_performance "
    stand += "where client_id <> 'other-days' order by client_id, date_day"
    before = warehouse.rows(stand)
    split = ("split", MONTH, "split")
    # A month with fewer days never replaces a more complete one; with other days, but not fewer,
    # it does.
    fewer = ("fewer", MONTH, "the published month has more days")
    put_day(warehouse, "fewer", SECOND, state="none")
    put_day(warehouse, "other-days", SECOND, state="none")
    put_day(warehouse, "other-days", THIRD, SOUND)
    put_split(warehouse, "split")
    dbt.build()
    assert left_out(warehouse) == [fewer, split]
    assert warehouse.rows(stand) == before
    replaced = [row for row in published_days(warehouse) if row[0] == "other-days"]
    assert replaced == [("other-days", FIRST), ("other-days", THIRD)]
    # As where a changed family or rule judges rows anew that did not change.
    warehouse.execute(
        "delete from staging.conversions where level = 'campaign' and client_id = 'judged-anew'"
    )
    anew = ("judged-anew", MONTH, "split")
    dbt.build("--full-refresh")
    assert left_out(warehouse) == [fewer, anew, split]
    assert warehouse.rows(stand) == before
    # What a full build left out is built again by the next one.
    put_day(warehouse, "fewer", SECOND, campaign("c1", **purchases(3)))
    dbt.build()
    assert left_out(warehouse) == [anew, split]
    mended = "select conversions from marts.monthly_client_summary where client_id = 'fewer'"
    assert warehouse.value(mended) == 5
