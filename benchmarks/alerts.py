"""How long an evaluation of the alerts takes, beside one reading of the health checks.

    python -m benchmarks.alerts [--clients 1000] [--days 400]

On the warehouse of `benchmarks.health`, in a Postgres of its own, with three destinations: nothing
new (the usual minute), every client failing at once for its own reason, the same while all of it
stands, and all of it resolved. The baseline is the reading of the checks that the health API does,
in the same run. Printed with the times is how many messages were written: one for each cause and
destination, however many clients there are.
"""

import argparse
import os
from collections.abc import Callable
from statistics import median
from time import perf_counter

from benchmarks.health import NOW, make_world
from benchmarks.server import server_of_its_own
from orchestration.alerting.evaluate import evaluate
from orchestration.health.checks import read_health
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

REPEATS = 5
TARGET_SECONDS = 2.0
"""What an evaluation should stay below, whatever happened."""

FAIL = """
with failed as (
    insert into ops.batches (client_id, since, until, state, api_version, finished_at)
    select client_id, date_day, date_day, 'failed', 'v26.0', now() from ops.due_days_of_last(1)
    returning batch_id, client_id, since
),

noted as (
    insert into ops.failed_collections (batch_id, client_id, since, until, error, reason)
    select batch_id, client_id, since, since, 'ReportFailedError', 'report failed: ' || batch_id
    from failed
)

update ops.slice_state as s set
    (state, last_attempt, last_attempt_at, last_batch_id, last_reason, failed_attempts)
    = ('none', 'failed', now(), f.batch_id, 'report failed: ' || f.batch_id, 1)
from failed as f
where s.client_id = f.client_id and s.date_day = f.since
"""
HEAL = """
with closed as (
    update ops.failed_collections set closed_at = now()
    where closed_at is null and error = 'ReportFailedError'
    returning client_id, since
)

update ops.slice_state as s set
    (state, last_attempt, last_reason, failed_attempts) = ('received', 'received', null, 0)
from closed as c
where s.client_id = c.client_id and s.date_day = c.since
"""


def main() -> None:
    """Run and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--clients", type=int, default=1000)
    parser.add_argument("--days", type=int, default=400)
    options = parser.parse_args()
    with server_of_its_own() as (url, home):
        os.environ |= {
            "WAREHOUSE_URL": url,
            "META_ADS_HOME": str(home),
            "META_ADS_NOW": NOW,
            "META_ADS_ALERT_HEARTBEAT_HOURS": "0",
            "META_ADS_SLACK_WEBHOOK_URL": "http://127.0.0.1:9/services/none",
            "META_ADS_WEBHOOK_URL": "http://127.0.0.1:9/none",
            "META_ADS_WEBHOOK_SECRET": "a-secret-of-the-benchmark",
            "META_ADS_SMTP_URL": "smtp://127.0.0.1:9?tls=none",
            "META_ADS_ALERT_EMAIL_TO": "data@agency.example",
            "META_ADS_ALERT_EMAIL_FROM": "alerts@agency.example",
        }
        settings = Settings()
        make_world(settings, options.clients, options.days)
        _measure(settings)


def _measure(settings: Settings) -> None:
    baseline = median(_seconds(lambda: _read(settings)) for _ in range(REPEATS))
    print_row("reading the health checks", baseline, baseline, "")
    _evaluated("the first evaluation", settings, baseline)
    _evaluated("nothing new", settings, baseline, REPEATS)
    _execute(settings, "select setval('ops.batches_batch_id_seq', max(batch_id)) from ops.batches")
    _execute(settings, FAIL)
    _evaluated("every client fails at once", settings, baseline)
    _evaluated("all of that stands", settings, baseline, REPEATS)
    _execute(settings, HEAL)
    _evaluated("all of it resolved", settings, baseline)


def _evaluated(title: str, settings: Settings, baseline: float, repeats: int = 1) -> None:
    spent = []
    for _ in range(repeats):
        began = perf_counter()
        evaluation = evaluate(settings)
        spent.append(perf_counter() - began)
    events = ", ".join(f"{count} {kind}" for kind, count in evaluation.events.items())
    remark = f"{events or 'no events'}; {evaluation.messages} messages"
    print_row(title, median(spent), baseline, remark)


def print_row(title: str, seconds: float, baseline: float, remark: str) -> None:
    """Print one line: seconds, the ratio to the baseline, a remark."""
    late = "" if seconds < TARGET_SECONDS else f"  ABOVE {TARGET_SECONDS} s"
    line = f"{title:28} {seconds * 1000:9.0f} ms {seconds / baseline:8.1f} x  {remark}{late}"
    os.write(1, f"{line}\n".encode())


def _read(settings: Settings) -> None:
    with connect(settings) as connection:
        read_health(connection)


def _seconds(work: Callable[[], None]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _execute(settings: Settings, statement: str) -> None:
    with connect(settings, autocommit=True) as connection:
        connection.execute(statement.encode())


if __name__ == "__main__":
    main()
