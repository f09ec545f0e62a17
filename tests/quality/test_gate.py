"""The gate: each rule refuses exactly the day that breaks it, and clean data passes whole."""

import warnings
from pathlib import Path

import pytest
from gate_answers import (
    BAD,
    PLAIN,
    SINCE,
    UNTIL,
    WINDOW,
    WORTH,
    Change,
    both,
    found,
    given,
    part_only,
    spoiled,
    total_only,
)

from orchestration.answers.results import Row
from orchestration.expectations.catalogue import RULES
from orchestration.quality.gate import judge, validate
from orchestration.quality.verdict import Verdict


def total_without(*names: str) -> Change:
    def change(part: Row, total: Row) -> None:
        for name in names:
            del total[name]

    return change


def without(name: str) -> Change:
    def change(part: Row, total: Row) -> None:
        del part[name], total[name]

    return change


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


def test_a_day_still_running_is_refused_where_staging_could_not_hold_its_rows() -> None:
    hopeless = [(rule, change) for rule, change in BLOCKING if not RULES[rule].is_releasable]
    judged = judge([spoiled(change, finished_until=SINCE).answer for _, change in hopeless])
    for (rule, _), verdict in zip(hopeless, judged, strict=True):
        assert (rule, "blocking", BAD) in found(verdict)
        assert verdict.accepted_days == [SINCE, UNTIL]


def test_every_rule_of_the_suites_is_broken_by_a_test_above() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from orchestration.expectations import control_totals, insights, patterns, standing
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
    text = section.removeprefix(f"*{RULES[rule].description}*").lstrip()
    assert text.startswith(severity), f"below its sentence, docs/runbook.md begins with {severity}"
