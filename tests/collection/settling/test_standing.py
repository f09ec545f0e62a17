"""Stored data stay until there is proof: readings over a day, or a person."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from databases import Warehouse
from factories import write_clients
from sandbox_support import steer
from standing_days import DAY, PURCHASES, SINCE, UNTIL, A, lose, mend, open_rules, run, state

from orchestration import sandbox as sandbox_package
from orchestration.collection.collection import collect
from orchestration.collection.decisions import compare_refused_day, release_days
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.intake.quarantine import refused_days

SCENARIOS = Path(str(sandbox_package.__file__)).parent / "scenarios"


def a_day_passes(warehouse: Warehouse) -> None:
    warehouse.execute("update quarantine.readings set read_at = read_at - interval '13 hours'")


def test_a_fall_that_every_reading_of_a_day_repeats_is_confirmed(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox)
    before = warehouse.value(PURCHASES, [DAY])
    assert before > 20
    lose(sandbox)
    for number in range(3):
        run(warehouse, sandbox)
        assert state(warehouse) == ("received", "refused", None)
        assert warehouse.value(PURCHASES, [DAY]) == before
        assert warehouse.value("select count(*) from quarantine.readings") == number + 1
        if number:
            a_day_passes(warehouse)
    run(warehouse, sandbox)
    assert state(warehouse) == ("received", "received", None)
    assert warehouse.value(PURCHASES, [DAY]) == 0
    assert (DAY, "confirmed_fall", "warning") in open_rules(warehouse)
    assert warehouse.value("select count(*) from quarantine.readings") == 0
    restated = "select after from ops.restatements where metric = 'conversions:purchase' "
    assert warehouse.value(restated + "order by restatement_id desc limit 1") == 0


def test_a_person_accepts_a_fall_at_once_and_only_that_one(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox)
    whole = warehouse.value(PURCHASES, [DAY])
    lose(sandbox, share=0.5)
    run(warehouse, sandbox)
    with warehouse.connect() as connection:
        (refused,) = refused_days(connection, ["a"])
        figures = compare_refused_day(connection, A, refused)
        assert figures["campaign"]["stands"]["purchase"] == whole
        assert 0 < figures["campaign"]["came"]["purchase"] < whole
        assert figures["adset"]["came"] == figures["campaign"]["came"]
        assert figures["adset"]["stands"] is None
        release_days(connection, A, DAY, DAY, "Meta took events back")
    half = warehouse.value(PURCHASES, [DAY])
    assert 0 < half < whole
    run(warehouse, sandbox)
    assert state(warehouse) == ("received", "received", None)
    mend(sandbox)
    lose(sandbox)
    run(warehouse, sandbox)
    assert state(warehouse) == ("received", "refused", None)
    assert warehouse.value(PURCHASES, [DAY]) == half


def test_the_commands_compare_what_stands_with_what_came(
    demo: Warehouse, sandbox: SandboxProcess, tmp_path: Path
) -> None:
    demo.environment["META_API_URL"] = sandbox.url
    demo.environment["META_ADS_CLIENTS"] = str(
        write_clients(
            tmp_path / "clients.yml",
            f"client_id: a, name: A, ad_account_id: act_1001, starts_on: {SINCE}",
        )
    )
    days = ("--since", str(SINCE), "--until", str(UNTIL))
    assert demo.run("collect", *days).returncode == 0
    lose(sandbox)
    done = demo.run("collect", *days)
    assert done.returncode == 1
    assert "Less came than stands for the day" in done.stdout
    assert "stands, 0 came" in done.stdout
    shown = json.loads(demo.run("quarantine", "show", "a", str(DAY)).stdout)
    assert shown["figures"]["campaign"]["stands"]["purchase"] != "0"
    assert "purchase" not in shown["figures"]["campaign"]["came"]
    assert (
        shown["figures"]["adset"]["came"]["spend"] == shown["figures"]["campaign"]["came"]["spend"]
    )


@pytest.mark.parametrize("scenario", ["two_weeks_upper_levels", "vanished_day"])
def test_a_scripted_fortnight_never_shows_less_than_the_truth(
    warehouse: Warehouse, scenario: str
) -> None:
    start = datetime(2026, 11, 2, 12, tzinfo=UTC)
    client = A.model_copy(update={"starts_on": date(2026, 10, 20)})
    worst: set[str] = set()
    with SandboxProcess(now=start, scenario=SCENARIOS / f"{scenario}.yml") as sandbox:
        for number in range(14):
            now = start + timedelta(days=number)
            steer(sandbox, "clock", "POST", now=now.isoformat())
            settings = warehouse.settings(
                api_url=sandbox.url, now_override=now, retry_delays=(0.0, 0.0, 0.0)
            )
            done = collect(settings, [client], run_id=f"day {number}")
            assert not done.failed
            worst |= {
                violation.rule
                for outcome in done.outcomes
                for violation in (outcome.verdict.violations if outcome.verdict else [])
            }
            until = now.date() - timedelta(days=2)
            truth = steer(sandbox, f"truth?account=act_1001&since=2026-10-20&until={until}", "GET")
            purchases = warehouse.value(
                "select sum(e.value) from staging.conversions as c "
                "cross join jsonb_to_recordset(c.actions) as e (action_type text, value numeric) "
                "where c.level = 'campaign' and e.action_type = 'omni_purchase' "
                "and c.date_day <= %s",
                [until],
            )
            # A day that is held lacks what came late, and no more.
            assert purchases >= truth["actions"]["omni_purchase"]["count"] * 0.97
        assert purchases == truth["actions"]["omni_purchase"]["count"]
    if scenario == "vanished_day":
        assert "standing_data_vanished" in worst
    else:
        assert "mended_from_below" in worst
        assert "standing_data_vanished" not in worst
    assert open_rules(warehouse) == set()
