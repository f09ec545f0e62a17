"""One client's wrong data hold back that client-month alone, with a reason, until mended."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal

from client_months import SOUND, left_out, published_days
from databases import Warehouse
from dbt_runs import Dbt
from factories import add_client, campaign, purchases, put_day
from three_days import FIRST, MONTH, SECOND, THIRD


def put_split(warehouse: Warehouse, client_id: str = "acme") -> None:
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
    put_day(warehouse, client_id, SECOND, campaign("c1"), totals={"impressions": 5000})


def put_without_campaigns(warehouse: Warehouse, client_id: str) -> None:
    put_day(
        warehouse,
        client_id,
        SECOND,
        totals={"spend": Decimal("12.00"), "impressions": 900, "clicks": 4, "link_clicks": 1},
    )


def put_two_currencies(warehouse: Warehouse, client_id: str) -> None:
    put_day(warehouse, client_id, SECOND, campaign("c1", currency="USD"))


FAULTS: dict[str, tuple[str, Callable[[Warehouse, str], None]]] = {
    "split": ("split", put_split),
    "short-of-spend": ("control_totals", put_short_of_spend),
    "short-of-impressions": ("control_totals", put_short_of_impressions),
    "without-campaigns": ("control_totals", put_without_campaigns),
    "two-currencies": ("currency", put_two_currencies),
}
"""A client for each fault: the check that finds it, and what makes it."""


def test_each_blocking_finding_holds_back_its_client_month_alone(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    for client_id in (*FAULTS, "sound"):
        add_client(warehouse, client_id)
        put_day(warehouse, client_id, FIRST, SOUND)
    for client_id, (_, put_fault) in FAULTS.items():
        put_fault(warehouse, client_id)
    ended = dbt.build_hourly()
    assert published_days(warehouse) == [("sound", FIRST)]
    assert warehouse.rows(
        "select client_id, spend from marts.monthly_client_summary "
        "where publication_id is not null or spend is not null"
    ) == [("sound", 10)]
    expected = sorted((client_id, MONTH, check) for client_id, (check, _) in FAULTS.items())
    assert left_out(warehouse) == expected
    assert sorted(warehouse.rows("select * from audit.left_out_client_months")) == expected
    findings = "select distinct client_id from audit.audit_findings where severity = 'blocking'"
    assert {row[0] for row in warehouse.rows(findings)} == FAULTS.keys()
    assert ended.exit_code == 1
    assert ended.those("fail") == {"is_empty_left_out_client_months_"}
    assert ended.those("error", "skipped") == set()
    for client_id in FAULTS:
        put_day(warehouse, client_id, SECOND, SOUND)
    assert dbt.build_hourly().exit_code == 0
    assert published_days(warehouse) == sorted(
        [(client_id, day) for client_id in FAULTS for day in (FIRST, SECOND)] + [("sound", FIRST)]
    )
    assert left_out(warehouse) == []


def test_a_client_month_that_was_published_stays_on_its_last_good_publication(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    assert dbt.build().exit_code == 0
    before = warehouse.rows("select xmin, * from published.daily_campaign_performance")
    put_split(warehouse)
    dbt.build()
    assert warehouse.rows("select xmin, * from published.daily_campaign_performance") == before
    assert left_out(warehouse) == [("acme", MONTH, "split")]


def test_other_months_of_the_same_client_are_published(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    put_split(warehouse)
    put_day(warehouse, "acme", date(2026, 10, 31), SOUND)
    dbt.build()
    assert published_days(warehouse) == [("acme", date(2026, 10, 31)), ("borealis", FIRST)]


def test_several_faults_of_one_client_month_are_all_named(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    put_split(warehouse)
    put_day(warehouse, "acme", THIRD, campaign("c1", currency="USD"), totals={"impressions": 9999})
    dbt.build()
    assert left_out(warehouse) == [("acme", MONTH, "control_totals, currency, split")]


def test_a_client_month_left_out_stays_red_until_it_is_mended(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    put_split(warehouse)
    for _ in range(2):
        assert dbt.build_hourly().exit_code == 1
        assert left_out(warehouse) == [("acme", MONTH, "split")]


def test_a_published_client_month_left_out_of_a_full_build_is_built_again_by_the_next(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    assert dbt.build().exit_code == 0
    # As where a changed family or rule judges rows anew that did not change.
    warehouse.execute("delete from staging.conversions where level = 'campaign'")
    dbt.build("--full-refresh")
    assert [row[0] for row in left_out(warehouse)] == ["acme", "borealis"]
    dbt.build()
    assert [row[0] for row in left_out(warehouse)] == ["acme", "borealis"]


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


def test_a_client_month_that_changed_during_the_build_is_published_by_the_next(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    bump_during_the_build(warehouse, "acme")
    ended = dbt.build_hourly()
    assert ended.exit_code == 1
    assert ended.those("fail") == {"is_empty_left_out_client_months_"}
    assert left_out(warehouse) == [("acme", MONTH, "its data changed during the build")]
    assert published_days(warehouse) == [("borealis", FIRST)]
    warehouse.execute("drop trigger a_promotion_meanwhile on ops.build_nodes")
    assert dbt.build_hourly().exit_code == 0
    assert published_days(warehouse) == [("acme", FIRST), ("borealis", FIRST)]


def test_a_month_with_fewer_days_never_replaces_a_more_complete_one(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    put_day(warehouse, "acme", SECOND, SOUND)
    assert dbt.build().exit_code == 0
    put_day(warehouse, "acme", SECOND, state="none")
    dbt.build()
    assert left_out(warehouse) == [("acme", MONTH, "the published month has more days")]
    assert published_days(warehouse) == [("acme", FIRST), ("acme", SECOND), ("borealis", FIRST)]
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(3)))
    assert dbt.build().exit_code == 0
    assert left_out(warehouse) == []


def test_a_month_with_other_days_but_not_fewer_is_published(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    put_day(warehouse, "acme", SECOND, SOUND)
    assert dbt.build().exit_code == 0
    put_day(warehouse, "acme", SECOND, state="none")
    put_day(warehouse, "acme", THIRD, SOUND)
    assert dbt.build().exit_code == 0
    assert published_days(warehouse) == [("acme", FIRST), ("acme", THIRD), ("borealis", FIRST)]
