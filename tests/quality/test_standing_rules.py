"""The gate against what stands: less than that is refused, confirmed by time, or explained."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from factories import answered

from orchestration.answers.history import History
from orchestration.answers.results import Row
from orchestration.answers.standing import Reading, Standing, StandingSlice
from orchestration.answers.window import Window
from orchestration.quality.answer import Account, Answer
from orchestration.quality.comparisons.confirmation import day_figures
from orchestration.quality.gate import judge
from orchestration.quality.rows.sums import METRICS

DAY, NEXT = date(2026, 11, 11), date(2026, 11, 12)
ACCOUNT = Account(account_id="1", currency="EUR", finished_until=NEXT, due_day=NEXT)
CLICKS = {"action_type": "link_click", "value": "150"}


def actions(purchases: int) -> list[Row]:
    return [
        CLICKS,
        *([{"action_type": "omni_purchase", "value": str(purchases)}] * (purchases > 0)),
    ]


def values(worth: str) -> list[Row]:
    return [{"action_type": "omni_purchase", "value": worth}]


def row(day: date, **changes: Any) -> Row:
    plain: Row = {
        "spend": "1000.00",
        "impressions": "100000",
        "clicks": "2000",
        "inline_link_clicks": "150",
        "actions": actions(100),
        "action_values": values("5000"),
    }
    return answered(day) | plain | changes


def stands(purchases: int = 100, worth: str = "5000", **metrics: str) -> StandingSlice:
    plain = dict.fromkeys(METRICS, "0") | {
        "spend": "1000",
        "impressions": "100000",
        "clicks": "2000",
        "link_clicks": "150",
    }
    return StandingSlice(
        {name: Decimal(value) for name, value in (plain | metrics).items()},
        {"link_click": Decimal(150), "omni_purchase": Decimal(purchases)},
        {"omni_purchase": Decimal(worth)},
    )


def answer_of(
    *days: date, standing: dict[date, StandingSlice] | None = None, **changes: Any
) -> Answer:
    """What came of these days, the same at both levels, where something stands of each."""
    days = days or (DAY,)
    rows = {
        "account": [row(day, **changes) for day in days],
        "campaign": [row(day, **changes, campaign_id="11") for day in days],
    }
    answer = Answer.of(Window("a", days[0], days[-1]), ACCOUNT, 1, rows, History())
    for day, part in (standing or {day: stands() for day in days}).items():
        for level in ("account", "campaign"):
            answer.standing.slices[level, day] = part
        answer.standing.states[day] = "received"
    return answer


def said(answer: Answer) -> set[tuple[str, str, date | None]]:
    return {(v.rule, v.severity, v.date_day) for v in judge([answer])[0].violations}


VANISHED = {("standing_data_vanished", "blocking", DAY)}


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"spend": "990.00", "impressions": "99000", "clicks": "1960"},
        {"actions": actions(90), "action_values": values("4600")},
        {"spend": "2000.00", "impressions": "300000"},
        {"actions": actions(300), "action_values": values("15000")},
    ],
    ids=["the same", "a credit", "events found to be one", "more delivery", "late conversions"],
)
def test_what_restatement_explains_is_kept(changes: dict[str, Any]) -> None:
    assert said(answer_of(**changes)) == set()


@pytest.mark.parametrize(
    "changes",
    [
        {"actions": [CLICKS], "action_values": []},
        {"actions": actions(70), "action_values": values("5000")},
        {"action_values": values("1000")},
        {"spend": "700.00", "impressions": "70000", "clicks": "1400"},
        {"clicks": "400"},
    ],
    ids=["no purchases", "fewer purchases", "less value", "less delivery", "fewer clicks"],
)
def test_less_than_restatement_explains_is_refused_at_whatever_level_agrees(
    changes: dict[str, Any],
) -> None:
    assert said(answer_of(**changes)) == VANISHED


def test_values_that_vanish_are_refused_as_such() -> None:
    assert said(answer_of(action_values=[])) >= VANISHED


def test_a_day_that_had_delivery_and_comes_back_empty_is_refused() -> None:
    answer = Answer(Window("a", DAY, DAY), ACCOUNT, 1, ["account", "campaign"])
    for level in ("account", "campaign"):
        answer.standing.slices[level, DAY] = stands()
    assert said(answer) == VANISHED


def test_the_refusal_says_what_stands_and_what_came() -> None:
    (found,) = judge([answer_of(actions=[CLICKS], action_values=[])])[0].violations
    assert "purchase: 100 stands, 0 came" in found.detail
    assert "value of purchase: 5,000 stands, 0 came" in found.detail


def test_few_purchases_may_become_none_on_one_day_but_not_on_each_of_two_weeks() -> None:
    small = stands(purchases=2, worth="80")
    nothing: dict[str, Any] = {"actions": [CLICKS], "action_values": []}
    assert said(answer_of(standing={DAY: small}, **nothing)) == set()
    days = [DAY - timedelta(days=n) for n in reversed(range(14))]
    found = said(answer_of(*days, standing=dict.fromkeys(days, small), **nothing))
    refused = {one for one in found if one[1] == "blocking"}
    assert refused == {("standing_data_vanished", "blocking", day) for day in days}


def test_a_campaign_that_lost_its_row_is_missed_although_others_grew() -> None:
    answer = answer_of(spend="1100.00", impressions="110000")
    answer.standing.campaigns = {DAY: {"11": 90_000, "12": 10_000, "13": 40}}
    found = judge([answer])[0].violations
    assert {(v.rule, v.severity, v.date_day) for v in found} == VANISHED
    assert "campaign 12" in found[0].detail
    assert "campaign 13" not in found[0].detail


def test_another_name_for_the_same_purchases_is_no_fall() -> None:
    other = [CLICKS, {"action_type": "offsite_conversion.fb_pixel_purchase", "value": "100"}]
    worth = [{"action_type": "offsite_conversion.fb_pixel_purchase", "value": "5000"}]
    assert said(answer_of(actions=other, action_values=worth)) == set()


def test_families_that_are_no_conversions_are_guarded_as_well() -> None:
    assert said(answer_of(inline_link_clicks="150", actions=actions(100)[1:])) == VANISHED


def test_the_account_may_lack_conversions_by_design() -> None:
    answer = answer_of()
    lacking = answer.with_rows({"account": [row(DAY, actions=[CLICKS], action_values=[])]})
    assert {rule for rule, severity, _ in said(lacking) if severity == "blocking"} == set()


def readings(answer: Answer, *hours_ago: float, **changes: float) -> Standing:
    figures = day_figures(answer, DAY) | changes
    answer.standing.readings[DAY] = [
        Reading(timedelta(hours=hours), figures) for hours in hours_ago
    ]
    return answer.standing


NO_PURCHASES: dict[str, Any] = {"actions": [CLICKS], "action_values": []}


@pytest.mark.parametrize(
    ("hours_ago", "is_confirmed"),
    [((), False), ((25,), False), ((23, 2), False), ((25, 2), True), ((30, 25, 12), True)],
)
def test_a_fall_is_confirmed_by_three_equal_readings_over_a_day(
    hours_ago: tuple[float, ...], is_confirmed: bool
) -> None:
    answer = answer_of(**NO_PURCHASES)
    readings(answer, *hours_ago)
    assert said(answer) == ({("confirmed_fall", "warning", DAY)} if is_confirmed else VANISHED)


def test_readings_that_differ_confirm_nothing() -> None:
    answer = answer_of(**NO_PURCHASES)
    readings(answer, 30, 20, **{"conversions:purchase": 50.0})
    assert said(answer) == VANISHED
    answer = answer_of(**NO_PURCHASES)
    readings(answer, 30, 20, spend=400.0)
    assert said(answer) == VANISHED


def test_a_release_in_the_past_excuses_no_later_fall() -> None:
    answer = answer_of(**NO_PURCHASES)
    answer.history.released[DAY] = {"standing_data_vanished", "not_split"}
    assert said(answer) == VANISHED


def test_the_running_day_only_warns() -> None:
    answer = answer_of(**NO_PURCHASES)
    answer.account = Account(
        account_id="1", currency="EUR", finished_until=DAY - timedelta(days=1), due_day=DAY
    )
    assert said(answer) == {("standing_data_vanished", "warning", DAY)}
