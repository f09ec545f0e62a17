"""Results of other fields join the arrays that are counted, each type once."""

from typing import Any

import pytest

from orchestration.answers.results import with_all_results


def entry(action_type: str, value: str = "1") -> dict[str, str]:
    return {"action_type": action_type, "value": value}


def test_a_row_without_other_results_stays_what_it_is() -> None:
    row = {"spend": "1", "actions": [entry("lead")], "conversions": [], "catalog_segment_value": []}
    assert with_all_results(row) is row


def test_types_that_actions_do_not_name_join_them_under_their_own_names() -> None:
    row = {
        "actions": [entry("subscribe", "2")],
        "conversions": [entry("subscribe", "9"), entry("contact_total", "3")],
        "conversion_values": [entry("contact_total", "30")],
    }
    whole = with_all_results(row)
    assert whole["actions"] == [entry("subscribe", "2"), entry("contact_total", "3")]
    assert whole["action_values"] == [entry("contact_total", "30")]
    # The row as it came is left alone.
    assert row["actions"] == [entry("subscribe", "2")]


def test_purchases_of_shared_items_bear_names_of_their_own() -> None:
    row = {
        "actions": [entry("omni_purchase", "2")],
        "catalog_segment_actions": [entry("omni_purchase", "5") | {"7d_click": "4"}],
        "catalog_segment_value": [entry("omni_purchase", "50")],
    }
    whole = with_all_results(row)
    shared = entry("catalog_segment.omni_purchase", "5") | {"7d_click": "4"}
    assert whole["actions"] == [entry("omni_purchase", "2"), shared]
    assert whole["action_values"] == [entry("catalog_segment.omni_purchase", "50")]


@pytest.mark.parametrize("broken", ["3 contacts", [5], [{"value": "1"}], {"lead": "1"}])
def test_what_cannot_be_read_joins_as_it_is_for_the_gate_to_refuse(broken: Any) -> None:
    whole = with_all_results({"actions": [entry("lead")], "conversions": broken})
    assert whole["actions"] in (broken, [entry("lead"), *broken])


def test_actions_that_cannot_be_read_are_not_mended_by_others() -> None:
    assert (
        with_all_results({"actions": "none", "conversions": [entry("lead")]})["actions"] == "none"
    )
