"""Deleted campaigns: listings leave them out, the account's total and their own answers do not."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from databases import Warehouse
from sandbox_support import spoil, steer

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.sandbox.process import SandboxProcess
from orchestration.sandbox.world.world import seeded_accounts

A = Client.model_validate(
    {"client_id": "a", "name": "A", "ad_account_id": "act_1001", "levels": ["campaign", "adset"]}
)
(DELETED,) = (
    campaign
    for campaign in seeded_accounts(7)["1001"].objects["campaign"]
    if campaign.life.ending == "DELETED"
    and campaign.life.ended is not None
    and date(2026, 1, 1) < campaign.life.ended < date(2026, 11, 1)
)
assert DELETED.life.ended is not None
ENDED = DELETED.life.ended
SINCE, UNTIL = ENDED - timedelta(days=3), ENDED - timedelta(days=1)


def run(warehouse: Warehouse, sandbox: SandboxProcess, until: date = UNTIL) -> Collection:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    return collect(settings, [A], since=SINCE, until=until, run_id="run")


def rows_of_it(warehouse: Warehouse) -> list[tuple[Any, ...]]:
    """Stored spend and purchases of the deleted campaign, by level and day."""
    found: list[tuple[Any, ...]] = warehouse.rows(
        "select i.level, i.date_day, sum(i.spend), sum((select sum((e ->> 'value')::numeric) "
        "from jsonb_array_elements(c.actions) as e where e ->> 'action_type' = 'omni_purchase')) "
        "from staging.insights as i left join staging.conversions as c "
        "using (client_id, level, date_day, entity_id) where i.campaign_id = %s "
        "group by 1, 2 order by 1, 2",
        [DELETED.id],
    )
    return found


def assert_warned(warehouse: Warehouse) -> None:
    assert warehouse.rows(
        "select distinct rule, severity, count(*) from quarantine.violations "
        "where closed_at is null group by rule, severity"
    ) == [("deleted_campaigns", "warning", 3)]


def test_a_day_collected_for_the_first_time_has_the_rows_of_deleted_campaigns(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox)
    expected = rows_of_it(warehouse)
    assert len(expected) == 3 * len(A.levels)
    warehouse.execute("truncate staging.insights, staging.conversions, ops.slice_state")
    spoil(sandbox, "deleted_hidden", account="act_1001")
    collection = run(warehouse, sandbox)
    assert (collection.days_kept, collection.days_refused) == (3, 0)
    assert rows_of_it(warehouse) == expected
    assert_warned(warehouse)


def test_conversions_that_come_after_the_deletion_are_told_too(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    early = datetime.combine(ENDED, datetime.min.time(), UTC) + timedelta(hours=20)
    steer(sandbox, "clock", "POST", now=early.isoformat())
    run(warehouse, sandbox)
    before = rows_of_it(warehouse)
    steer(sandbox, "clock", "DELETE")
    spoil(sandbox, "deleted_hidden", account="act_1001")
    collection = run(warehouse, sandbox)
    assert (collection.days_kept, collection.days_refused) == (3, 0)
    after = rows_of_it(warehouse)
    assert [row[:2] for row in after] == [row[:2] for row in before]
    assert sum(row[3] or 0 for row in after) > sum(row[3] or 0 for row in before)
    assert_warned(warehouse)


def test_what_stands_is_kept_where_the_campaign_itself_tells_nothing(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox)
    before = rows_of_it(warehouse)
    spoil(sandbox, "deleted_hidden", account="act_1001")
    spoil(sandbox, "object_missing", path=f"{DELETED.id}/insights")
    collection = run(warehouse, sandbox)
    assert (collection.days_kept, collection.days_refused) == (3, 0)
    assert rows_of_it(warehouse) == before
    assert_warned(warehouse)


def test_campaigns_that_are_not_deleted_explain_nothing(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox)
    spoil(sandbox, "rows_dropped", account="act_1001")
    collection = run(warehouse, sandbox)
    assert (collection.days_kept, collection.days_refused) == (0, 3)


def test_the_day_is_refused_while_deleted_campaigns_cannot_be_asked(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "deleted_hidden", account="act_1001")
    spoil(sandbox, "http_500", path="campaigns")
    collection = run(warehouse, sandbox)
    assert (collection.days_kept, collection.days_refused) == (0, 3)
    assert warehouse.value("select count(*) from ops.failed_collections") == 0
