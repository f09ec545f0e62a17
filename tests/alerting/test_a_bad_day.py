"""A day on which much goes wrong, hour by hour: what is asked, what repairs itself, what is sent.

The sandbox plays its scenario of a bad day; the test does what Dagster's sensors do every quarter
of an hour, while the clock of business goes on and everything that was written becomes older.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from alert_receivers import Receivers
from databases import Warehouse
from factories import write_clients
from sandbox_support import spoil, steer

from orchestration import sandbox as sandbox_package
from orchestration.alerting import operators
from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.clients.model import Client, load_clients
from orchestration.collection.collection import collect
from orchestration.collection.owed_request import request_owed, windows_of_request
from orchestration.errors import UnreachableError
from orchestration.sandbox.process import SandboxProcess
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.run_failures import (
    RunFailure,
    close_run_failures,
    note_run_failure,
)

BAD_DAY = Path(sandbox_package.__file__).parent / "scenarios" / "bad_day.yml"
MIDNIGHT = datetime(2026, 11, 25, 0, tzinfo=UTC)
STEP = timedelta(minutes=15)
CLIENTS = {
    "acme": (1001, "Acme Outdoor"),
    "zielona": (1003, "Zielona Kuchnia"),
    "hudson": (1004, "Hudson Legal Partners"),
    "bright": (1005, "Bright Path Academy"),
    "thames": (1009, "Thames Cycle Works"),
    "city": (1016, "City Guide Daily"),
}
TIMESTAMPS = """
select format('%I.%I', table_schema, table_name) as relation,
    string_agg(format('%1$I = %1$I - $1', column_name), ', ') as changes
from information_schema.columns as c
where table_schema in ('ops', 'quarantine', 'serving') and data_type = 'timestamp with time zone'
    and exists (select 1 from pg_tables as t
        where t.schemaname = c.table_schema and t.tablename = c.table_name)
    and table_name not in ('receipts', 'migrations')
group by 1
"""
MORE = {"thames": ", token_env: THAMES_TOKEN", "city": ", expects_conversions: false"}


class Day:
    """The day as it goes by: `at` is what the clock of business shows."""

    def __init__(
        self, warehouse: Warehouse, sandbox: SandboxProcess, receivers: Receivers, clients: Path
    ) -> None:
        self.warehouse, self.sandbox, self.receivers = warehouse, sandbox, receivers
        self.clients: list[Client] = load_clients(clients)
        self.clients_file = clients
        self.at = MIDNIGHT
        self.asked: list[tuple[str, str]] = []
        self.sent: list[tuple[str, str]] = []

    @property
    def settings(self) -> Settings:
        """What everything that happens now works with."""
        return self.receivers.settings(
            self.warehouse,
            api_url=self.sandbox.url,
            access_token="a-common-token",
            now_override=self.at,
            clients_file=self.clients_file,
            wait_budget_seconds=1,
        )

    def go_on_until(self, hour: int, minute: int = 0) -> None:
        """A quarter of an hour after the other: look, collect, evaluate, deliver."""
        until = MIDNIGHT + timedelta(hours=hour, minutes=minute)
        while self.at < until:
            self._grow_older()
            self.at += STEP
            steer(self.sandbox, "clock", "POST", now=self.at.isoformat())
            self.collect()
            self.send()

    def collect(self) -> None:
        """What the sensor asks for, in a run of its own."""
        settings, run_id = self.settings, uuid4().hex
        with connect(settings, autocommit=True) as connection:
            request = request_owed(connection, self.clients)
            if request is None:
                return
            windows = windows_of_request(connection, self.clients, request.owed, due_only=True)
            began = self.warehouse.value("select clock_timestamp()")
            self.asked += [(f"{self.at:%H:%M}", client) for client in request.owed]
            try:
                collect(settings, self.clients, windows=windows, run_id=run_id)
                close_run_failures(connection, "daily_refresh", began)
            except UnreachableError as error:
                reason = type(error).__name__, str(error)
                note_run_failure(
                    connection,
                    RunFailure(
                        run_id=run_id,
                        job="daily_refresh",
                        step=None,
                        error=reason[0],
                        reason=reason[1],
                        failed_at=began,
                    ),
                )

    def send(self) -> None:
        """Evaluate, deliver, and keep the titles that every destination got."""
        before = len(self.receivers.titles())
        assert not evaluate(self.settings).unreachable
        assert deliver(self.settings).failed == 0
        slack, mail, webhook = self.receivers.counts()
        assert slack == mail == webhook
        self.sent += [(f"{self.at:%H:%M}", title) for title in self.receivers.titles()[before:]]

    def build(self) -> None:
        """The second half of each run, of which the day has a few only: it takes its time."""
        built = self.warehouse.run("build", META_ADS_NOW=self.at.isoformat())
        assert built.returncode in (0, 1), built.stderr

    def _grow_older(self) -> None:
        """What was written a quarter of an hour ago says so."""
        with self.warehouse.connect() as connection:
            connection.execute("set local session_replication_role = replica")
            for relation, changes in self.tables(connection):
                statement = changes.replace("$1", f"interval '{STEP.seconds} seconds'")
                connection.execute(f"update {relation} set {statement}")

    def tables(self, connection: Any) -> Sequence[tuple[str, str]]:
        """The tables of the ledger that have instants."""
        found: Sequence[tuple[str, str]] = connection.execute(TIMESTAMPS).fetchall()
        return found


@pytest.fixture
def day(warehouse: Warehouse, receivers: Receivers, tmp_path: Path) -> Iterator[Day]:
    """Midnight: everything that is due is in and published; the digest of the day is out."""
    path = write_clients(
        tmp_path / "clients.yml",
        *(
            f"client_id: {client_id}, name: {name}, ad_account_id: act_{number}, "
            f"starts_on: 2026-10-01{MORE.get(client_id, '')}"
            for client_id, (number, name) in CLIENTS.items()
        ),
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("THAMES_TOKEN", "the-token-of-thames")
        with SandboxProcess(now=MIDNIGHT, scenario=BAD_DAY) as sandbox:
            day = Day(warehouse, sandbox, receivers, path)
            collect(day.settings, day.clients, run_id="before")
            day.build()
            warehouse.execute(
                "insert into ops.alert_messages (destination, kind, content, state, created_at) "
                "values ('slack', 'digest', '{}', 'sent', now() + interval '3 days')"
            )
            day.send()
            yield day


def test_everything_but_the_token_repairs_itself_and_each_problem_is_one_message(
    day: Day, warehouse: Warehouse
) -> None:
    assert day.sent == []
    day.go_on_until(3, 30)
    # Of all tokens only that of thames is asked about from then on.
    spoil(day.sandbox, "token_dead", path="me")
    day.go_on_until(4, 15)
    with connect(day.settings) as connection:
        (token,) = [
            a
            for a in operators.alerts(connection, with_resolved=False, most=9)
            if a["rule"] == "token_dead"
        ]
        operators.acknowledge(connection, [token["alert_id"]], "anna")
    day.go_on_until(6, 45)
    day.build()
    day.go_on_until(10, 45)
    day.build()
    day.go_on_until(12)

    bright = "Bright Path Academy (bright): "
    zielona = "Zielona Kuchnia (zielona): "
    assert day.sent == [
        ("03:00", f"{zielona}Meta throttles calls for longer than a run may wait"),
        (
            "04:00",
            f"Now critical: {zielona}Meta throttles calls for longer than a run may wait",
        ),
        ("04:00", "Meta refuses an access token (THAMES_TOKEN, 1 client)"),
        ("06:45", f"{zielona}Calls are no longer throttled"),
        ("09:00", "The Insights API does not answer (2 clients)"),
        ("09:45", "The Insights API answers again (2 clients)"),
        ("09:45", f"{bright}Campaigns came without their conversions"),
        # Not before the build of 10:45 has published them.
        ("11:00", f"{bright}Campaigns and conversions are complete again"),
    ]
    # Every hole is closed, and published, but that of the token.
    with connect(day.settings) as connection:
        missing = "select client_id, date_day::text from ops.missing_days"
        assert connection.execute(missing).fetchall() == [("thames", "2026-11-24")]
        whole = connection.execute(
            "select client_id from marts.monthly_client_summary where month = '2026-11-01' "
            "and days_received = 24 and is_complete order by client_id"
        ).fetchall()
        assert whole == [("acme",), ("bright",), ("city",), ("hudson",), ("zielona",)]
    assert warehouse.rows(
        "select rule, state, acknowledged_by from ops.alerts where state <> 'resolved' "
        "and severity <> 'low'"
    ) == [("token_dead", "acknowledged", "anna")]
    # Each was asked for when it was due, again after growing pauses, and no more once it was there;
    # a token that only a person can renew is not tried again.
    assert day.asked == [
        ("03:00", "acme"),
        ("03:00", "zielona"),
        ("03:15", "zielona"),
        ("03:45", "zielona"),
        ("04:00", "thames"),
        ("04:45", "zielona"),
        ("06:45", "zielona"),
        ("09:00", "bright"),
        ("09:00", "hudson"),
        ("09:15", "bright"),
        ("09:15", "hudson"),
        ("09:45", "bright"),
        ("09:45", "hudson"),
        ("10:00", "city"),
        ("10:45", "bright"),
    ]
