"""Decisions about refused, failed and missing days: recover, release, discard, waive."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import requests
from databases import Warehouse
from factories import write_clients
from sandbox_support import spoil

from orchestration.clients.model import Client
from orchestration.collection.collection import Collection, collect
from orchestration.collection.decisions import discard_days, release_days, waive_days
from orchestration.collection.recover import windows_to_recover
from orchestration.errors import UsageError
from orchestration.sandbox.process import SandboxProcess

SINCE, BAD, UNTIL = date(2026, 11, 12), date(2026, 11, 13), date(2026, 11, 14)
A = Client.model_validate({"client_id": "a", "name": "A", "ad_account_id": "act_1001"})
B = Client.model_validate({"client_id": "b", "name": "B", "ad_account_id": "act_1002"})


def run(warehouse: Warehouse, sandbox: SandboxProcess, *clients: Client, **how: Any) -> Collection:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.0, 0.0, 0.0))
    how = {"since": SINCE, "until": UNTIL} | how
    return collect(settings, clients or [A], run_id="run", **how)


def standing(warehouse: Warehouse, day: date = BAD) -> tuple[Any, ...]:
    """The state of a day and of its last attempt, which are the same at all levels."""
    found: set[tuple[Any, ...]] = {
        tuple(row)
        for row in warehouse.rows(
            "select state, last_attempt from ops.slice_state where client_id = 'a' "
            "and date_day = %s",
            [day],
        )
    }
    (only,) = found
    return only


def spend(warehouse: Warehouse, day: date = BAD) -> Any:
    return warehouse.value(
        "select sum(spend) from staging.insights where client_id = 'a' and date_day = %s", [day]
    )


def split(sandbox: SandboxProcess, kind: str = "split", day: date = BAD) -> None:
    spoil(sandbox, kind, account="act_1001", since=str(day), until=str(day))


def test_a_released_day_stands_as_it_was_answered_and_only_warns_from_then_on(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    split(sandbox)
    run(warehouse, sandbox)
    assert standing(warehouse) == ("none", "refused")
    version = warehouse.value("select version from ops.client_months")
    with warehouse.connect() as connection:
        (released,) = release_days(connection, A, BAD, BAD, "checked in Ads Manager")
    assert "not_split" in released.rules
    assert standing(warehouse) == ("received", "received")
    assert spend(warehouse) > 0
    assert warehouse.value("select version from ops.client_months") > version
    assert warehouse.rows("select decision, rules, reason from quarantine.decisions") == [
        ("released", released.rules, "checked in Ads Manager")
    ]
    assert warehouse.value("select count(*) from quarantine.insights") == 0
    again = run(warehouse, sandbox)
    assert (again.days_kept, again.days_refused) == (3, 0)
    open_ones = warehouse.rows(
        "select distinct rule, severity from quarantine.violations where closed_at is null"
    )
    assert ("not_split", "warning") in open_ones
    assert {severity for _, severity in open_ones} == {"warning"}


def test_rows_that_cannot_stand_are_not_released(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    split(sandbox, "non_numeric")
    run(warehouse, sandbox)
    with warehouse.connect() as connection, pytest.raises(UsageError, match="formats"):
        release_days(connection, A, SINCE, UNTIL, "please")
    assert standing(warehouse) == ("none", "refused")


def test_discarded_rows_are_gone_and_the_day_is_still_owed(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    split(sandbox)
    run(warehouse, sandbox)
    with warehouse.connect() as connection:
        discard_days(connection, A, BAD, BAD, "nonsense")
        with pytest.raises(UsageError, match="refused"):
            discard_days(connection, A, BAD, BAD, "again")
    assert warehouse.value("select count(*) from quarantine.insights") == 0
    open_ones = "select count(*) from quarantine.violations where closed_at is null"
    assert warehouse.value(open_ones + " and severity = 'blocking'") == 0
    missing = "select date_day from ops.missing_days where date_day >= %s"
    assert warehouse.rows(missing, [SINCE]) == [(BAD,)]


def test_a_refused_reread_leaves_the_last_good_day_and_other_clients_go_on(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox, A, B)
    before = spend(warehouse)
    split(sandbox)
    collection = run(warehouse, sandbox, A, B)
    assert collection.days_refused == 1
    assert collection.days_kept == 5
    assert standing(warehouse) == ("received", "refused")
    assert spend(warehouse) == before


def test_waived_days_are_closed_by_a_fact_and_come_back_with_data(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "http_500", account="act_1001", path="insights")
    run(warehouse, sandbox, A, B)
    with warehouse.connect() as connection:
        assert waive_days(connection, A, BAD, UNTIL, "never connected") == [BAD, UNTIL]
        with pytest.raises(UsageError, match="nothing to waive"):
            waive_days(connection, A, BAD, UNTIL, "twice")
        with pytest.raises(UsageError):
            waive_days(connection, B, BAD, UNTIL, "has data")
    assert standing(warehouse) == ("waived", "waived")
    owed = "select date_day from ops.owed_days where client_id = 'a'"
    assert warehouse.rows(owed + " and date_day >= '2026-11-12'") == [(SINCE,)]
    failures = "select count(*) from ops.failed_collections where closed_at is null"
    assert warehouse.value(failures) == 1
    with warehouse.connect() as connection:
        waive_days(connection, A, SINCE, SINCE, "never connected either")
    assert warehouse.value(failures) == 0
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=20)
    run(warehouse, sandbox)
    assert standing(warehouse) == ("received", "received")


def test_exactly_the_failed_days_are_replayed_and_success_closes_the_record(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox, A, B, since=BAD, until=BAD)
    spoil(sandbox, "http_500", account="act_1001", path="insights")
    run(warehouse, sandbox, A, B)
    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=20)
    run(warehouse, sandbox, since=UNTIL)
    with warehouse.connect() as connection:
        windows = windows_to_recover(connection, [A, B])
        assert windows_to_recover(connection, [B]) == []
        (later,) = windows_to_recover(connection, [A], since=BAD)
    assert [(w.client_id, w.since, w.until) for w in windows] == [("a", SINCE, BAD)]
    assert (later.since, later.until) == (BAD, BAD)
    requests.delete(f"{sandbox.url}/sandbox/log", timeout=20)
    run(warehouse, sandbox, A, B, windows=windows)
    log = requests.get(f"{sandbox.url}/sandbox/log", timeout=20).json()["requests"]
    assert {entry["path"] for entry in log} == {"/act_1001/insights"}
    assert (
        warehouse.value("select count(*) from ops.failed_collections where closed_at is null") == 0
    )
    with warehouse.connect() as connection:
        assert windows_to_recover(connection, [A, B]) == []


def test_what_a_reread_changes_is_logged(warehouse: Warehouse, sandbox: SandboxProcess) -> None:
    run(warehouse, sandbox)
    first = "select count(*) from ops.restatements where before is not null"
    assert warehouse.value(first) == 0
    assert warehouse.value("select count(distinct date_day) from ops.restatements") == 3
    before = spend(warehouse)
    spoil(sandbox, "spike", account="act_1001", since=str(BAD), until=str(BAD))
    run(warehouse, sandbox)
    changed = warehouse.rows(
        "select date_day, metric, before, after from ops.restatements "
        "where before is not null order by metric"
    )
    assert [(day, metric) for day, metric, *_ in changed] == [(BAD, "impressions"), (BAD, "spend")]
    assert changed[1][2:] == (before, before * 10)


def test_an_implausible_zero_is_believed_after_a_day_of_zeros_only(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    run(warehouse, sandbox, since=date(2026, 8, 20), until=date(2026, 10, 10))
    day = date(2026, 10, 12)
    spoil(sandbox, "vanish", what="family", account="act_1001", since=str(day), until=str(day))
    run(warehouse, sandbox, since=day, until=day)
    rules = (
        "select rule, severity from quarantine.violations "
        "where closed_at is null and rule in ('zero_is_plausible', 'confirmed_zero')"
    )
    assert warehouse.rows(rules) == [("zero_is_plausible", "blocking")]
    assert standing(warehouse, day) == ("none", "refused")
    warehouse.execute("update quarantine.violations set found_at = found_at - interval '25 hours'")
    for _ in range(2):
        run(warehouse, sandbox, since=day, until=day)
        assert warehouse.rows(rules) == [("confirmed_zero", "warning")]
        assert standing(warehouse, day) == ("received", "received")


def test_the_commands_of_a_person(demo: Warehouse, sandbox: SandboxProcess, tmp_path: Path) -> None:
    demo.environment["META_API_URL"] = sandbox.url
    demo.environment["META_ADS_CLIENTS"] = str(
        write_clients(tmp_path / "clients.yml", "client_id: a, name: A, ad_account_id: act_1001")
    )
    split(sandbox)
    done = demo.run("collect", "--since", "2026-11-12", "--until", "2026-11-14")
    assert done.returncode == 1
    assert "refused" in done.stdout
    listed = demo.run("quarantine", "list")
    assert f"a {BAD}: nothing stands. The account's own total has conversions" in listed.stdout
    assert f"    {BAD}: purchase: campaigns 0, the account " in listed.stdout
    assert "not_split" not in done.stdout + listed.stdout + demo.run("owed").stdout
    shown = json.loads(demo.run("quarantine", "show", "a", str(BAD)).stdout)
    assert shown["refused"]["rules"] == ["not_split"]
    assert {row["level"] for row in shown["rows"]} == {"account", "campaign"}
    assert demo.run("quarantine", "release", "a", str(BAD)).returncode == 2
    released = demo.run("quarantine", "release", "a", str(BAD), "--reason", "fine")
    assert released.returncode == 0
    assert f"a {BAD}: released (The account's own total has conversions" in released.stdout
    assert "Nothing is refused" in demo.run("quarantine", "list").stdout
    recovered = demo.run("recover")
    assert "No failed collection is open, so nothing was asked for." in recovered.stdout
    assert "meta-ads build" not in recovered.stdout
    waived = demo.run("owed", "waive", "a", "2026-11-01", "2026-11-11", "--reason", "before us")
    assert "11 days waived" in waived.stdout
    owed = json.loads(demo.run("owed", "--json").stdout)["owed"]
    assert [window["why"] for window in owed] == ["never collected"]
    assert owed[0]["window"]["until"] < "2026-11-01"
    for wrong in (
        ("quarantine", "show", "nobody", str(BAD)),
        ("quarantine", "discard", "a", str(BAD), "--reason", "x"),
        ("owed", "waive", "a", str(UNTIL), str(SINCE), "--reason", "x"),
    ):
        assert demo.run(*wrong).returncode == 2
