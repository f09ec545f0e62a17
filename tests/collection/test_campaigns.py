"""What Meta says of campaigns beside their numbers is asked for once a day; no number needs it."""

from decimal import Decimal
from typing import Any

import pytest
import requests
from databases import Warehouse
from sandbox_support import spoil
from three_collected_days import asked, client, run

from orchestration.meta_api.money import budget
from orchestration.sandbox.process import SandboxProcess

LISTING = "/act_{}/campaigns"
DESCRIBED = (
    "select campaign_id, objective, effective_status, daily_budget, lifetime_budget, currency "
    "from staging.campaigns where client_id = %s order by campaign_id, noted_at"
)


def listed(sandbox: SandboxProcess, account: int) -> list[dict[str, Any]]:
    """The account's campaigns, as the API shows them."""
    statuses = '["ACTIVE","PAUSED","DELETED","ARCHIVED","IN_PROCESS","WITH_ISSUES"]'
    answer = requests.get(
        f"{sandbox.url}/v26.0/act_{account}/campaigns",
        params={
            "fields": "objective,effective_status,daily_budget",
            "effective_status": statuses,
            "limit": "500",
            "access_token": "any",
        },
        timeout=20,
    )
    found: list[dict[str, Any]] = answer.json()["data"]
    return found


def listings(sandbox: SandboxProcess, account: int) -> int:
    return [path for path, _ in asked(sandbox)].count(LISTING.format(account))


def again_tomorrow(warehouse: Warehouse) -> None:
    warehouse.execute(
        "update ops.clients set campaigns_listed_at = campaigns_listed_at - interval '21 hours'"
    )


def test_campaigns_are_described_once_a_day_and_again_where_something_changed(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    # Euro with cents; the yen has none.
    clients = [client(1001), client(1007)]
    run(warehouse, sandbox, clients)
    for account, currency, unit in ((1001, "EUR", 100), (1007, "JPY", 1)):
        expected = [
            (
                row["id"],
                row["objective"],
                row["effective_status"],
                Decimal(row["daily_budget"]) / unit if "daily_budget" in row else None,
                None,
                currency,
            )
            for row in listed(sandbox, account)
        ]
        assert warehouse.rows(DESCRIBED, [f"c{account}"]) == sorted(expected)
        assert {row[3] for row in expected} != {None}
    assert warehouse.value("select calls_total from ops.api_usage where client_id = 'c1001'") == 4

    requests.delete(f"{sandbox.url}/sandbox/log", timeout=20)
    before = warehouse.rows(DESCRIBED, ["c1001"])
    run(warehouse, sandbox, clients)
    assert listings(sandbox, 1001) == 0
    again_tomorrow(warehouse)
    warehouse.execute(
        "update staging.campaigns set effective_status = 'PAUSED', daily_budget = 1 "
        "where campaign_id = %s",
        [before[0][0]],
    )
    run(warehouse, sandbox, clients)
    assert listings(sandbox, 1001) == 1
    earlier, *later = warehouse.rows(DESCRIBED, ["c1001"])
    assert earlier[2:4] == ("PAUSED", 1)
    assert later == before


def test_a_listing_that_fails_fails_nothing_and_is_asked_for_again(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "http_500", account="act_1001", path="campaigns", times=4)
    collection = run(warehouse, sandbox, [client(1001), client(1002)])
    assert collection.failed == []
    assert warehouse.value("select count(*) from ops.failed_collections") == 0
    assert listings(sandbox, 1001) == 4
    described = "select distinct client_id from staging.campaigns order by 1"
    assert warehouse.rows(described) == [("c1002",)]
    run(warehouse, sandbox, [client(1001), client(1002)])
    assert warehouse.rows(described) == [("c1001",), ("c1002",)]
    assert listings(sandbox, 1002) == 1


def test_an_outage_of_the_listing_costs_a_few_clients_their_attempts_and_not_all(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    clients = [client(number) for number in range(1001, 1007)]
    spoil(sandbox, "http_500", path="campaigns")
    collection = run(warehouse, sandbox, clients, concurrency=2)
    assert collection.failed == []
    asked_for = [number for number in range(1001, 1007) if listings(sandbox, number)]
    assert asked_for[:2] == [1001, 1002]
    # A third may have begun when the second failed.
    assert len(asked_for) <= 3


def test_an_account_that_has_to_wait_is_not_asked_for_its_campaigns(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "rate_limit", account="act_1001", path="campaigns", minutes=60)
    collection = run(warehouse, sandbox, [client(1001)], wait_budget_seconds=900)
    assert collection.failed == []
    assert listings(sandbox, 1001) == 1


@pytest.mark.parametrize(
    ("sent", "currency", "expected"),
    [
        ("5000", "EUR", Decimal(50)),
        ("5001", "USD", Decimal("50.01")),
        (5000, "JPY", Decimal(5000)),
        ("5000", "HUF", Decimal(5000)),
        ("0", "EUR", None),
        (None, "EUR", None),
        ("-1", "EUR", None),
        ("1e9", "EUR", None),
        ("٣", "EUR", None),
        ("9" * 400, "EUR", None),
        (True, "EUR", None),
        ({"amount": 1}, "EUR", None),
    ],
)
def test_budgets_are_in_their_currency_or_not_there(
    sent: Any, currency: str, expected: Decimal | None
) -> None:
    assert budget(sent, currency) == expected
