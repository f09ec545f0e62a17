"""Data without faults, restated daily as by Meta, raise no alarm: a sample of the benchmark."""

from datetime import UTC, datetime, timedelta

from databases import Warehouse
from sandbox_support import steer

from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.sandbox.process import SandboxProcess

START = datetime(2026, 10, 26, 12, tzinfo=UTC)
DAYS = 16
"""Includes a change of clocks, the end of a month, and enough days to compare at equal age."""
ACCOUNTS = (1001, 1005, 1007, 1013)


def test_days_that_are_only_restated_raise_nothing(warehouse: Warehouse) -> None:
    clients = [
        Client.model_validate({"client_id": f"c{n}", "name": f"C{n}", "ad_account_id": f"act_{n}"})
        for n in ACCOUNTS
    ]
    with SandboxProcess(now=START) as sandbox:
        for number in range(DAYS):
            now = START + timedelta(days=number)
            steer(sandbox, "clock", "POST", now=now.isoformat())
            settings = warehouse.settings(api_url=sandbox.url, now_override=now)
            done = collect(settings, clients, run_id=f"day {number}")
            assert not done.failed
    assert warehouse.rows("select client_id, date_day, rule from quarantine.violations") == []
    restated = "select count(distinct (client_id, date_day)) from ops.restatements where before > 0"
    assert warehouse.value(restated) > 28 * len(clients)
    ages = "select count(*) from ops.restatements where metric = 'spend' and age_days > 3"
    assert warehouse.value(ages) > 0
