"""Who is asked about days in doubt, and what a deeper level's answer completes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from factories import answered

from orchestration.answers.history import History
from orchestration.answers.results import Row
from orchestration.answers.standing import StandingSlice
from orchestration.answers.window import Window
from orchestration.collection.doubts.questions import Question, next_question, with_witness
from orchestration.quality.answer import Account, Answer
from orchestration.quality.gate import judge
from orchestration.quality.rows.sums import METRICS
from orchestration.quality.verdict import Verdict
from orchestration.quality.witness import Witness

FIRST = date(2026, 11, 1)
DAY, LAST = date(2026, 11, 11), date(2026, 11, 14)
CLICKS = {"action_type": "link_click", "value": "40"}


def row(day: date, spend: str = "60.00", **changes: Any) -> Row:
    plain: Row = {
        "spend": spend,
        "impressions": "6000",
        "clicks": "60",
        "inline_link_clicks": "40",
        "actions": [CLICKS],
    }
    return answered(day) | plain | changes


def ad_set(campaign_id: str, adset_id: str, **changes: Any) -> Row:
    return row(DAY, campaign_id=campaign_id, adset_id=adset_id, **changes)


def bought(count: int, worth: str, clicks: str = "20", **windows: str) -> dict[str, Any]:
    kind = {"action_type": "omni_purchase"}
    return {
        "actions": [CLICKS | {"value": clicks}, kind | {"value": str(count)} | windows],
        "action_values": [kind | {"value": worth}],
    }


def doubted(day: date = DAY) -> tuple[Answer, Verdict]:
    """A day of two campaigns that lost their purchases, where a hundred stand."""
    rows = {
        "account": [row(day, "120.00", impressions="12000", clicks="120", inline_link_clicks="80")],
        "campaign": [row(day, campaign_id="1"), row(day, campaign_id="2")],
    }
    answer = Answer.of(
        Window("a", day, day),
        Account(account_id="1", currency="EUR", finished_until=LAST, due_day=LAST),
        1,
        rows,
        History(),
    )
    metrics = dict.fromkeys(METRICS, "0") | {
        "spend": "120",
        "impressions": "12000",
        "clicks": "120",
        "link_clicks": "80",
    }
    answer.standing.states[day] = "received"
    answer.standing.slices["campaign", day] = StandingSlice(
        {name: Decimal(value) for name, value in metrics.items()},
        {"omni_purchase": Decimal(100)},
        {"omni_purchase": Decimal(900)},
    )
    return answer, judge([answer])[0]


BELOW = [
    ad_set("1", "11", spend="20.00", impressions="2000", clicks="20", **bought(30, "300.5")),
    ad_set("1", "12", spend="40.00", impressions="4000", clicks="40", **bought(10, "99.5")),
    ad_set("2", "21", **bought(60, "500", clicks="40", **{"7d_click": "50"})),
]


def rules(answer: Answer) -> set[tuple[str, str]]:
    return {(v.rule, v.severity) for v in judge([answer])[0].violations}


def test_nobody_is_asked_where_nothing_is_in_doubt() -> None:
    answer, _ = doubted()
    assert next_question(answer, Verdict(answer.window)) is None


def test_ad_sets_are_asked_about_exactly_the_days_in_doubt() -> None:
    answer, verdict = doubted()
    question = next_question(answer, verdict)
    assert question is not None
    assert (question.level, question.days) == ("adset", [DAY])


def test_what_the_ad_sets_have_completes_campaigns_and_account_exactly() -> None:
    answer, _ = doubted()
    question = Question(answer, "adset", [DAY])
    mended = with_witness(question, Witness("adset", [DAY], BELOW))
    campaigns = mended.evidence.sums["campaign"][DAY]
    assert campaigns.by_family()["purchase"] == (Decimal(100), Decimal("900.0"))
    assert mended.evidence.sums["account"][DAY].by_family()["purchase"] == (
        Decimal(100),
        Decimal("900.0"),
    )
    assert campaigns.metrics["spend"] == 120
    first, second = mended.rows("campaign")
    assert first["actions"][1] == {"action_type": "omni_purchase", "value": "40"}
    assert second["actions"][1]["7d_click"] == "50"
    assert mended.mended == {DAY: "adset"}
    assert rules(mended) == {("mended_from_below", "warning")}
    assert next_question(mended, judge([mended])[0]) is None
    assert [level for level, _ in mended.originals] == ["campaign", "campaign", "account"]
    assert mended.originals[0][1]["actions"] == [CLICKS]


def test_a_witness_never_lowers_a_number() -> None:
    answer, _ = doubted()
    mended = with_witness(Question(answer, "adset", [DAY]), Witness("adset", [DAY], BELOW))
    fewer = [r | bought(1, "1") for r in BELOW]
    again = with_witness(Question(mended, "ad", [DAY]), Witness("ad", [DAY], fewer))
    assert again.evidence.sums["campaign"][DAY].by_family()["purchase"] == (
        Decimal(100),
        Decimal("900.0"),
    )


def test_ads_are_asked_where_ad_sets_agree_and_lack_the_same() -> None:
    answer, _ = doubted()
    bare = [r | {"actions": r["actions"][:1], "action_values": []} for r in BELOW]
    answer = with_witness(Question(answer, "adset", [DAY]), Witness("adset", [DAY], bare))
    assert answer.mended == {}
    question = next_question(answer, judge([answer])[0])
    assert question is not None
    assert question.level == "ad"
    mended = with_witness(question, Witness("ad", [DAY], [r | {"ad_id": "9"} for r in BELOW]))
    assert mended.mended == {DAY: "ad"}
    assert rules(mended) == {("mended_from_below", "warning")}


def test_a_day_that_all_levels_lack_stays_refused_and_nobody_is_asked_twice() -> None:
    answer, _ = doubted()
    bare = [r | {"actions": r["actions"][:1], "action_values": []} for r in BELOW]
    for level in ("adset", "ad"):
        answer = with_witness(Question(answer, level, [DAY]), Witness(level, [DAY], bare))
    assert next_question(answer, judge([answer])[0]) is None
    assert rules(answer) == {("standing_data_vanished", "blocking")}


def test_a_witness_that_disagrees_on_delivery_refuses_the_day_with_both_figures() -> None:
    answer, _ = doubted()
    more = [*BELOW, ad_set("2", "22", spend="30.00")]
    answer = with_witness(Question(answer, "adset", [DAY]), Witness("adset", [DAY], more))
    (found,) = [v for v in judge([answer])[0].violations if v.rule == "witness_disagrees"]
    assert (found.severity, found.date_day) == ("blocking", DAY)
    assert "spend: ad sets 150.00, campaigns 120.00" in found.detail
    assert answer.mended == {}
    assert next_question(answer, judge([answer])[0]) is None


def test_a_witness_that_cannot_be_asked_leaves_the_day_refused() -> None:
    answer, _ = doubted()
    answer = with_witness(
        Question(answer, "adset", [DAY]), Witness("adset", [DAY], error="no answer")
    )
    assert next_question(answer, judge([answer])[0]) is None
    assert rules(answer) == {("standing_data_vanished", "blocking")}


def silent(
    *without: date, since: date = FIRST, past: int = 0, expects: bool = True
) -> tuple[Answer, Verdict]:
    """Days of one campaign, some of which have no row at any level."""
    days = [since + timedelta(days=n) for n in range((LAST - since).days + 1)]
    there = [day for day in days if day not in without]
    rows = {
        "account": [row(day) for day in there],
        "campaign": [row(day, campaign_id="1") for day in there],
    }
    history = History(expects_conversions=expects)
    for n in range(1, past + 1):
        history.readings[since - timedelta(days=n)] = {"impressions": [(1, 500.0)]}
    answer = Answer.of(
        Window("a", since, LAST),
        Account(account_id="1", currency="EUR", finished_until=LAST, due_day=LAST),
        1,
        rows,
        history,
    )
    return answer, Verdict(answer.window)


@pytest.mark.parametrize(
    ("without", "past", "asked"),
    [
        ((DAY,), 0, [DAY]),
        ((FIRST,), 0, []),
        ((LAST,), 0, []),
        ((LAST,), 3, [LAST]),
        ((FIRST,), 1, [FIRST]),
    ],
    ids=["between days", "before the start", "a short past", "after two weeks", "after the past"],
)
def test_a_silent_day_with_delivery_around_it_is_asked_about(
    without: tuple[date, ...], past: int, asked: list[date]
) -> None:
    question = next_question(*silent(*without, past=past))
    assert (list(question.days) if question else []) == asked


def test_a_first_window_without_any_row_is_asked_about_once() -> None:
    days = [FIRST + timedelta(days=n) for n in range(14)]
    answer, verdict = silent(*days)
    question = next_question(answer, verdict)
    assert question is not None
    assert question.days == days
    answer = with_witness(question, Witness("adset", days))
    question = next_question(answer, judge([answer])[0])
    assert question is None
    assert rules(answer) == set()


def test_a_silent_day_on_which_ad_sets_delivered_is_refused() -> None:
    answer, verdict = silent(DAY)
    question = next_question(answer, verdict)
    assert question is not None
    answer = with_witness(question, Witness("adset", [DAY], BELOW))
    assert ("witness_disagrees", "blocking") in rules(answer)


def test_a_silent_day_that_nobody_knows_of_is_kept_and_named() -> None:
    answer, verdict = silent(DAY)
    question = next_question(answer, verdict)
    assert question is not None
    answer = with_witness(question, Witness("adset", [DAY]))
    assert ("unexpected_silence", "warning") in rules(answer)
    assert not judge([answer])[0].refused_days


@pytest.mark.parametrize("reason", ["a pause", "known as empty", "not over yet"])
def test_a_silent_day_that_is_explained_is_not_asked_about(reason: str) -> None:
    answer, verdict = silent(DAY)
    if reason == "a pause":
        answer.history.quiet.add(DAY)
    elif reason == "known as empty":
        answer.standing.states[DAY] = "empty"
    else:
        answer.account = Account(
            account_id="1", currency="EUR", finished_until=DAY - timedelta(days=1), due_day=LAST
        )
    assert next_question(answer, verdict) is None
