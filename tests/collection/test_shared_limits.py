"""Collections at the same time, each with a state folder of its own, share Meta's limits."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from databases import Warehouse
from factories import write_clients
from sandbox_support import put_back, spoil, steer
from scenes import python

from orchestration.sandbox.process import SandboxProcess

CONCURRENCY = 4
IN_FLIGHT = 2 * CONCURRENCY
PAUSE_SECONDS = 5
RANGES = (("2024-01-01", "2025-05-31"), ("2025-06-01", "2026-10-31"))
COLLECT = """
from datetime import date
from orchestration.clients.model import load_clients
from orchestration.collection.collection import collect
from orchestration.settings import load_settings
settings = load_settings()
days = [date.fromisoformat(day) for day in {days}]
clients = load_clients(settings.clients_file)
done = collect(settings, clients, since=days[0], until=days[1], run_id="r")
print([str(outcome.error) for outcome in done.failed])
"""


@dataclass
class Machines:
    """Two machines that collect one account, each another part of its days."""

    warehouse: Warehouse
    sandbox: SandboxProcess

    def collect(self) -> None:
        with ThreadPoolExecutor(2) as pool:
            done = [*pool.map(self._collect, ("one", "two"), RANGES)]
        assert done == ["[]\n", "[]\n"]

    def requests(self) -> list[dict[str, Any]]:
        found = steer(self.sandbox, "log")["requests"]
        return [each for each in found if each.get("account") == "1001"]

    def _collect(self, home: str, days: tuple[str, str]) -> str:
        return python(
            self.warehouse,
            COLLECT.format(days=days),
            META_ADS_HOME=str(self.warehouse.home / home),
            META_ADS_CONCURRENCY=str(CONCURRENCY),
            META_ADS_WORKERS="1",
            META_ADS_WAIT_BUDGET="20",
            META_ADS_RETRY_DELAYS="0.1,0.1,0.1",
        )


@pytest.fixture
def machines(warehouse: Warehouse, sandbox: SandboxProcess) -> Iterator[Machines]:
    clients = write_clients(
        warehouse.home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1001, starts_on: 2024-01-01",
    )
    warehouse.environment = {"META_API_URL": sandbox.url, "META_ADS_CLIENTS": str(clients)}
    spoil(sandbox, "slow", seconds=0.2, path="insights")
    yield Machines(warehouse, sandbox)
    put_back(sandbox)


def test_a_limit_that_one_is_told_of_slows_the_other(machines: Machines) -> None:
    sandbox = machines.sandbox
    steer(sandbox, "faults", "DELETE")
    spoil(sandbox, "buc_limit", account="1001", after=12, times=1, minutes=PAUSE_SECONDS / 60)
    spoil(sandbox, "slow", seconds=0.2, path="insights")
    machines.warehouse.execute(
        "insert into ops.throttle_state (key, percent, learned_at) "
        "values ('act_1', 90, now() - interval '25 hours')"
    )
    machines.collect()
    requests = machines.requests()
    (refused,) = [each["at"] for each in requests if each["status"] == 400]
    # The other learns of it within a second or two, and what is in flight comes to its end.
    after = [each["at"] - refused for each in requests if each["at"] > refused]
    assert [at for at in after if 2.5 < at < PAUSE_SECONDS - 0.5] == []
    assert max(after) > PAUSE_SECONDS
    # What was said a day ago is forgotten.
    (state,) = machines.warehouse.rows("select key, reason from ops.throttle_state")
    assert state[0] == "act_1001"
    assert "80004" in state[1]


def test_the_sum_of_all_stays_within_the_budgets(machines: Machines) -> None:
    steer(machines.sandbox, "budgets", "POST", scope="account", calls=20, seconds=2)
    steer(machines.sandbox, "budgets", "POST", scope="app", calls=24, seconds=2)
    machines.collect()
    assert len(machines.requests()) > 60
    for budget in steer(machines.sandbox, "budgets").values():
        assert budget["most"] <= budget["calls"] + IN_FLIGHT
        assert budget["refused"] <= 2 * IN_FLIGHT
    days = "select count(distinct date_day) from ops.slice_state where state <> 'none'"
    assert machines.warehouse.value(days) == 1035
