"""Ad sets complete a day whose campaigns lost something; asked only then, and at no cost twice."""

import json

import requests
from databases import Warehouse
from sandbox_support import spoil
from standing_days import DAY, PURCHASES, A, lose, mend, open_rules, run, state

from orchestration.collection.decisions import compare_refused_day
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.intake.quarantine import refused_days


def asked_below(sandbox: SandboxProcess) -> list[tuple[str, str]]:
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    return [
        (entry["level"], entry["time_range"])
        for entry in log
        if entry.get("level") in ("adset", "ad")
    ]


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
