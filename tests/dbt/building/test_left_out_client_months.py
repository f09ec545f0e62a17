"""One client's wrong data hold back that client-month alone, with a reason, until mended."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from databases import Warehouse
from dbt_runs import Dbt
from factories import add_client, campaign, days, purchases, put_day, put_month, touch_month

MONTH = date(2026, 11, 1)
FIRST, SECOND, THIRD = days(MONTH, date(2026, 11, 3))
SOUND = campaign("c1", **purchases(2))
TIMEOUT_SECONDS = 60
LATEST_BUILD = "(select max(build_id) from ops.builds)"


@pytest.fixture
def clients(warehouse: Warehouse) -> tuple[str, str]:
    """Two clients with one sound day each."""
    for client_id in ("acme", "borealis"):
        add_client(warehouse, client_id)
        put_day(warehouse, client_id, FIRST, SOUND)
    return ("acme", "borealis")


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


def left_out(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """What the latest build left out, as the ledger says."""
    return warehouse.rows(
        "select client_id, month, left_out from ops.build_client_months "
        f"where build_id = {LATEST_BUILD} and left_out is not null order by 1"
    )


def published_days(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    return warehouse.rows(
        "select client_id, date_day from marts.daily_campaign_performance order by 1, 2"
    )


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
    assert warehouse.rows("select distinct client_id from marts.monthly_client_summary") == [
        ("sound",)
    ]
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


def test_a_total_within_the_tolerance_or_below_its_parts_holds_nothing_back(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    totals: dict[str, tuple[dict[str, Any], bool]] = {
        "a-little-above": ({"spend": Decimal("20.31")}, True),
        "at-the-limit": ({"spend": Decimal("20.32")}, True),
        "below": ({"spend": Decimal("10.00")}, True),
        "few-impressions": ({"impressions": 1031}, True),
        "many-impressions": ({"impressions": 1100}, False),
    }
    for client_id, (total, _) in totals.items():
        add_client(warehouse, client_id)
        put_day(warehouse, client_id, FIRST, campaign("c1", spend=Decimal("20.01")), totals=total)
    dbt.build()
    assert published_days(warehouse) == sorted(
        (client_id, FIRST) for client_id, (_, is_published) in totals.items() if is_published
    )


def test_an_account_with_fewer_conversions_than_its_campaigns_holds_nothing_back(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    add_client(warehouse, "acme")
    put_day(warehouse, "acme", FIRST, SOUND, account={"actions": {}, "values": {}})
    assert dbt.build().exit_code == 0
    assert published_days(warehouse) == [("acme", FIRST)]


def test_families_that_are_no_conversions_never_split(warehouse: Warehouse, dbt: Dbt) -> None:
    add_client(warehouse, "acme")
    account = {"actions": {"link_click": 40, "landing_page_view": 30}, "values": {}}
    put_day(warehouse, "acme", FIRST, campaign("c1"), account=account)
    assert dbt.build().exit_code == 0
    assert published_days(warehouse) == [("acme", FIRST)]


def test_a_gap_alone_is_published_and_told(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    ended = dbt.build_hourly()
    assert ended.exit_code == 0
    assert published_days(warehouse) == [("acme", FIRST), ("borealis", FIRST)]
    rows = warehouse.rows('select distinct "check", severity, detail from audit.audit_findings')
    assert rows == [("gap", "warning", "not received: never asked")]
    assert warehouse.rows(
        "select is_complete, days_owed, days_received, missing_days[1] "
        "from marts.monthly_client_summary where client_id = 'acme'"
    ) == [(False, 14, 1, SECOND)]


def test_an_empty_day_between_days_of_delivery_is_told_and_counts_as_zero(
    warehouse: Warehouse, dbt: Dbt
) -> None:
    add_client(warehouse, "acme", owed_since=FIRST)
    put_month(warehouse, "acme", days(FIRST, date(2026, 11, 14)), SOUND)
    put_day(warehouse, "acme", SECOND, state="empty")
    assert dbt.build_hourly().exit_code == 0
    assert warehouse.rows('select "check", severity, date_day from audit.audit_findings') == [
        ("suspected_gap", "warning", SECOND)
    ]
    assert warehouse.value("select is_complete from marts.monthly_client_summary") is True


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


def test_a_second_build_while_one_runs_is_refused_with_its_number(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    build = warehouse.value("select ops.open_build('another', false)")
    ended = dbt.build()
    assert ended.exit_code == 1
    said = ended.messages["meta_ads_warehouse-on-run-start-1"]
    assert f"Another build is running: number {build}" in said
    assert "meta-ads build --take-over" in said
    assert "publication" in ended.those("skipped")
    assert published_days(warehouse) == []
    assert warehouse.value("select state from ops.builds where build_id = %s", [build]) == "running"
    warehouse.execute("select ops.end_build('another')")
    assert dbt.build().exit_code == 0


def test_a_build_whose_lease_is_stale_is_superseded_and_stopped_at_its_next_step(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    stale = warehouse.value("select ops.open_build('another', false)")
    warehouse.execute(
        "update ops.builds set heartbeat_at = now() - interval '11 minutes' where state = 'running'"
    )
    assert dbt.build().exit_code == 0
    states = warehouse.rows(
        "select state from ops.builds where build_id >= %s order by build_id", [stale]
    )
    assert states == [("superseded",), ("published",)]
    before = warehouse.rows("select xmin, * from published.client_months")
    for step in (
        "ops.touch_build('another', 'int_family_days')",
        "ops.publish('another', array['client_months'], array[]::text[])",
    ):
        with pytest.raises(psycopg.errors.RaiseException, match="holds no build"):
            warehouse.execute(f"select {step}")
    assert warehouse.rows("select xmin, * from published.client_months") == before


def test_a_step_keeps_the_lease_of_its_build_alive(warehouse: Warehouse) -> None:
    warehouse.execute("select ops.open_build('one', false)")
    warehouse.execute(
        "update ops.builds set heartbeat_at = now() - interval '9 minutes' where state = 'running'"
    )
    warehouse.execute("select ops.touch_build('one', 'int_family_days')")
    fresh = (
        "select heartbeat_at > now() - interval '1 minute' from ops.builds "
        "where invocation_id = 'one'"
    )
    assert warehouse.value(fresh) is True
    with pytest.raises(psycopg.errors.RaiseException, match="Another build is running"):
        warehouse.execute("select ops.open_build('two', false)")


def test_a_node_that_takes_long_holds_up_only_what_reads_it(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    built = (
        "select n.node from ops.build_nodes as n join ops.builds as b using (build_id) "
        "where b.state = 'running' order by 1"
    )
    with warehouse.connect() as somebody, ThreadPoolExecutor() as pool:
        somebody.execute("lock table intermediate.int_monthly_counts")
        build = pool.submit(dbt.build)
        try:
            deadline = time.monotonic() + TIMEOUT_SECONDS
            while ("int_monthly_values",) not in (nodes := warehouse.rows(built)):
                assert time.monotonic() < deadline, nodes
                assert not build.done()
                time.sleep(0.1)
            assert ("int_monthly_counts",) not in nodes
        finally:
            somebody.rollback()
        assert build.result().exit_code == 0


def test_whoever_takes_a_build_over_waits_until_none_of_its_nodes_is_at_work(
    warehouse: Warehouse,
) -> None:
    build = warehouse.value("select ops.open_build('one', false)")
    warehouse.execute("update ops.builds set heartbeat_at = now() - interval '11 minutes'")
    with warehouse.connect() as node, warehouse.connect() as another:
        node.execute("select ops.hold_build('one')")
        another.execute("set lock_timeout = '200ms'")
        another.commit()
        for takes_over in ("ops.open_build('two', false)", f"ops.supersede_build({build})"):
            with pytest.raises(psycopg.errors.LockNotAvailable):
                another.execute(f"select {takes_over}")
            another.rollback()
        node.execute("select ops.touch_build('one', 'int_monthly_counts')")
        node.commit()
        with pytest.raises(psycopg.errors.RaiseException, match="Another build is running"):
            another.execute("select ops.open_build('two', false)")
        another.rollback()
        another.execute(f"select ops.supersede_build({build})")
        another.commit()
        with pytest.raises(psycopg.errors.RaiseException, match="holds no build"):
            node.execute("select ops.hold_build('one')")


def test_two_builds_that_begin_at_once_leave_one_running(warehouse: Warehouse) -> None:
    with warehouse.connect() as one:
        one.execute("select ops.open_build('one', false)")
        with warehouse.connect() as two:
            two.execute("set lock_timeout = '200ms'")
            two.commit()
            with pytest.raises(psycopg.errors.LockNotAvailable):
                two.execute("select ops.open_build('two', false)")
    with pytest.raises(psycopg.errors.RaiseException, match="Another build is running"):
        warehouse.execute("select ops.open_build('two', false)")


def test_only_the_client_months_whose_slices_changed_are_in_hand(
    warehouse: Warehouse, dbt: Dbt, clients: tuple[str, str]
) -> None:
    assert dbt.build().exit_code == 0
    touch_month(warehouse, "borealis", FIRST)
    dbt.build()
    in_hand = f"select client_id from ops.build_client_months where build_id = {LATEST_BUILD}"
    assert warehouse.rows(in_hand) == [("borealis",)]
    dbt.build("--full-refresh")
    assert len(warehouse.rows(in_hand)) == 2
