"""Stored data stay until there is proof: readings over a day, a person, or a deeper level."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from databases import Warehouse
from factories import write_clients
from sandbox_support import spoil, steer

from orchestration import sandbox as sandbox_package
from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.collection.decisions import compare_refused_day, release_days
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.intake.quarantine import refused_days

SINCE, DAY, UNTIL = date(2026, 11, 9), date(2026, 11, 12), date(2026, 11, 14)
SCENARIOS = Path(str(sandbox_package.__file__)).parent / "scenarios"
A = Client(client_id="a", name="A", ad_account_id="act_1001", starts_on=SINCE)
PURCHASES = """
select coalesce(sum(e.value), 0) from staging.conversions as c
cross join jsonb_to_recordset(c.actions) as e (action_type text, value numeric)
where c.client_id = 'a' and c.level = 'campaign' and e.action_type = 'omni_purchase'
    and c.date_day = %s
"""


def run(warehouse: Warehouse, sandbox: SandboxProcess, *clients: Client, **how: Any) -> Collection:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    options: dict[str, Any] = {"since": SINCE, "until": UNTIL, "run_id": "run"} | how
    return collect(settings, clients or [A], **options)


def lose(sandbox: SandboxProcess, kind: str = "vanish", **how: Any) -> None:
    how = {"what": "family", "account": "act_1001", "since": str(DAY), "until": str(DAY)} | how
    spoil(sandbox, kind, **how)


def mend(sandbox: SandboxProcess) -> None:
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=20)


def state(warehouse: Warehouse, day: date = DAY) -> tuple[Any, ...]:
    """State of a day's campaigns, state of the last attempt, and the level that completed it."""
    (found,) = warehouse.rows(
        "select state, last_attempt, mended_from from ops.slice_state "
        "where client_id = 'a' and level = 'campaign' and date_day = %s",
        [day],
    )
    return tuple(found)


def open_rules(warehouse: Warehouse) -> set[tuple[Any, ...]]:
    return {
        tuple(row)
        for row in warehouse.rows(
            "select distinct date_day, rule, severity from quarantine.violations "
            "where closed_at is null"
        )
    }


def a_day_passes(warehouse: Warehouse) -> None:
    warehouse.execute("update quarantine.readings set read_at = read_at - interval '13 hours'")


def asked_below(sandbox: SandboxProcess) -> list[tuple[str, str]]:
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    return [
        (entry["level"], entry["time_range"])
        for entry in log
        if entry.get("level") in ("adset", "ad")
    ]


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


def test_a_level_that_is_collected_anyway_is_compared_once(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    fine = A.model_copy(update={"levels": ("campaign", "adset")})
    run(warehouse, sandbox, fine)
    lose(sandbox)
    run(warehouse, sandbox, fine)
    with warehouse.connect() as connection:
        (refused,) = refused_days(connection, ["a"])
        figures = compare_refused_day(connection, fine, refused)
    spend = {level: sides["came"]["spend"] for level, sides in figures.items()}
    assert spend["adset"] == spend["campaign"] > 0
    assert figures["adset"]["stands"]["purchase"] == figures["campaign"]["stands"]["purchase"]


def test_ad_sets_complete_a_day_and_a_whole_reading_replaces_it(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox)
    assert asked_below(sandbox) == []
    before = warehouse.value(PURCHASES, [DAY])
    lose(sandbox, "upper_levels_lose")
    done = run(warehouse, sandbox)
    assert asked_below(sandbox) == [
        ("adset", json.dumps({"since": str(DAY), "until": str(DAY)}, separators=(",", ":")))
    ]
    assert done.calls == 3
    assert state(warehouse) == ("received", "received", "adset")
    assert warehouse.value(PURCHASES, [DAY]) == before
    receipt = (
        "select reason from ops.receipts where date_day = %s and level = 'campaign' "
        "order by receipt_id desc limit 1"
    )
    assert warehouse.value(receipt, [DAY]) == "mended from ad sets"
    assert open_rules(warehouse) == {(DAY, "mended_from_below", "warning")}
    proof = "select level, count(*) > 0 from landing.witness_rows group by level order by level"
    assert warehouse.rows(proof) == [("account", True), ("adset", True), ("campaign", True)]
    as_answered = (
        "select count(*) from landing.witness_rows "
        "where level = 'campaign' and payload::text like '%%omni_purchase%%'"
    )
    assert warehouse.value(as_answered, []) == 0
    mend(sandbox)
    run(warehouse, sandbox)
    assert state(warehouse) == ("received", "received", None)
    assert open_rules(warehouse) == set()


def test_a_level_that_the_client_collects_anyway_costs_no_call(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    fine = A.model_copy(update={"levels": ("campaign", "adset")})
    run(warehouse, sandbox, fine)
    calls = len(asked_below(sandbox))
    lose(sandbox, "upper_levels_lose")
    run(warehouse, sandbox, fine)
    assert len(asked_below(sandbox)) == 2 * calls
    assert state(warehouse) == ("received", "received", "adset")


def test_a_deeper_level_that_does_not_answer_leaves_the_day_refused_and_the_others_kept(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox)
    lose(sandbox, "upper_levels_lose")
    spoil(sandbox, "http_500", account="act_1001", level="adset")
    done = run(warehouse, sandbox)
    assert (done.failed, done.days_refused, done.days_kept) == ([], 1, 5)
    assert state(warehouse) == ("received", "refused", None)


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
    assert "standing_data_vanished" in done.stdout
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
