"""What finally failed: the view, the file beside it and the list of what is open agree."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from databases import Warehouse
from factories import add_client
from sandbox_support import spoil

from orchestration.cli.actions.recovery import list_open
from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.errors import UsageError
from orchestration.process.program import program
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.ledger.recovery_file import recovery_file, write_entry
from orchestration.warehouse.ledger.run_failures import note_build_failure

SINCE, UNTIL = date(2026, 11, 12), date(2026, 11, 14)
BAD_DAY = date(2026, 11, 13)
TOKEN = "a-token-that-nobody-may-read"
KEYS = [
    "at",
    "kind",
    "entry",
    "run_id",
    "batch_id",
    "client_id",
    "since",
    "until",
    "error",
    "reason",
    "attempts",
    "replay",
]


def client(number: int) -> Client:
    return Client.model_validate(
        {"client_id": f"c{number}", "name": "C", "ad_account_id": f"act_{number}"}
    )


CLIENTS = [client(number) for number in (1001, 1002, 1003)]


def run(warehouse: Warehouse, sandbox: SandboxProcess, home: Path | None = None) -> Any:
    settings = warehouse.settings(
        api_url=sandbox.url,
        retry_delays=(0.0, 0.0, 0.0),
        access_token=TOKEN,
        home=home or warehouse.home,
    )
    return collect(settings, CLIENTS, since=SINCE, until=UNTIL, run_id="run")


def spoil_two(sandbox: SandboxProcess) -> None:
    """One client gets no answer, another a split one for a day."""
    spoil(sandbox, "http_500", account="act_1001", path="insights")
    spoil(sandbox, "split", account="act_1002", since=str(BAD_DAY), until=str(BAD_DAY))


def lines(warehouse: Warehouse) -> list[dict[str, Any]]:
    text = recovery_file(warehouse.settings()).read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def view(warehouse: Warehouse) -> list[dict[str, Any]]:
    """The entries of the view as JSON writes them."""
    rows = warehouse.rows(
        "select to_jsonb(r) - 'closed_at' from ops.recovery_log as r order by at, entry"
    )
    return [row[0] for row in rows]


def open_list(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str], *clients: str, **how: Any
) -> tuple[int, str]:
    """The exit code and what is printed."""
    capsys.readouterr()
    days = how.pop("days", None)
    code = list_open(warehouse.settings(), clients, days, as_json=how.pop("as_json", False))
    return code, capsys.readouterr().out


def test_the_file_has_a_line_for_each_entry_of_the_view_and_they_say_the_same(
    warehouse: Warehouse, sandbox: SandboxProcess
) -> None:
    spoil_two(sandbox)
    run(warehouse, sandbox)
    written, kept = lines(warehouse), view(warehouse)
    assert [list(line) for line in written] == [KEYS, KEYS]
    by_entry = {line["entry"]: line for line in written}
    assert by_entry.keys() == {entry["entry"] for entry in kept}
    for entry in kept:
        line = by_entry[entry["entry"]]
        assert datetime.fromisoformat(line["at"]) == datetime.fromisoformat(entry["at"])
        assert line | {"at": entry["at"]} == entry
    failed = next(line for line in written if line["kind"] == "collection")
    assert (failed["client_id"], failed["since"], failed["until"]) == (
        "c1001",
        str(SINCE),
        str(UNTIL),
    )
    assert (failed["error"], len(failed["attempts"]), failed["run_id"]) == (
        "TransientError",
        4,
        "run",
    )
    assert failed["replay"] == f"meta-ads recover --client c1001 --since {SINCE} --until {UNTIL}"
    refused = next(line for line in written if line["kind"] == "refusal")
    assert (refused["client_id"], refused["since"], refused["reason"]) == (
        "c1002",
        str(BAD_DAY),
        "not_split",
    )
    assert TOKEN not in recovery_file(warehouse.settings()).read_text("utf-8")


def test_a_file_that_cannot_be_written_changes_nothing_else(
    warehouse: Warehouse, sandbox: SandboxProcess, caplog: pytest.LogCaptureFixture
) -> None:
    spoil_two(sandbox)
    (warehouse.home / "logs").write_text("in the way")
    done = run(warehouse, sandbox)
    assert done.days_kept == 5
    assert len(view(warehouse)) == 2
    assert caplog.text.count("cannot be written to") == 2


def test_lines_of_several_writers_stay_whole(warehouse: Warehouse) -> None:
    settings = warehouse.settings()
    entry = {"entry": "collection-1", "reason": "x" * 5000}
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: write_entry(settings, entry), range(200)))
    assert lines(warehouse) == [entry] * 200


def test_the_list_names_what_is_open_with_its_command_until_it_is_made_good(
    warehouse: Warehouse, sandbox: SandboxProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    assert open_list(warehouse, capsys) == (0, "Nothing that failed is open.\n")
    spoil_two(sandbox)
    run(warehouse, sandbox)
    run(warehouse, sandbox)
    code, text = open_list(warehouse, capsys)
    assert code == 1
    failed, replay, refused, collect_again = text.splitlines()
    assert failed.startswith("collection, c1001 2026-11-12 to 2026-11-14, 3 days: TransientError: ")
    assert failed.endswith(" UTC, after 4 attempts, 2 times)")
    assert replay == f"    {program()} recover --client c1001 --since 2026-11-12 --until 2026-11-14"
    assert refused.startswith(
        "refusal, c1002 2026-11-13: refused: The account's own total has conversions, or "
        "conversion value, that its campaigns lack ("
    )
    assert collect_again == (
        f"    {program()} collect --client c1002 --since 2026-11-13 --until 2026-11-13"
    )
    code, text = open_list(warehouse, capsys, as_json=True)
    told = json.loads(text)["open"]
    assert code == 1
    assert [list(entry) for entry in told] == [KEYS] * 4
    assert {entry["entry"] for entry in told} == {entry["entry"] for entry in view(warehouse)}

    requests.delete(f"{sandbox.url}/sandbox/faults", timeout=20)
    run(warehouse, sandbox)
    assert open_list(warehouse, capsys) == (0, "Nothing that failed is open.\n")
    assert len(lines(warehouse)) == 4


def test_the_list_can_be_narrowed_and_forgets_clients_that_left_the_file(
    warehouse: Warehouse, sandbox: SandboxProcess, capsys: pytest.CaptureFixture[str]
) -> None:
    spoil_two(sandbox)
    run(warehouse, sandbox)
    assert open_list(warehouse, capsys, "c1003")[0] == 0
    assert "c1002" not in open_list(warehouse, capsys, "c1001")[1]
    on_the_12th = open_list(warehouse, capsys, days=(SINCE, SINCE))[1]
    assert "c1001" in on_the_12th
    assert "c1002" not in on_the_12th
    assert open_list(warehouse, capsys, days=(date(2026, 11, 15), None))[0] == 0
    with pytest.raises(UsageError, match="No client nobody"):
        open_list(warehouse, capsys, "nobody")
    warehouse.execute("update ops.clients set is_listed = false")
    assert open_list(warehouse, capsys) == (0, "Nothing that failed is open.\n")


def test_the_reason_of_a_build_is_that_of_this_process_latest_failed_one(
    warehouse: Warehouse,
) -> None:
    def begin(owner: str, state: str) -> int:
        warehouse.execute(
            "insert into ops.builds (owner, is_full, as_of, state, finished_at, invocation_id) "
            "values (%s, false, now(), %s, now(), gen_random_uuid())",
            [owner, state],
        )
        return int(warehouse.value("select max(build_id) from ops.builds"))

    def note(reason: str) -> int | None:
        with warehouse.connect() as connection:
            return note_build_failure(connection, "me", reason)

    # None began.
    assert note("dbt cannot parse its project") is None
    begin("other", "failed")
    begin("me", "published")
    assert note("nothing of mine failed") is None
    mine = begin("me", "failed")
    begin("other", "failed")
    assert note("stg_x: Database Error\n  in model\t" + "y" * 2000) == mine
    reason = warehouse.value("select reason from ops.builds where build_id = %s", [mine])
    assert reason.startswith("stg_x: Database Error in model y")
    assert len(reason) == 1000
    # The next one did not begin either: what was said of the one before stays.
    assert note("dbt cannot parse its project") is None
    told = "select entry, reason, replay from ops.recovery_log where kind = 'build' order by 1"
    assert (f"build-{mine}", reason, "meta-ads build") in warehouse.rows(told)


def test_builds_of_clients_and_runs_are_listed_by_their_entry(
    warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    add_client(warehouse, "a")
    warehouse.execute(
        "insert into ops.run_failures (run_id, job, error, reason) "
        "values ('r1', 'daily_refresh', 'UnreachableError', 'away'), "
        "('r2', '__ASSET_JOB', 'KeyError', 'x')"
    )
    code, text = open_list(warehouse, capsys)
    assert code == 1
    assert [line.split(" (")[0] for line in text.splitlines()] == [
        "run-r1: UnreachableError: away",
        f"    {program()} run",
        "run-r2: KeyError: x",
    ]
