"""The catalogue is the only list of rules: suites, SQL, alerts and documents agree with it."""

import re
import warnings
from pathlib import Path
from string import Formatter

import pytest
from databases import Warehouse

from orchestration.alerting.messages.rules import ALERT_RULES
from orchestration.alerting.messages.rules.rule import REFUSED_DAYS
from orchestration.expectations.catalogue import DEFAULT_ALERT, RULES
from orchestration.expectations.catalogue.audits import AUDITS
from orchestration.expectations.catalogue.reasons import (
    cause_in_words,
    figures_of,
    left_out_in_words,
    reason_in_words,
    stored_reason,
)

DOCS = Path(__file__).parents[2] / "docs"
ALERTS = {rule.alert for rule in RULES.values()}


def rules_of(alert: str) -> list[str]:
    return [name for name, rule in RULES.items() if rule.alert == alert]


def section(page: str, title: str) -> str:
    """The text below a title of the third level."""
    text = (DOCS / page).read_text("utf-8")
    found = re.findall(rf"^### {title}\n(.*?)(?=^#|\Z)", text, re.DOTALL | re.MULTILINE)
    assert len(found) == 1, f"docs/{page} needs exactly one section `### {title}`"
    return str(found[0])


def test_every_rule_of_a_suite_is_of_its_group_and_has_an_example_for_its_violations() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from orchestration.expectations import control_totals, insights, patterns, standing
    for module in (insights, control_totals, patterns, standing):
        suite = module.build()
        for expectation in suite.expectations:
            rule = RULES[expectation.meta["rule"]]
            name = expectation.meta["rule"]
            assert rule.group == suite.name, (
                f"{name} is in another file of orchestration/expectations/catalogue/"
            )
            assert rule.example, (
                f"{name} needs an example in orchestration/expectations/catalogue/{rule.group}.py"
            )


def test_descriptions_end_where_the_examples_in_brackets_begin() -> None:
    for name, rule in RULES.items():
        assert "(" not in rule.description, name
        assert rule.description[0].isupper(), name
        assert rule.description.endswith("."), name
        assert all(not spec for _, _, spec, _ in Formatter().parse(rule.example)), name


def test_audits_have_a_sentence_each() -> None:
    checks = DOCS.parent / "dbt_project/models/audit/audit_findings.sql"
    names = re.findall(r"^    \('(\w+)', '", checks.read_text("utf-8"), re.MULTILINE)
    assert sorted(AUDITS) == sorted(names), "orchestration/expectations/catalogue/audits.py"
    assert all(text.endswith(".") and "(" not in text for text in AUDITS.values())


@pytest.mark.parametrize("name", [*RULES, *AUDITS])
def test_the_runbook_can_be_searched_for_the_sentence_that_people_read(name: str) -> None:
    sentence = RULES[name].description if name in RULES else AUDITS[name]
    assert section("runbook.md", name).startswith(f"*{sentence}*\n")


@pytest.mark.parametrize("name", RULES)
def test_people_read_the_sentence_of_a_rule_and_never_its_name(name: str) -> None:
    sentence = RULES[name].description.removesuffix(".")
    broken = [(name, f"{RULES[name].description} (a: 1, {n}; 2 more)") for n in (3, 4)]
    stored = stored_reason([*broken, ("formats", "told so")])
    assert name in stored
    formats = RULES["formats"].description.removesuffix(".")
    figures = ["a: 1, 3; 2 more", "a: 1, 4; 2 more", "told so"]
    assert figures_of(stored) == figures
    if name == "formats":
        assert reason_in_words(stored) == f"{sentence} ({'; '.join(figures)})"
        assert cause_in_words(stored) == sentence
    else:
        assert reason_in_words(stored) == (
            f"{sentence} ({'; '.join(figures[:2])}). {formats} (told so)"
        )
        assert cause_in_words(stored) == f"{sentence}. {formats}"
    released = stored_reason([(name, f"released: {RULES[name].description} (x)")])
    assert cause_in_words(released) == f"released: {sentence}"


def test_a_reason_that_is_no_refusal_stays_as_it_is() -> None:
    for reason in ("HTTP 500; formats: broken", "never asked", "", "it was not_split: so"):
        assert reason_in_words(reason) == cause_in_words(reason) == reason
        assert figures_of(reason) == []
    assert left_out_in_words("its data changed, once") == "its data changed, once"
    assert left_out_in_words("grain, currency") == (
        "An object has more than one row for a day. The month has amounts in two currencies"
    )


def test_every_alert_of_the_catalogue_is_a_rule_of_alerts() -> None:
    missing = ALERTS - ALERT_RULES.keys()
    assert not missing, f"{missing}: no Rule of alerting/messages/rules/ has this name"
    assert {*REFUSED_DAYS} == ALERTS - {DEFAULT_ALERT}, "REFUSED_DAYS of rules/rule.py"


def test_the_database_knows_the_rules_that_mean_split_data(warehouse: Warehouse) -> None:
    ((rules,),) = warehouse.rows("select ops.split_rules()")
    assert sorted(rules) == sorted(rules_of("split_data")), (
        "schema/routines/health/split_rules.sql names the rules with the alert split_data"
    )


@pytest.mark.parametrize("alert", sorted(ALERTS - {DEFAULT_ALERT}))
def test_the_runbook_names_the_rules_of_an_alert(alert: str) -> None:
    text = section("runbook.md", alert)
    missing = [rule for rule in rules_of(alert) if f"`{rule}`" not in text]
    assert not missing, f"the section {alert} of docs/runbook.md does not name {missing}"


def test_the_page_about_health_names_the_rules_that_mean_split_data() -> None:
    (line,) = [
        line
        for line in (DOCS / "health_api.md").read_text("utf-8").splitlines()
        if line.startswith("| splitData | fail |")
    ]
    missing = [rule for rule in rules_of("split_data") if f"`{rule}`" not in line]
    assert not missing, f"the line splitData, fail of docs/health_api.md does not name {missing}"
