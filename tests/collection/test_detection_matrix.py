"""Every fault in the data is refused or flagged, for exactly its clients and days.

A fault first strikes one client for three days, then all of them for the next three. One
collection asks for all those days and the one after them, so that the gate judges them together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from math import ceil
from pathlib import Path
from typing import Any

import pytest
import requests
from databases import Warehouse
from places import Place
from sandbox_support import spoil

from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.sandbox.faults.kinds import DATA_KINDS
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
ACCOUNTS = (1001, 1002, 1009)
"""Three shops: only shops are expected to have purchases and values."""
HISTORY = (date(2026, 9, 1), date(2026, 11, 7))
ASKED = (date(2026, 11, 8), date(2026, 11, 14))
UNTOUCHED = date(2026, 11, 14)
SAVED = "detection_history"
DAYS_PER_FALSE_ALARM = 1000


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

REFUSED = {
    "split": "not_split",
    "split_purchase": "not_split",
    "rows_dropped": "control_totals_agree",
    "empty_days": "rows_where_total_has_some",
    "duplicated": "unique_grain",
    "wrong_dates": "asked_days",
    "negative": "not_negative",
    "non_numeric": "formats",
    "spend_without_impressions": "spend_needs_impressions",
    "wrong_currency": "own_currency",
    "totals_disagree": "control_totals_agree",
    "no_currency": "required_fields",
    "missing_field": "required_fields",
    "null_values": "required_fields",
}
"""The rule that refuses the days of a fault."""
FLAGGED = {
    "frozen": "frozen_numbers",
    "spike": "spike",
    "more_clicks_than_impressions": "clicks_within_impressions",
    "unknown_action_type": "known_action_types",
    "value_without_count": "value_needs_count",
    "extra_field": "known_fields",
    "string_garbage": "storable_text",
}
"""The rule that warns about the days of a fault, which are kept."""
SUSPECTED = {"holes"}
"""A hole at every level looks like a day without delivery: it is only a suspected gap."""
FOUND_AT_THE_END = {"frozen"}
TOLD_ONCE = {"unknown_action_type", "extra_field", "string_garbage"}
"""Each client is warned of these once, on the first of its days."""
"""Two equal days are no pattern yet: of three equal days only the last is flagged."""


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


@pytest.fixture(scope="module")
def laboratory(
    server: EmbeddedServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Laboratory]:
    place = Place(server, template)
    with SandboxProcess(now=NOW) as sandbox:
        made = Laboratory(place=place, sandbox=sandbox, home=tmp_path_factory.mktemp("detection"))
        with place.warehouse(made.home, {}) as warehouse:
            made.collect(warehouse, *HISTORY)
            made.alarms = violations_in(warehouse, HISTORY[0])
            place.save(SAVED)
        yield made
        place.forget(SAVED)


def assert_harms_nobody_else(case: Case, scope: Scope) -> None:
    for account, said in case.items():
        assert UNTOUCHED not in said.blocked
        said.assert_kept([UNTOUCHED])
        if account not in scope.accounts:
            said.assert_undisturbed(scope.days)


@pytest.mark.parametrize("whom", SCOPES)
@pytest.mark.parametrize("kind", REFUSED)
def test_a_fault_is_refused_by_its_rule_for_its_clients_and_for_nobody_else(
    laboratory: Laboratory, kind: str, whom: str
) -> None:
    case, scope = laboratory.case(kind), SCOPES[whom]
    for account in scope.accounts:
        found = case[account].days(REFUSED[kind], "blocking")
        assert found >= set(scope.days), case[account].violations
        case[account].assert_refused(scope.days)
    assert_harms_nobody_else(case, scope)


def flagged_days(kind: str, scope: Scope, account: int) -> list[date]:
    if kind in TOLD_ONCE:
        return [min(each.since for each in SCOPES.values() if account in each.accounts)]
    return scope.days[-1:] if kind in FOUND_AT_THE_END else scope.days


@pytest.mark.parametrize("whom", SCOPES)
@pytest.mark.parametrize("kind", FLAGGED)
def test_a_fault_is_flagged_by_its_rule_for_its_clients_and_for_nobody_else(
    laboratory: Laboratory, kind: str, whom: str
) -> None:
    case, scope = laboratory.case(kind), SCOPES[whom]
    for account in scope.accounts:
        flagged = flagged_days(kind, scope, account)
        found = case[account].days(FLAGGED[kind], "warning")
        assert found >= set(flagged), case[account].violations
        assert case[account].blocked == set()
        case[account].assert_kept(scope.days)
    assert_harms_nobody_else(case, scope)


@pytest.mark.parametrize("whom", SCOPES)
def test_a_hole_at_every_level_is_a_suspected_gap_of_its_clients_only(
    laboratory: Laboratory, whom: str
) -> None:
    case, scope = laboratory.case("holes"), SCOPES[whom]
    for account, said in case.items():
        expected = set(scope.days) if account in scope.accounts else set()
        assert said.gaps & set(scope.days) == expected
    for account in scope.accounts:
        assert case[account].blocked == set()
        case[account].assert_kept(scope.days, "empty")
        assert UNTOUCHED not in case[account].gaps
    assert_harms_nobody_else(case, scope)


def test_every_fault_in_the_data_is_in_the_matrix() -> None:
    # Other tests cover deleted campaigns, stored data that vanish, ordinary changes of an account,
    # and answers that are not valid JSON.
    elsewhere = ["deleted_hidden", "vanish", "upper_levels_lose", "deep_field"]
    elsewhere += ["lone_surrogate", "cut_emoji", "foreign_bytes", "raw_controls"]
    life = [name for name, kind in DATA_KINDS.items() if kind.is_life]
    expected_kinds = [*REFUSED, *FLAGGED, *SUSPECTED, *elsewhere, *life]
    assert sorted(expected_kinds) == sorted(DATA_KINDS), (
        f"{set(expected_kinds) ^ DATA_KINDS.keys()}: a fault in the data is named once, in "
        "REFUSED, FLAGGED, SUSPECTED or, with a test of its own, in `elsewhere`"
    )


def test_nothing_is_refused_or_suspected_without_a_fault(laboratory: Laboratory) -> None:
    for said in laboratory.case(None).values():
        assert said.blocked == set()
        assert said.gaps == set()
        said.assert_kept(days_of(*ASKED))


def test_clean_days_raise_hardly_any_false_alarm(laboratory: Laboratory) -> None:
    clean = len(ACCOUNTS) * len(days_of(HISTORY[0], ASKED[1]))
    assert [alarm for alarm in laboratory.alarms if alarm[3] == "blocking"] == []
    later = [found for said in laboratory.case(None).values() for found in said.violations]
    alarms = [*laboratory.alarms, *later]
    assert len(alarms) <= ceil(clean / DAYS_PER_FALSE_ALARM), alarms
