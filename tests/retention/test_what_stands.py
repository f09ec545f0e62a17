"""Old rows of landing and old receipts go; what a number or a decision stands on stays."""

import json
from datetime import date
from typing import Any

import pytest
from databases import Warehouse
from factories import write_clients
from pydantic import ValidationError
from worlds.years import DAYS_BEFORE, LANDED_BEFORE, TODAY, batch_of, keeping, refuse

from orchestration.retention.prune import prune

LANDED = """
select l.client_id, b.asked_at::date, l.level, (l.payload ->> 'date_start')::date
from landing.insights as l inner join ops.batches as b on l.batch_id = b.batch_id
where b.state = 'kept' order by 1, 2, 3, 4
"""
STANDING = """
select s.client_id, s.level, s.date_day, l.payload
from ops.slice_state as s
left join landing.insights as l
    on s.batch_id = l.batch_id and s.level = l.level
        and l.payload ->> 'date_start' = s.date_day::text
order by 1, 2, 3
"""
RECEIPTS = "select * from ops.all_receipts order by receipt_id"
TO_2020 = (
    "update ops.batches set since = '2020-02-01' where batch_id = %s",
    'update landing.insights set payload = payload || \'{"date_start": "2020-02-01"}\' '
    "where batch_id = %s and payload ->> 'date_start' = '2024-01-01'",
    "update ops.slice_state set date_day = '2020-02-01' "
    "where batch_id = %s and date_day = '2024-01-01'",
)
"""A day of which the last answer landed in a batch becomes one that Meta forgot long ago."""
FOLDED = ("select count(*) from ops.folded_receipts", "select count(*) from ops.receipts")


def rows_of_batch(warehouse: Warehouse, table: str, batch: int) -> int:
    count: int = warehouse.value(f"select count(*) from {table} where batch_id = %s", [batch])
    return count


def as_of(warehouse: Warehouse, instant: str) -> list[tuple[Any, ...]]:
    with warehouse.connect() as connection:
        connection.execute("select set_config('meta_ads.as_of', %s, false)", [instant])
        return connection.execute("select * from as_of.standing_days order by 1, 2").fetchall()


def test_landing_keeps_what_is_young_and_what_accepted_days_stand_on(years: Warehouse) -> None:
    before, standing = years.rows(LANDED), years.rows(STANDING)
    # The third answer about a day, at the age of eight days, was the last that changed it.
    expected = [row for row in before if row[1] >= LANDED_BEFORE or (row[1] - row[3]).days == 8]
    assert 0 < len(expected) < len(before)
    pruned = {each.rule.name: each for each in prune(keeping(years), 600)}
    assert pruned["landing"].rows == len(before) - len(expected)
    assert years.rows(LANDED) == expected
    assert years.rows(STANDING) == standing
    assert all(row[3] for row in standing)
    assert all(each.is_done for each in pruned.values())
    assert [each.rows for each in prune(keeping(years), 600, is_whole=True)] == [0] * len(pruned)


def test_receipts_of_old_days_are_one_row_each_and_say_what_they_said(years: Warehouse) -> None:
    instants = ["2024-03-10", "2025-09-02", "2025-10-20T12:00:00Z", "2026-11-15"]
    before = years.rows(RECEIPTS), [as_of(years, instant) for instant in instants]
    days = years.value("select count(*) from ops.slice_state where date_day < %s", [DAYS_BEFORE])
    prune(keeping(years), 600)
    assert (years.rows(RECEIPTS), [as_of(years, instant) for instant in instants]) == before
    assert years.value(FOLDED[0]) == days
    assert years.value("select min(date_day) from ops.receipts") == DAYS_BEFORE
    # A receipt that comes later, of a day that was folded, joins the others when it is old.
    for at, left in (("clock_timestamp()", 1), ("'2026-01-01'", 0)):
        years.execute(
            "insert into ops.receipts (client_id, level, date_day, state, batch_id, received_at) "
            f"values ('acme', 'campaign', '2025-03-03', 'received', 10, {at})"
        )
        prune(keeping(years), 600)
        assert years.value(f"{FOLDED[1]} where date_day = '2025-03-03'") == left
        years.execute("update ops.receipts set received_at = '2026-01-01' where batch_id = 10")
    assert years.value("select count(*) from ops.all_receipts") == len(before[0]) + 2
    assert years.value(FOLDED[0]) == days


def test_a_refused_day_that_waits_can_be_shown_and_released_however_old_it_is(
    years: Warehouse,
) -> None:
    day = date(2025, 3, 10)
    waits = refuse(years, "acme", day, date(2025, 4, 20), is_open=True)
    closed = refuse(years, "acme", date(2025, 2, 1), date(2025, 2, 20), is_open=False)
    tables = ("landing.insights", "landing.witness_rows", "quarantine.insights")
    assert [rows_of_batch(years, table, closed) for table in tables] == [2, 1, 2]
    years.environment = {
        "META_ADS_CLIENTS": str(
            write_clients(
                years.home / "clients.yml", "client_id: acme, name: A, ad_account_id: act_1"
            )
        ),
        "META_ACCESS_TOKEN": "t",
    }
    show = ("quarantine", "show", "acme", str(day))
    before = json.loads(years.run(*show).stdout)
    assert "99" in str(before)
    prune(keeping(years), 600)
    assert [rows_of_batch(years, table, waits) for table in tables] == [2, 1, 2]
    assert [rows_of_batch(years, table, closed) for table in tables] == [0, 0, 0]
    assert years.rows("select batch_id from quarantine.violations") == [(waits,)]
    assert years.value("select count(*) from ops.receipts where batch_id = %s", [waits]) == 0
    assert json.loads(years.run(*show).stdout) == before
    done = years.run("quarantine", "release", "acme", str(day), "--reason", "it is right")
    assert done.returncode == 0, done.stderr
    stands = (
        "select spend, batch_id from staging.insights where date_day = %s and client_id = 'acme'"
    )
    assert [(int(spend), batch) for spend, batch in years.rows(stands, [day])] == [(99, waits)]
    # Released rows stand now, and those that stood until now do no longer.
    prune(keeping(years), 600, is_whole=True)
    assert rows_of_batch(years, "landing.insights", waits) == 2
    stood = batch_of(years, "acme", date(2025, 3, 18))
    assert rows_of_batch(years, "landing.insights", stood) == 0


def test_evidence_of_a_day_that_was_completed_from_a_deeper_level_stays(years: Warehouse) -> None:
    day, batches = date(2025, 3, 10), []
    for read_on in (date(2025, 3, 18), date(2025, 3, 12)):
        batches.append(batch_of(years, "acme", read_on))
        years.execute(
            "insert into landing.witness_rows "
            "select batch_id, client_id, 'ad', row_number, payload from landing.insights "
            "where batch_id = %s and level = 'campaign' and payload ->> 'date_start' = %s",
            [batches[-1], str(day)],
        )
    years.execute("update ops.slice_state set mended_from = 'ad' where date_day = %s", [day])
    prune(keeping(years), 600)
    assert [rows_of_batch(years, "landing.witness_rows", batch) for batch in batches] == [1, 0]


@pytest.mark.parametrize(("months", "left"), [(0, 2), (38, 0)])
def test_rows_that_stand_go_only_where_it_is_asked_for(
    years: Warehouse, months: int, left: int
) -> None:
    """Of days that Meta cannot be asked for any more."""
    batch = batch_of(years, "acme", date(2024, 1, 9))
    for statement in TO_2020:
        years.execute(statement, [batch])
    young = len(years.rows(STANDING))
    prune(keeping(years, keep_standing_months=months), 600)
    assert rows_of_batch(years, "landing.insights", batch) == left
    assert len(years.rows(STANDING)) == young


def test_rows_that_meta_may_be_asked_for_again_cannot_be_given_up(years: Warehouse) -> None:
    for changes in ({"keep_standing_months": 37}, {"keep_receipts_days": 149}):
        with pytest.raises(ValidationError, match="must be 0 or"):
            keeping(years, **changes)


def test_nothing_goes_where_every_rule_is_turned_off(years: Warehouse) -> None:
    names = [name for name in type(keeping(years)).model_fields if name.startswith("keep_")]
    assert prune(years.settings(**dict.fromkeys(names, 0)), 600) == []
    assert TODAY > LANDED_BEFORE > DAYS_BEFORE
