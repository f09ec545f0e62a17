"""`meta-ads doctor` names what is amiss and what mends it, whatever else is broken."""

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from databases import Warehouse
from factories import write_clients
from places import clear_faults, set_fault

from orchestration.sandbox.process import SandboxProcess

TOKEN = "EAATokenOfTheTests"
SECRET_URL = "https://hooks.invalid/services/T00000000/B00000000/XXXXXXXXXXXXXXXXXXXXXXXX"
STOPPED = {"origin": {"__class__": "ExternalJobOrigin", "job_name": "collect_owed_days"}}

Lines = dict[str, list[dict[str, Any]]]


@pytest.fixture
def installation(warehouse: Warehouse, sandbox: SandboxProcess) -> Iterator[Warehouse]:
    """Two clients, and servers on ports where nothing listens."""
    write_clients(
        warehouse.home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1001",
        "client_id: bright, name: Bright, ad_account_id: act_1002",
    )
    warehouse.environment = {
        "META_API_URL": sandbox.url,
        "META_ACCESS_TOKEN": TOKEN,
        "META_ADS_NOW": "",
        "META_ADS_DASHBOARD_URL": "http://127.0.0.1:9",
        "META_ADS_DAGSTER_URL": "http://127.0.0.1:7",
    }
    yield warehouse
    clear_faults(sandbox.url)


def examined(warehouse: Warehouse, **environment: str) -> tuple[int, Lines]:
    """The exit code, and the lines by their names."""
    done = warehouse.run("doctor", "--json", **environment)
    assert "Traceback" not in done.stderr
    lines: Lines = {}
    for line in json.loads(done.stdout)["lines"]:
        lines.setdefault(line["name"], []).append(line)
    return done.returncode, lines


def status(lines: Lines, name: str) -> list[str]:
    return [line["status"] for line in lines[name]]


def test_what_is_in_order_is_ok_and_nothing_is_changed(installation: Warehouse) -> None:
    counts = "select (select count(*) from ops.migrations), (select count(*) from ops.settings)"
    before = installation.rows(counts), sorted(installation.home.rglob("*"))
    code, lines = examined(installation)
    # Neither server runs, and nobody is told of alerts.
    assert code == 1
    amiss = {name for name, found in lines.items() if {line["status"] for line in found} != {"ok"}}
    assert amiss == {"Dagster's daemon", "Health server", "Dagster's UI", "Alerts"}
    assert all(line["mend"] for name in amiss for line in lines[name])
    said = {name: found[0]["text"] for name, found in lines.items()}
    assert "2 clients" in said["Clients"]
    assert said["Token META_ACCESS_TOKEN"] == "accepted, with ads_read; without an end"
    assert said["Accounts"] == "2 ad accounts can be read; tier: standard_access"
    assert "UTF8" in said["Database"]
    assert said["TLS"] == "not needed on this machine"
    assert said["Rights"].endswith("owns the ledger")
    assert (installation.rows(counts), sorted(installation.home.rglob("*"))) == before
    people = installation.run("doctor")
    assert people.returncode == 1
    assert people.stdout.endswith("4 warnings.\n")
    assert TOKEN not in people.stdout


@pytest.mark.parametrize(
    ("fault", "name", "state", "words"),
    [
        ({"kind": "missing_scope"}, "Token META_ACCESS_TOKEN", "failure", "lacks ads_read"),
        ({"kind": "token_dead"}, "Token META_ACCESS_TOKEN", "failure", "Session has expired"),
        ({"kind": "token_expires", "days": 3}, "Token META_ACCESS_TOKEN", "warning", "ends 20"),
        ({"kind": "debug_refused"}, "Token META_ACCESS_TOKEN", "ok", "only developers"),
        ({"kind": "clock_ahead", "minutes": 30}, "Clock", "failure", "s behind the API's"),
        ({"kind": "permission", "account": "act_1002"}, "Account bright", "failure", "act_1002"),
        ({"kind": "version_warning"}, "API version", "warning", "going to be retired"),
    ],
)
def test_what_meta_says_of_token_clock_and_accounts(
    installation: Warehouse,
    sandbox: SandboxProcess,
    fault: dict[str, Any],
    name: str,
    state: str,
    words: str,
) -> None:
    set_fault(sandbox.url, **fault)
    code, lines = examined(installation)
    found = next(line for line in lines[name] if words in line["text"])
    assert found["status"] == state
    assert bool(found["mend"]) == (state != "ok" and name != "API version")
    assert code == (4 if state == "failure" else 1)
    # The rest is looked at all the same.
    assert status(lines, "Schema") == ["ok"]


def test_what_is_amiss_in_the_warehouse(installation: Warehouse) -> None:
    newest = installation.value("select max(number) from ops.migrations")
    installation.execute("delete from ops.migrations where number = %s", [newest])
    installation.execute("update ops.settings set value = '' where name = 'monitor_role'")
    installation.execute(
        "insert into dagster_records.daemon_heartbeats (daemon_type, daemon_id, timestamp) "
        "values ('SENSOR', 'x', now() at time zone 'utc')"
    )
    installation.execute(
        "insert into dagster_records.instigators (selector_id, repository_selector_id, status, "
        "instigator_type, instigator_body) values ('s', 'r', 'STOPPED', 'SENSOR', %s)",
        [json.dumps(STOPPED)],
    )
    code, lines = examined(installation)
    assert code == 1
    assert "1 migration to run" in lines["Schema"][0]["text"]
    assert lines["Roles"][0]["text"] == "not there or not ours: monitor"
    assert "server roles" in lines["Roles"][0]["mend"]
    assert status(lines, "Dagster's daemon") == ["ok"]
    assert lines["Sensors, schedules"][0]["text"] == "turned off: collect_owed_days"
    installation.execute("insert into ops.migrations values (9999, 'newer', 'x')")
    code, lines = examined(installation)
    assert code == 4
    assert "upgrade meta-ads-warehouse" in lines["Schema"][0]["text"]


def test_with_half_of_it_broken_it_looks_at_the_other_half(
    installation: Warehouse, tmp_path: Path
) -> None:
    with socket.socket() as taken, socket.socket() as free:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        free.bind(("127.0.0.1", 0))
        port, away = taken.getsockname()[1], free.getsockname()[1]
        free.close()
        code, lines = examined(
            installation,
            META_ACCESS_TOKEN="",
            META_API_URL="",
            META_ADS_CLIENTS=str(tmp_path / "absent.yml"),
            WAREHOUSE_URL=f"postgresql://owner:of-nobody@127.0.0.1:{away}/none",
            META_ADS_SLACK_WEBHOOK_URL=SECRET_URL,
            META_ADS_WEBHOOK_URL="https://alerts.invalid/in",
            META_ADS_DASHBOARD_URL=f"http://127.0.0.1:{port}",
        )
    assert code == 3
    assert "absent.yml" in lines["Clients"][0]["text"]
    assert "init" in lines["Clients"][0]["mend"]
    assert lines["Token META_ACCESS_TOKEN"][0]["text"] == "not set"
    assert lines["Database"][0]["is_unreachable"]
    assert "another program's" in lines["Health server"][0]["text"]
    # The next free one, whichever that is by now.
    named = re.search(r"--health-port (\d+)$", lines["Health server"][0]["mend"])
    assert named
    assert int(named[1]) > port
    assert "META_ADS_WEBHOOK_SECRET is not set" in lines["Alerts: webhook"][0]["text"]
    assert "hooks.invalid" in lines["Alerts: slack"][0]["text"]
    whole = json.dumps(lines)
    assert "of-nobody" not in whole
    assert "XXXXXXXX" not in whole


def test_settings_that_cannot_be_used_are_named(installation: Warehouse) -> None:
    (installation.home / ".env").write_text("META_ADS_DUE_HOUR=noon\n")
    code, lines = examined(installation)
    assert code == 4
    assert "META_ADS_DUE_HOUR" in lines["Settings"][0]["text"]
    assert lines["Settings"][0]["mend"].endswith(str(installation.home / ".env"))
    assert status(lines, "Python") == ["ok"]


def test_it_makes_no_embedded_server(installation: Warehouse, tmp_path: Path) -> None:
    home = tmp_path / "new"
    code, lines = examined(
        installation, WAREHOUSE_URL="", META_ADS_HOME=str(home), META_API_URL="http://127.0.0.1:9"
    )
    assert code == 3
    assert lines["API"][0]["is_unreachable"]
    assert "made by the first command" in lines["Database"][0]["text"]
    assert not home.exists()
