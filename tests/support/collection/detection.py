"""Collections with one fault each, after a clean history: what was refused, flagged and kept."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import requests
from databases import Warehouse
from places import Place
from sandbox_support import spoil

from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.sandbox.process import SandboxProcess

ACCOUNTS = (1001, 1002, 1009)
"""Three shops: only shops are expected to have purchases and values."""

ASKED = (date(2026, 11, 8), date(2026, 11, 14))
SAVED = "detection_history"


def days_of(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


@dataclass(frozen=True)
class Scope:
    """The accounts and days that a fault affects."""

    accounts: tuple[int, ...]
    since: date
    until: date

    @property
    def days(self) -> list[date]:
        return days_of(self.since, self.until)


SCOPES = {
    "one client": Scope(ACCOUNTS[:1], date(2026, 11, 8), date(2026, 11, 10)),
    "all clients": Scope(ACCOUNTS, date(2026, 11, 11), date(2026, 11, 13)),
}


@dataclass
class Said:
    """The results of a collection for one client: violations, and the states of its days.

    `violations` are triples of day, rule and severity, `states` the last attempt and what stands.
    """

    violations: set[tuple[date | None, str, str]] = field(default_factory=set)
    states: dict[date, tuple[str, str]] = field(default_factory=dict)
    staged: set[date] = field(default_factory=set)
    gaps: set[date] = field(default_factory=set)

    def days(self, rule: str, severity: str) -> set[date | None]:
        """Where a rule was broken; None stands for rows that name no day that was asked for."""
        return {day for day, *broken in self.violations if broken == [rule, severity]}

    @property
    def blocked(self) -> set[date | None]:
        """Days with a blocking violation."""
        return {day for day, _, severity in self.violations if severity == "blocking"}

    def assert_kept(self, days: Sequence[date], state: str = "received") -> None:
        assert {day: self.states.get(day) for day in days} == dict.fromkeys(days, (state, state))
        assert self.staged & set(days) == (set(days) if state == "received" else set())

    def assert_refused(self, days: Sequence[date]) -> None:
        refused = ("refused", "none")
        assert {day: self.states.get(day) for day in days} == dict.fromkeys(days, refused)
        assert not self.staged & set(days)

    def assert_undisturbed(self, days: Sequence[date]) -> None:
        assert {found for found in self.violations if found[0] in days} == set()
        self.assert_kept(days)


Case = dict[int, Said]


@dataclass(kw_only=True)
class Laboratory:
    """Clients with a clean history, copied for each fault; `alarms` is what that history raised."""

    place: Place
    sandbox: SandboxProcess
    home: Path
    alarms: list[tuple[Any, ...]] = field(default_factory=list)
    cases: dict[str | None, Case] = field(default_factory=dict)

    def case(self, kind: str | None) -> Case:
        """The results by account with this fault, collected once; without a fault for None."""
        if kind not in self.cases:
            requests.delete(f"{self.sandbox.url}/sandbox/faults", timeout=20)
            for scope in SCOPES.values() if kind else ():
                days = {"since": str(scope.since), "until": str(scope.until)}
                whom = {} if scope.accounts == ACCOUNTS else {"account": str(scope.accounts[0])}
                spoil(self.sandbox, str(kind), **days, **whom)
            with self.place.warehouse(self.home, {}, like=SAVED) as warehouse:
                self.collect(warehouse, *ASKED)
                self.cases[kind] = read_case(warehouse)
        return self.cases[kind]

    def collect(self, warehouse: Warehouse, since: date, until: date) -> None:
        """Collect days of all clients; every day has to be answered."""
        clients = [
            Client.model_validate(
                {"client_id": client_of(n), "name": f"C{n}", "ad_account_id": f"act_{n}"}
            )
            for n in ACCOUNTS
        ]
        settings = warehouse.settings(api_url=self.sandbox.url, retry_delays=(0.0, 0.0, 0.0))
        done = collect(settings, clients, since=since, until=until, run_id=str(since))
        assert done.failed == []


def client_of(account: int) -> str:
    return f"c{account}"


def violations_in(warehouse: Warehouse, since: date) -> list[tuple[Any, ...]]:
    """Client, day, rule, severity and detail of the violations of the run that began there."""
    found: list[tuple[Any, ...]] = warehouse.rows(
        "select v.client_id, v.date_day, v.rule, v.severity, v.detail "
        "from quarantine.violations as v inner join ops.batches as b using (batch_id) "
        "where b.run_id = %s",
        [str(since)],
    )
    return found


def read_case(warehouse: Warehouse) -> Case:
    said = {client_of(account): Said() for account in ACCOUNTS}
    for client, day, rule, severity, _ in violations_in(warehouse, ASKED[0]):
        said[client].violations.add((day, rule, severity))
    for client, day, attempt, state in warehouse.rows(
        "select client_id, date_day, last_attempt, state from ops.slice_state "
        "where level = 'campaign' and date_day >= %s",
        [ASKED[0]],
    ):
        said[client].states[day] = (attempt, state)
    for table in ("insights", "conversions", "control_totals"):
        for client, day in warehouse.rows(
            f"select distinct client_id, date_day from staging.{table} where date_day >= %s",
            [ASKED[0]],
        ):
            said[client].staged.add(day)
    for client, day in warehouse.rows("select client_id, date_day from ops.suspected_gaps"):
        said[client].gaps.add(day)
    return {account: said[client_of(account)] for account in ACCOUNTS}
