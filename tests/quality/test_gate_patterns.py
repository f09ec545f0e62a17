"""The gate against a client's own past: volume, rates, repeats, and zeros that cannot be."""

from datetime import date, timedelta
from typing import Any

import pytest
from factories import answered

from orchestration.answers.history import History
from orchestration.answers.results import Row
from orchestration.answers.window import Window
from orchestration.quality.answer import Account, Answer
from orchestration.quality.gate import judge

DAY = date(2026, 11, 11)
DUE = DAY + timedelta(days=2)
"""The day is two days old when it is judged."""
CLICKS = [{"action_type": "link_click", "value": "150"}]
"""What Meta names of a day without any conversion."""


def row(day: date, **changes: Any) -> Row:
    values: Row = {
        "spend": "100.00",
        "impressions": "10000",
        "clicks": "200",
        "inline_link_clicks": "150",
        "actions": [{"action_type": "omni_purchase", "value": "20"}],
    }
    return answered(day) | values | changes


def past(
    days: int = 63, *, purchases: tuple[float, ...] = (20.0, 18.0, 23.0), **changes: float
) -> History:
    """So many days before, each read for the first time at the age of two and once more at five."""
    history = History()
    for n in range(1, days + 1):
        values = {"spend": 100.0 + n % 7, "impressions": 10_000.0 + n, "clicks": 200.0} | changes
        values["conversions:purchase"] = purchases[n % len(purchases)]
        history.readings[DAY - timedelta(days=n)] = {
            name: [(2, value), (5, 3 * value if ":" in name else value)]
            for name, value in values.items()
        }
    return history


def judged(history: History, **changes: Any) -> set[tuple[str, str, date | None]]:
    """What the gate says of a day of one campaign, which is the whole account."""
    rows = {
        "account": [row(DAY, **changes)],
        "campaign": [row(DAY, **changes, campaign_id="11")],
    }
    answer = Answer.of(
        Window("a", DAY, DAY),
        Account(account_id="1", currency="EUR", finished_until=DUE, due_day=DUE),
        1,
        rows,
        history,
    )
    return {(v.rule, v.severity, v.date_day) for v in judge([answer])[0].violations}


def test_an_ordinary_day_breaks_no_rule() -> None:
    assert judged(past()) == set()
    assert judged(History()) == set()


@pytest.mark.parametrize(
    ("rule", "changes"),
    [
        (
            "thin_day",
            {"spend": "9.00", "impressions": "1000", "clicks": "20", "inline_link_clicks": "9"},
        ),
        ("spike", {"spend": "1000.00", "impressions": "100000", "clicks": "2000"}),
        ("unusual_rates", {"impressions": "90000", "clicks": "1800"}),
        ("unusual_rates", {"clicks": "9000"}),
        ("unusual_rates", {"clicks": "0", "inline_link_clicks": "0"}),
    ],
)
def test_a_day_far_from_the_clients_own_past_is_kept_with_a_warning(
    rule: str, changes: dict[str, str]
) -> None:
    assert judged(past(), **changes) == {(rule, "warning", DAY)}


def test_too_short_a_past_is_no_profile() -> None:
    assert judged(past(13), spend="1000.00", impressions="100000", clicks="2000") == set()


def test_the_same_totals_three_days_in_a_row_are_frozen() -> None:
    history = past()
    for n in (1, 2):
        history.readings[DAY - timedelta(days=n)] |= {
            "spend": [(2, 100.0)],
            "impressions": [(2, 10_000.0)],
            "clicks": [(2, 200.0)],
        }
    assert judged(history) == {("frozen_numbers", "warning", DAY)}
    del history.readings[DAY - timedelta(days=2)]
    assert judged(history) == set()


def test_no_conversion_where_the_clients_rate_makes_that_implausible_is_refused() -> None:
    assert judged(past(), actions=CLICKS) == {("zero_is_plausible", "blocking", DAY)}


@pytest.mark.parametrize(
    "history",
    [
        past(purchases=(1.0, 0.0, 2.0)),
        past(purchases=(0.0, 0.0, 0.0, 0.0, 0.0, 120.0)),
        past(13),
        History(),
    ],
)
def test_a_zero_that_may_be_true_passes(history: History) -> None:
    assert judged(history, actions=CLICKS) == set()


def test_days_are_compared_at_equal_age() -> None:
    history = past()
    for metrics in history.readings.values():
        metrics["conversions:purchase"] = [(2, 0.0), (5, 60.0)]
    assert judged(history, actions=CLICKS) == set()


def test_a_client_that_expects_no_conversions_may_have_none() -> None:
    history = past()
    history.expects_conversions = False
    assert judged(history, actions=CLICKS) == set()


def test_a_zero_that_the_account_repeats_for_a_day_is_believed_with_a_warning() -> None:
    history = past()
    history.doubted_for[DAY] = timedelta(hours=23)
    assert judged(history, actions=CLICKS) == {("zero_is_plausible", "blocking", DAY)}
    history.doubted_for[DAY] = timedelta(hours=25)
    assert judged(history, actions=CLICKS) == {("confirmed_zero", "warning", DAY)}
    confirmed = past()
    confirmed.confirmed.add(DAY)
    assert judged(confirmed, actions=CLICKS) == {("confirmed_zero", "warning", DAY)}


def test_delivery_of_a_paused_client_is_kept_with_a_warning() -> None:
    history = past()
    history.quiet.add(DAY)
    assert judged(history) == {("quiet_client", "warning", DAY)}


def test_a_day_with_the_campaign_rows_of_an_earlier_one_is_warned_about() -> None:
    days = [DAY - timedelta(days=2), DAY - timedelta(days=1), DAY]
    rows = [row(days[0]), row(days[1], spend="101.00"), row(days[2])]
    campaigns = [r | {"campaign_id": "11"} for r in rows]
    answer = Answer.of(
        Window("a", days[0], DAY),
        Account(account_id="1", currency="EUR", finished_until=DUE, due_day=DUE),
        1,
        {"account": rows, "campaign": campaigns},
    )
    found = {(v.rule, v.severity, v.date_day) for v in judge([answer])[0].violations}
    assert found == {("duplicated_day", "warning", DAY)}
