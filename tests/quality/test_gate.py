"""The gate: each rule refuses exactly the day that breaks it, and clean data passes whole."""

import warnings
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from databases import Warehouse
from factories import answered

from expectations.catalogue import RULES
from orchestration.answers.families import Counting
from orchestration.answers.history import History
from orchestration.answers.results import Row
from orchestration.answers.window import Window
from orchestration.quality.answer import Account, Answer
from orchestration.quality.gate import judge, validate
from orchestration.quality.verdict import IncompleteDataError, Verdict

SINCE, BAD, UNTIL = date(2026, 11, 10), date(2026, 11, 11), date(2026, 11, 12)
WINDOW = Window("a", SINCE, UNTIL)
PLAIN = [
    {"action_type": "link_click", "value": "40"},
    {"action_type": "omni_purchase", "value": "3"},
]
WORTH = [{"action_type": "omni_purchase", "value": "99.90"}]
Change = Callable[[Row, Row], None]


def row(day: date, **changes: Any) -> Row:
    """What the API says of a day, at account level."""
    values: Row = {
        "impressions": str(1000 + (day - BAD).days),
        "reach": "800",
        "clicks": "50",
        "inline_link_clicks": "40",
        "actions": PLAIN,
        "action_values": WORTH,
    }
    return answered(day) | values | changes


@dataclass
class Given:
    """What came, still open to changes."""

    window: Window
    account: Account
    rows: dict[str, list[Row]]
    history: History = field(default_factory=History)

    @property
    def answer(self) -> Answer:
        return Answer.of(self.window, self.account, 1, self.rows, self.history)


def given(*, client_id: str = "a", finished_until: date = UNTIL) -> Given:
    """Three days of one campaign, which is the whole account."""
    return Given(
        Window(client_id, SINCE, UNTIL),
        Account(account_id="1", currency="EUR", finished_until=finished_until, due_day=UNTIL),
        {
            "account": [row(day) for day in WINDOW.days],
            "campaign": [row(day, campaign_id="11", campaign_name="C") for day in WINDOW.days],
        },
    )


def spoiled(change: Change, **how: Any) -> Given:
    """The same with one day changed: `change(campaign row, account row)`."""
    made = given(**how)
    change(made.rows["campaign"][1], made.rows["account"][1])
    return made


def both(**values: Any) -> Change:
    """The same fields at both levels, so that they still agree."""

    def change(part: Row, total: Row) -> None:
        part.update(values)
        total.update(values)

    return change


def part_only(**values: Any) -> Change:
    return lambda part, total: part.update(values)


def total_only(**values: Any) -> Change:
    return lambda part, total: total.update(values)


def total_without(*names: str) -> Change:
    def change(part: Row, total: Row) -> None:
        for name in names:
            del total[name]

    return change


def without(name: str) -> Change:
    def change(part: Row, total: Row) -> None:
        del part[name], total[name]

    return change


def found(verdict: Verdict) -> set[tuple[str, str, date | None]]:
    return {(v.rule, v.severity, v.date_day) for v in verdict.violations}


BLOCKING: list[tuple[str, Change]] = [
    ("required_fields", without("spend")),
    ("required_fields", part_only(campaign_id=None)),
    ("required_fields", without("date_stop")),
    ("formats", both(spend="n/a")),
    ("formats", both(spend="1,200.50")),
    ("formats", both(spend="NaN")),
    ("formats", both(impressions="1" * 16)),
    ("formats", part_only(campaign_id="11\ufffd")),
    ("formats", both(clicks="50.5")),
    ("formats", both(inline_link_clicks="many")),
    ("formats", both(reach="-")),
    ("actions_well_formed", both(actions="3 purchases")),
    ("actions_well_formed", both(action_values=[*WORTH, {"value": "1"}])),
    ("actions_well_formed", both(action_values=[*WORTH, {"action_type": "lead", "value": "x"}])),
    ("actions_well_formed", both(action_values=[*WORTH, {"action_type": "lead", "value": "NaN"}])),
    ("actions_well_formed", both(action_values=WORTH * 2)),
    ("actions_well_formed", both(conversions="3 contacts")),
    ("actions_well_formed", both(conversions=[{"value": "1"}])),
    ("actions_well_formed", both(catalog_segment_value=[{"action_type": "lead", "value": "x"}])),
    ("own_account", part_only(account_id="2")),
    ("own_currency", both(account_currency="USD")),
    ("single_day", part_only(date_stop=str(UNTIL))),
    ("not_negative", both(spend="-1.01")),
    ("spend_needs_impressions", both(impressions="0", clicks="0", inline_link_clicks="0")),
    ("control_totals_agree", total_only(spend="11.55")),
    ("control_totals_agree", total_only(impressions="1002")),
    ("control_totals_agree", total_only(clicks="52")),
    ("not_split", part_only(actions=PLAIN[:1], action_values=[])),
    ("not_split", part_only(action_values=[])),
    ("clicks_name_actions", both(actions=[], action_values=[])),
    ("not_split", total_only(conversions=[{"action_type": "contact_total", "value": "1"}])),
    ("not_split", part_only(actions=[{"action_type": "omni_purchase", "value": "2"}])),
]
WARNING: list[tuple[str, Change]] = [
    ("clicks_within_impressions", both(clicks="1001")),
    ("link_clicks_within_clicks", both(inline_link_clicks="51")),
    ("parts_within_total", part_only(spend="20.00")),
    ("parts_within_total", part_only(actions=[*PLAIN, {"action_type": "lead", "value": "1"}])),
    ("total_has_actions", total_without("actions", "action_values")),
    ("small_credit", both(spend="-0.01")),
    ("negative_values", both(action_values=[{"action_type": "omni_purchase", "value": "-5"}])),
    ("value_needs_count", both(action_values=[*WORTH, {"action_type": "lead", "value": "5"}])),
    ("known_action_types", both(actions=[*PLAIN, {"action_type": "hologram", "value": "1"}])),
    ("known_fields", both(surprise="1")),
    ("storable_text", part_only(campaign_name="a\x00b")),
]


def test_clean_data_breaks_no_rule() -> None:
    (verdict,) = judge([given().answer])
    assert verdict.violations == []
    assert verdict.accepted_days == WINDOW.days
    assert validate(given().answer).accepted_days == WINDOW.days


CASES = [
    (case, rule, severity, change)
    for severity, cases in (("blocking", BLOCKING), ("warning", WARNING))
    for case, (rule, change) in enumerate(cases)
]


@pytest.fixture(scope="module")
def verdicts() -> dict[tuple[str, int], Verdict]:
    """Every case by severity and number, all of them judged in one go."""
    found = judge([spoiled(change).answer for *_, change in CASES])
    return {
        (severity, case): verdict
        for (case, _, severity, _), verdict in zip(CASES, found, strict=True)
    }


@pytest.mark.parametrize(("case", "rule"), [(n, rule) for n, (rule, _) in enumerate(BLOCKING)])
def test_a_broken_row_refuses_its_own_day_by_exactly_its_rule(
    verdicts: dict[tuple[str, int], Verdict], case: int, rule: str
) -> None:
    verdict = verdicts["blocking", case]
    assert found(verdict) == {(rule, "blocking", BAD)}
    assert verdict.accepted_days == [SINCE, UNTIL]


@pytest.mark.parametrize(("case", "rule"), [(n, rule) for n, (rule, _) in enumerate(WARNING)])
def test_an_odd_row_is_kept_with_a_warning(
    verdicts: dict[tuple[str, int], Verdict], case: int, rule: str
) -> None:
    verdict = verdicts["warning", case]
    assert found(verdict) == {(rule, "warning", BAD)}
    assert verdict.accepted_days == WINDOW.days


@pytest.mark.parametrize(
    ("severity", "rule", "example"),
    [
        ("blocking", "required_fields", "account 1: no spend; campaign 11: no spend"),
        ("blocking", "own_account", "campaign 11: expected account 1, came 2"),
        ("blocking", "control_totals_agree", "spend: campaigns 10.50, the account 11.55"),
        ("blocking", "not_split", "purchase: campaigns 0, the account 3"),
        ("warning", "total_has_actions", "purchase: campaigns 3, the account no actions"),
    ],
)
def test_a_violation_says_what_is_wrong_what_was_expected_and_what_came(
    verdicts: dict[tuple[str, int], Verdict], severity: str, rule: str, example: str
) -> None:
    cases = {"blocking": BLOCKING, "warning": WARNING}[severity]
    case = [name for name, _ in cases].index(rule)
    details = {violation.detail for violation in verdicts[severity, case].violations}
    assert f"{RULES[rule].description} ({example})" in details


def test_odd_rows_do_not_keep_an_answer_from_being_saved_as_a_whole() -> None:
    assert found(validate(spoiled(WARNING[0][1]).answer)) == {(WARNING[0][0], "warning", BAD)}


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


def test_a_day_still_running_is_refused_where_staging_could_not_hold_its_rows() -> None:
    hopeless = [(rule, change) for rule, change in BLOCKING if not RULES[rule].is_releasable]
    judged = judge([spoiled(change, finished_until=SINCE).answer for _, change in hopeless])
    for (rule, _), verdict in zip(hopeless, judged, strict=True):
        assert (rule, "blocking", BAD) in found(verdict)
        assert verdict.accepted_days == [SINCE, UNTIL]


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


def test_every_rule_of_the_suites_is_broken_by_a_test_above() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from expectations import control_totals, insights, patterns, standing
    suites = (insights.build(), control_totals.build())
    rules = {expectation.meta["rule"] for suite in suites for expectation in suite.expectations}
    elsewhere = {"unique_grain", "asked_days", "rows_where_total_has_some", "levels_agree"}
    cases = {rule for rule, _ in [*BLOCKING, *WARNING]} | elsewhere
    assert rules == cases, (
        f"{sorted(rules ^ cases)}: each rule of the suites `insights` and `control_totals` needs a "
        "case in BLOCKING or WARNING above; a rule that was removed loses its case"
    )
    for module in (patterns, standing):
        rules |= {expectation.meta["rule"] for expectation in module.build().expectations}
    beside = {"deleted_campaigns", "witness_disagrees", "mended_from_below"}
    beside |= {"unexpected_silence", "sudden_drop"}
    assert rules | beside == RULES.keys(), (
        f"{sorted((rules | beside) ^ RULES.keys())}: a rule of expectations/catalogue/ needs an "
        "expectation with rule(name) in the suite of its group, or a place in `beside` above"
    )


@pytest.mark.parametrize("rule", sorted(RULES))
def test_every_rule_has_a_section_in_the_runbook_that_tells_its_severity(rule: str) -> None:
    runbook = (Path(__file__).parents[2] / "docs" / "runbook.md").read_text("utf-8")
    _, found, section = runbook.partition(f"\n### {rule}\n")
    assert found, f"docs/runbook.md has no section `### {rule}`"
    severity = RULES[rule].severity.title()
    assert section.startswith(severity), f"its section in docs/runbook.md begins with {severity}"


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
