"""Every fault in the data is refused or flagged, for exactly its clients and days.

A fault first strikes one client for three days, then all of them for the next three. One
collection asks for all those days and the one after them, so that the gate judges them together.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from math import ceil

import pytest
from detection import (
    ACCOUNTS,
    ASKED,
    SAVED,
    SCOPES,
    Case,
    Laboratory,
    Scope,
    days_of,
    violations_in,
)
from places import Place

from orchestration.sandbox.faults.kinds import DATA_KINDS
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
HISTORY = (date(2026, 9, 1), date(2026, 11, 7))
UNTOUCHED = date(2026, 11, 14)
DAYS_PER_FALSE_ALARM = 1000
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
