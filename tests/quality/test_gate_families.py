"""The gate and conversions: by the families that the client counts, whatever they are called."""

from dataclasses import replace
from datetime import date

import pytest
from gate_answers import BAD, PLAIN, SINCE, UNTIL, WINDOW, found, given

from orchestration.answers.families import Counting
from orchestration.answers.history import History
from orchestration.answers.results import Row
from orchestration.quality.gate import judge


@pytest.mark.parametrize(
    ("families", "refused"),
    [(None, set()), ({"add_to_cart"}, {BAD}), ({"lead"}, set())],
    ids=["those of the seed", "carts count", "only leads count"],
)
def test_a_split_is_judged_on_the_families_that_the_client_counts(
    families: set[str] | None, refused: set[date]
) -> None:
    case = given()
    own = Counting(frozenset(families)) if families else None
    case.account = replace(case.account, conversion_families=own)
    carts = {"action_type": "omni_add_to_cart", "value": "7"}
    case.rows["account"][1]["actions"] = [*PLAIN, carts]
    assert set(judge([case.answer])[0].refused_days) == refused


def test_a_new_name_of_a_known_event_is_warned_of_once_and_never_counted() -> None:
    case = given()
    alias = {"action_type": "purchase_shared", "value": "3"}
    for rows in case.rows.values():
        for one in rows:
            one |= {"actions": [*PLAIN, alias], "surprise": "1"}
    answer = case.answer
    (verdict,) = judge([answer])
    assert found(verdict) == {
        ("known_action_types", "warning", SINCE),
        ("known_fields", "warning", SINCE),
    }
    assert answer.figures[SINCE]["conversions:purchase"] == 3
    news = answer.contents["campaign"].new_oddities
    assert news == {
        ("known_action_types", "purchase_shared"): SINCE,
        ("known_fields", "surprise"): SINCE,
    }
    case.history = History(known_oddities={*news})
    case.rows["campaign"][1]["actions"] = [*PLAIN, alias, alias | {"action_type": "purchase_v2"}]
    (verdict,) = judge([case.answer])
    assert found(verdict) == {("known_action_types", "warning", BAD)}
    assert "purchase_v2" in verdict.violations[0].detail
    assert "purchase_shared" not in verdict.violations[0].detail


@pytest.mark.parametrize(
    ("actions", "rule"), [(None, "total_has_actions"), (PLAIN[:1], "parts_within_total")]
)
def test_a_total_that_lacks_conversions_by_design_is_warned_of_once_for_each_family(
    actions: list[Row] | None, rule: str
) -> None:
    case = given()
    for one in case.rows["account"]:
        one["actions"], one["action_values"] = actions, None
    lead = {"action_type": "lead", "value": "1"}
    case.rows["campaign"][2]["actions"] = [*PLAIN, lead]
    (verdict,) = judge([case.answer])
    assert verdict.accepted_days == WINDOW.days
    assert found(verdict) == {(rule, "warning", SINCE), (rule, "warning", UNTIL)}
    case.history = History(known_oddities={(rule, "purchase"), (rule, "lead")})
    assert found(judge([case.answer])[0]) == set()
    # What blocks goes on to block.
    case.rows["account"][1]["actions"] = [*PLAIN, lead]
    assert found(judge([case.answer])[0]) == {("not_split", "blocking", BAD)}


def test_a_custom_conversion_is_judged_by_the_family_that_the_client_gives_it() -> None:
    case = given()
    form = {"action_type": "offsite_conversion.custom.77", "value": "2"}
    case.rows["account"][1]["actions"] = [*PLAIN, form]
    assert set(judge([case.answer])[0].refused_days) == set()
    named = Counting(None, frozenset({("77", "lead")}))
    case.account = replace(case.account, conversion_families=named)
    assert set(judge([case.answer])[0].refused_days) == {BAD}
    # Where a reviewed lead came as well, that one is counted.
    lead = {"action_type": "lead", "value": "1"}
    case.rows["account"][1]["actions"] = [*PLAIN, form, lead]
    case.rows["campaign"][1]["actions"] = [*PLAIN, lead]
    assert set(judge([case.answer])[0].refused_days) == set()


def test_a_client_that_counts_only_leads_is_not_split_where_purchases_are_missing() -> None:
    case = given()
    case.rows["campaign"][1]["actions"] = PLAIN[:1]
    assert set(judge([case.answer])[0].refused_days) == {BAD}
    case.account = replace(case.account, conversion_families=Counting(frozenset({"lead"})))
    assert set(judge([case.answer])[0].refused_days) == set()
