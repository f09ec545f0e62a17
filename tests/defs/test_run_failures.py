"""Runs that failed: kept with their reason until a later one succeeds, whoever started them."""

import json
from typing import Any

from databases import Warehouse
from scenes import told

from orchestration.cli.session import DEMO_CLIENTS

JOBS = """
import os
from orchestration.defs.runs.ends import ReportAgainError
from orchestration.errors import MetaAdsError, UnreachableError

def job(name, error=None):
    @dg.op
    def work():
        if error is not None:
            raise error
    @dg.job(name=name, executor_def=dg.in_process_executor)
    def made():
        work()
    return made

def end(name, error=None):
    return job(name, error).execute_in_process(instance=instance, raise_on_error=False).run_id

cursors = {}

def hear(sensor):
    done = evaluate(sensor, cursors.get(sensor.name))
    cursors[sensor.name] = done.cursor
    return done

def rows():
    with connect(load_settings()) as connection:
        return connection.execute(
            "select f.run_id, f.job, f.step, r.error, r.reason, r.closed_at is null, r.replay "
            "from ops.run_failures as f inner join ops.recovery_log as r using (run_id) "
            "order by f.failed_at"
        ).fetchall()

failures, successes = sensors.alert_on_run_failure, sensors.note_run_success
# The first tick only says from where on it looks.
hear(failures), hear(successes)
"""

FAILURES = (
    JOBS
    + """
def wrapped():
    error = UnreachableError("The API is away.\\nReally.")
    error.__cause__ = OSError("refused")
    outer = RuntimeError("something else")
    outer.__cause__ = error
    return outer

told["runs"] = [
    end("daily_refresh", wrapped()),
    end("build_only", ValueError("no\\x00 " + "wonder " * 200)),
    end("recover_failed", dg.Failure("Still failing: acme")),
]
died = instance.create_run_for_job(job("collect_only"))
instance.report_run_failed(died, "Its process ended without a word.")
told["runs"].append(died.run_id)
killed = instance.create_run_for_job(job("collect_only"))
instance.report_engine_event("It was terminated by signal 9.", killed)
instance.report_run_failed(killed)
before = dict(cursors)
hear(failures)
told["rows"] = rows()
cursors = before
hear(failures)
told["heard twice"] = len(rows())
"""
)


def lines(warehouse: Warehouse) -> list[dict[str, Any]]:
    text = (warehouse.home / "logs" / "recovery.jsonl").read_text("utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_a_failed_run_is_kept_with_its_own_error_in_one_line(demo: Warehouse) -> None:
    found = told(demo, FAILURES)
    first, second, _, died = found["runs"]
    assert found["rows"][0] == [
        first,
        "daily_refresh",
        "work",
        "UnreachableError",
        "The API is away. Really.",
        True,
        "meta-ads run",
    ]
    assert found["rows"][1][:4] == [second, "build_only", "work", "ValueError"]
    reason = found["rows"][1][4]
    assert len(reason) == 500
    assert reason.startswith("no\ufffd wonder wonder")
    # A replay that says what is still failing did its work: the ledger knows.
    assert found["rows"][2] == [
        died,
        "collect_only",
        None,
        "RunFailure",
        "Its process ended without a word.",
        True,
        "meta-ads collect",
    ]
    assert found["rows"][3][3:5] == ["RunFailure", "It was terminated by signal 9."]
    assert found["heard twice"] == 4
    assert [line["entry"] for line in lines(demo)] == [f"run-{row[0]}" for row in found["rows"]]


AWAY = (
    JOBS
    + """
url = os.environ["WAREHOUSE_URL"]
def away():
    os.environ["WAREHOUSE_URL"] = "postgresql://someone@127.0.0.1:1/nowhere"
def back():
    os.environ["WAREHOUSE_URL"] = url

def refused(sensor):
    try:
        hear(sensor)
    except ReportAgainError as error:
        return str(error)

first = end("daily_refresh", MetaAdsError("first"))
hear(failures)
away()
told["second"] = end("daily_refresh", MetaAdsError("second"))
told["away"] = refused(failures)
end("build_only", MetaAdsError("third"))
told["still away"] = refused(failures)
end("daily_refresh")
told["success away"] = refused(successes)
back()
hear(successes)
told["after the success"] = [row[4:6] for row in rows()]
end("daily_refresh", MetaAdsError("fourth"))
hear(failures), hear(failures)
told["at last"] = [row[4:6] for row in rows()]
"""
)


def test_ends_of_runs_are_heard_once_the_warehouse_is_back_and_in_whatever_order(
    demo: Warehouse,
) -> None:
    found = told(demo, AWAY)
    for name in ("away", "still away", "success away"):
        assert found[name].startswith("The warehouse cannot be reached")
    assert found["after the success"] == [["first", False]]
    # The second failed before the success, and was told of after it.
    assert found["at last"] == [
        ["first", False],
        ["second", False],
        ["third", True],
        ["fourth", True],
    ]


BY_HAND = (
    JOBS
    + """
from orchestration.defs.runs.execute import execute

def run(name, error=None):
    try:
        execute(load_settings(), dg.Definitions(jobs=[job(name, error)]), name, {})
    except Exception as raised:
        return type(raised).__name__

told["raised"] = run("daily_refresh", MetaAdsError("no luck")), run("build_only", KeyError("x"))
told["failed"] = [row[1:6] for row in rows()]
told["interrupted"] = None
try:
    run("daily_refresh", KeyboardInterrupt())
except KeyboardInterrupt:
    told["interrupted"] = len(rows())
run("daily_refresh")
told["mended"] = [row[1:6] for row in rows()]
os.environ["WAREHOUSE_URL"] = "postgresql://someone@127.0.0.1:1/nowhere"
told["without warehouse"] = run("daily_refresh", MetaAdsError("no luck"))
"""
)


def test_runs_of_the_command_line_are_kept_too_and_close_what_failed_before(
    demo: Warehouse,
) -> None:
    found = told(demo, BY_HAND)
    assert found["raised"][0] == "MetaAdsError"
    assert found["failed"][0] == ["daily_refresh", None, "MetaAdsError", "no luck", True]
    assert found["failed"][1][0] == "build_only"
    assert found["interrupted"] == 2
    assert [row[-1] for row in found["mended"]] == [False, True]
    assert found["without warehouse"] == "MetaAdsError"


def test_a_run_that_cannot_even_ask_what_is_owed_is_kept_as_failed(warehouse: Warehouse) -> None:
    done = warehouse.run("run", META_ADS_CLIENTS=str(DEMO_CLIENTS))
    assert done.returncode == 2
    assert "No token" in done.stderr
    failures = warehouse.rows("select job, error, closed_at from ops.run_failures")
    assert failures == [("daily_refresh", "UsageError", None)]
