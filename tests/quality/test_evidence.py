"""A page that is read in one go says what its rows say one by one."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from orchestration.answers.window import Window
from orchestration.quality.answer import Account, Answer
from orchestration.quality.rows.actions import array_problem, read_well_formed, shape_of
from orchestration.quality.rows.evidence import Evidence
from orchestration.quality.rows.forms import COUNT, DAY, NUMBER

DAYS = [date(2026, 11, 11), date(2026, 11, 12)]
ODD = ["", "5\n6", "\n", "n/a", "1.", ".5", "--1", "1e5", "NaN", "٣", "9" * 19, "-0", "1_0", " 1"]
TEXTS = st.one_of(
    st.decimals(allow_nan=False, allow_infinity=False).map(lambda d: f"{d:f}"),
    st.sampled_from(ODD),
    st.text("0123456789.-\n", max_size=6),
)
VALUES = st.one_of(
    TEXTS, st.none(), st.integers(), st.floats(), st.lists(st.integers(), max_size=1)
)
TYPES = st.sampled_from(["lead", "omni_purchase", "link_click", "hologram"])
ENTRIES = st.one_of(
    st.fixed_dictionaries({"action_type": TYPES, "value": st.one_of(TEXTS, TYPES, VALUES)}),
    st.sampled_from([{}, 5, "lead", {"value": "1"}, {"action_type": 5}, {"action_type": None}]),
)
ARRAYS = st.one_of(
    st.none(), st.lists(ENTRIES, max_size=3), st.sampled_from(["", "3", 0, {}, {"lead": "1"}])
)
ROWS = st.fixed_dictionaries(
    {},
    optional={
        "date_start": st.one_of(st.sampled_from(["2026-11-11", "2026-11-12", "2026-1-1"]), VALUES),
        "account_id": VALUES,
        "campaign_id": VALUES,
        "campaign_name": st.sampled_from(["C", "a\0b", 5, None]),
        "spend": VALUES,
        "impressions": VALUES,
        "clicks": VALUES,
        "inline_link_clicks": VALUES,
        "reach": VALUES,
        "actions": ARRAYS,
        "action_values": ARRAYS,
        "surprise": VALUES,
    },
)


@given(st.lists(st.one_of(TEXTS, VALUES), max_size=5))
@pytest.mark.parametrize("form", [NUMBER, COUNT, DAY])
def test_all_texts_have_a_form_if_each_has_it(form: Any, texts: list[Any]) -> None:
    each = all(isinstance(text, str) and form.fits(text) for text in texts)
    assert form.fits_all(texts) == each


@given(st.lists(ARRAYS, max_size=4))
def test_arrays_are_well_formed_only_if_nothing_is_wrong_with_any_of_them(
    arrays: list[Any],
) -> None:
    problems = [array_problem("actions", one) for one in arrays]
    well_formed = read_well_formed(arrays)
    if well_formed is not None:
        assert problems == [None] * len(arrays)
        assert well_formed.shapes == [shape_of(one) for one in arrays]
        numbers = [
            v for one in arrays for e in one or () for k, v in e.items() if k != "action_type"
        ]
        assert well_formed.has_negative == any(number.startswith("-") for number in numbers)
    elif not any(problems):
        values = [v for one in arrays for e in one or () for v in e.values()]
        assert not all(isinstance(value, str) for value in values)


SPENDS: tuple[Any, ...] = ("1", [])


@example([{"date_start": "2026-11-11", "spend": spend} for spend in SPENDS])
@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, max_size=4))
def test_a_page_tells_what_its_rows_tell_one_by_one(rows: list[dict[str, Any]]) -> None:
    together, apart = (Evidence(DAYS, ["campaign"]) for _ in range(2))
    together.add("campaign", rows)
    for row in rows:
        apart.add("campaign", [row])
    assert repr(dict(together.columns)) == repr(dict(apart.columns))
    assert together.sums == apart.sums
    assert together.fingerprints == apart.fingerprints


def test_amounts_are_added_up_exactly_however_they_are_written() -> None:
    rows = [
        {"date_start": "2026-11-11", "spend": spend, "impressions": "1"}
        for spend in ("0.1", 0.2, "0.30000000000000000001", None, "n/a", "Infinity", 1)
    ]
    answer = Answer.of(
        Window("a", *DAYS),
        Account(account_id="1", currency="EUR", finished_until=DAYS[0], due_day=DAYS[1]),
        1,
        {"account": [], "campaign": rows},
    )
    figures = answer.figures[DAYS[0]]
    assert figures["spend"] == Decimal("1.60000000000000000001")
    assert figures["impressions"] == len(rows)
    assert answer.row_count == len(rows)


def test_each_day_counts_the_type_that_it_names_and_its_total_has_a_say() -> None:
    purchase, omni, lead = (
        {"action_type": name, "value": value}
        for name, value in (("purchase", "3"), ("omni_purchase", "4"), ("lead", "1"))
    )

    def of_day(day: date, *actions: dict[str, str]) -> dict[str, Any]:
        return {"date_start": str(day), "spend": "1", "impressions": "1", "actions": [*actions]}

    rows = {
        "account": [of_day(DAYS[0], purchase), of_day(DAYS[1], purchase, omni, lead)],
        "campaign": [of_day(DAYS[0], purchase), of_day(DAYS[1], purchase, lead)],
    }
    answer = Answer.of(
        Window("a", *DAYS),
        Account(account_id="1", currency="EUR", finished_until=DAYS[0], due_day=DAYS[1]),
        1,
        rows,
    )
    first, second = (answer.figures[day] for day in DAYS)
    assert first["conversions:purchase"] == 3
    # The total says that the event is counted as omni_purchase, of which no campaign has any.
    assert (second["conversions:purchase"], second["conversions:lead"]) == (Decimal(0), Decimal(1))
