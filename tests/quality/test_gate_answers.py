"""The gate judges whole answers: days that lack, days that run, levels, several at once."""

from datetime import date

import pytest
from databases import Warehouse
from gate_answers import (
    BAD,
    SINCE,
    UNTIL,
    WINDOW,
    Change,
    both,
    found,
    given,
    part_only,
    row,
    spoiled,
    total_only,
)

from orchestration.answers.window import Window
from orchestration.quality.answer import Answer
from orchestration.quality.gate import judge, validate
from orchestration.quality.verdict import IncompleteDataError


def test_the_same_object_twice_on_a_day_refuses_the_day() -> None:
    made = given()
    for level in ("account", "campaign"):
        made.rows[level].append(made.rows[level][1])
    assert found(judge([made.answer])[0]) == {("unique_grain", "blocking", BAD)}


def test_a_row_of_another_day_is_named_and_the_days_asked_for_are_judged_without_it() -> None:
    made = given()
    for rows in made.rows.values():
        rows.append(rows[1] | {"date_start": "2025-11-11", "date_stop": "2025-11-11"})
    (verdict,) = judge([made.answer])
    assert found(verdict) == {("asked_days", "blocking", None)}
    assert verdict.accepted_days == WINDOW.days


def test_an_account_total_without_any_campaign_row_refuses_the_day() -> None:
    made = given()
    del made.rows["campaign"][1]
    rules = {rule for rule, _, day in found(judge([made.answer])[0]) if day == BAD}
    assert "rows_where_total_has_some" in rules
    assert judge([made.answer])[0].accepted_days == [SINCE, UNTIL]


def test_a_day_empty_at_both_levels_and_an_answer_without_rows_are_fine() -> None:
    made = given()
    del made.rows["campaign"][1], made.rows["account"][1]
    nothing = Answer(WINDOW, made.account, 2, ["account", "campaign"])
    assert [verdict.violations for verdict in judge([made.answer, nothing])] == [[], []]
    assert judge([nothing])[0].accepted_days == WINDOW.days


@pytest.mark.parametrize("spend", ["10.51", "10.49"])
def test_a_difference_of_a_cent_is_rounding(spend: str) -> None:
    assert not judge([spoiled(total_only(spend=spend)).answer])[0].refused_days


def test_a_day_still_running_is_only_warned_about() -> None:
    (verdict,) = judge([spoiled(total_only(spend="20.00"), finished_until=SINCE).answer])
    assert found(verdict) == {("control_totals_agree", "warning", BAD)}
    assert verdict.accepted_days == WINDOW.days


def test_answers_judged_together_keep_their_own_verdicts() -> None:
    verdicts = judge(
        [given(client_id="b").answer, spoiled(both(spend="-5")).answer, given(client_id="c").answer]
    )
    assert [found(verdict) for verdict in verdicts] == [
        set(),
        {("not_negative", "blocking", BAD)},
        set(),
    ]


def test_a_stray_row_of_one_answer_does_not_refuse_the_day_of_another() -> None:
    later = Window("a", date(2026, 11, 13), date(2026, 11, 13))
    rows = {"account": [row(later.since)], "campaign": [row(later.since, campaign_id="11")]}
    rows["campaign"].append(row(BAD, campaign_id="11"))
    other = Answer.of(later, given().account, 2, rows)
    verdicts = judge([given().answer, other])
    assert found(verdicts[0]) == set()
    assert verdicts[1].accepted_days == [later.since]


def test_validation_raises_with_every_blocking_violation() -> None:
    made = spoiled(both(account_currency="USD", spend="-5"))
    made.rows["campaign"][2]["account_id"] = "2"
    with pytest.raises(IncompleteDataError) as raised:
        validate(made.answer)
    text = str(raised.value)
    assert text.startswith("a: incomplete data")
    for line in (f"{BAD}: own_currency", f"{BAD}: not_negative", f"{UNTIL}: own_account"):
        assert line in text
    assert len(raised.value.verdict.violations) == 3


def test_ad_sets_that_add_up_to_something_else_than_their_campaigns_are_warned_about() -> None:
    made = given()
    made.rows["adset"] = [row(day, adset_id="1", campaign_id="11") for day in WINDOW.days]
    assert found(judge([made.answer])[0]) == set()
    for spend in ("1.00", "30.00"):
        made.rows["adset"][1]["spend"] = spend
        assert found(judge([made.answer])[0]) == {("levels_agree", "warning", BAD)}


def test_an_ad_set_without_its_campaign_refuses_the_day() -> None:
    made = given()
    made.rows["adset"] = [row(day, adset_id="1", campaign_id="11") for day in WINDOW.days]
    del made.rows["adset"][1]["campaign_id"]
    assert found(judge([made.answer])[0]) == {("required_fields", "blocking", BAD)}


def test_days_without_rows_are_refused_where_rows_of_other_days_came() -> None:
    made = given()
    for level in ("account", "campaign"):
        made.rows[level][1] |= {"date_start": "2025-11-11", "date_stop": "2025-11-11"}
    (verdict,) = judge([made.answer])
    assert verdict.refused_days == {BAD}
    assert {v.rule for v in verdict.violations} == {"asked_days"}


def test_a_released_day_is_only_warned_about_by_the_rules_it_was_released_from() -> None:
    made = spoiled(total_only(spend="20.00"))
    made.history.released[BAD] = {"control_totals_agree"}
    assert found(judge([made.answer])[0]) == {("control_totals_agree", "warning", BAD)}
    made.rows["campaign"][1]["account_id"] = "2"
    assert judge([made.answer])[0].refused_days == {BAD}


@pytest.mark.parametrize(
    "change",
    [
        both(impressions="9" * 20),
        both(reach="9" * 20),
        both(spend="١٢"),
        both(clicks=None),
        both(inline_link_clicks=None),
        part_only(campaign_name="a\x00b"),
        both(action_values=[{"action_type": "a\x00b", "value": "1"}]),
        both(action_values=[{"action_type": "lead", "value": "1e200000"}]),
    ],
)
def test_what_the_warehouse_cannot_hold_is_refused_or_kept_but_harms_no_other_day(
    warehouse: Warehouse, change: Change
) -> None:
    from orchestration.collection.settling.keeping import keep
    from orchestration.warehouse.intake.batches import open_batch
    from orchestration.warehouse.intake.landing import Cost

    warehouse.execute(
        "insert into ops.clients (client_id, name, ad_account_id, status, expects_conversions, "
        "levels) values ('a', 'A', 'act_1', 'active', true, '{campaign}')"
    )
    made = spoiled(change).answer
    (verdict,) = judge([made])
    with warehouse.connect() as connection:
        about = {"run_id": "r", "api_version": "v26.0"}
        made.batch_id = open_batch(connection, "a", WINDOW.days, list(made.contents), about)
        promotion = keep(connection, made, verdict, Cost(1))
    assert promotion.kept >= 2
