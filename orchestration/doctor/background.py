"""What runs by itself: Dagster's daemon with its sensors and schedules, and the two servers."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from orchestration.doctor.line import Line, ok, warning
from orchestration.errors import UsageError
from orchestration.process.listener import free_port, listener
from orchestration.settings import Settings
from orchestration.settings.env_file import is_loopback
from orchestration.shipped_files import DOCS
from orchestration.text import instant
from orchestration.warehouse.connection import Connection
from orchestration.warehouse.sql_files import read_sql

SILENT = timedelta(minutes=5)
"""Dagster's daemon gives a sign of life each half minute."""
WAIT_SECONDS = 3.0
OURS = frozenset({"status", "dagster_version"})
"""Keys of the answers of our two servers."""
ALONE = "nothing is collected by itself"
START = f"meta-ads up, or a line of cron with meta-ads run ({DOCS / 'operations.md'})"


def dagster_records(connection: Connection) -> Iterator[Line]:
    """Dagster's records in the warehouse: its daemon, and what a person turned off."""
    row = connection.execute(
        "select to_regclass('dagster_records.instigators') is not null"
    ).fetchone()
    if not (row and row[0]):
        yield ok("Dagster's records", "none yet: the first run makes them")
        return
    yield ok("Dagster's records", "in the warehouse")
    found = connection.execute(read_sql(__file__, "dagster")).fetchone()
    assert found is not None
    seen_at, stopped = found
    if seen_at is None or datetime.now(UTC) - seen_at > SILENT:
        since = f"was last seen {instant(seen_at)}" if seen_at else "has never run"
        yield warning("Dagster's daemon", f"{since}: {ALONE}", START)
    else:
        yield ok("Dagster's daemon", "runs")
    if stopped:
        names = ", ".join(sorted(map(_name, stopped)))
        yield warning("Sensors, schedules", f"turned off: {names}", "turn them on in Dagster")
    else:
        yield ok("Sensors, schedules", "none is turned off")


def heartbeats(connection: Connection) -> Iterator[Line]:
    """The parts of this project that give signs of life, and those of them that fell silent."""
    row = connection.execute("select to_regclass('ops.heartbeats') is not null").fetchone()
    if not (row and row[0]):
        return
    rows = connection.execute(
        "select name from ops.heartbeats where not ops.is_alive(beat_at, interval_seconds) "
        "order by name"
    ).fetchall()
    if rows:
        names = ", ".join(name for (name,) in rows)
        yield warning("Background", f"silent: {names}", START)


def servers(settings: Settings) -> Iterator[Line]:
    """The health server and Dagster's UI: whether they answer, else if their ports are free."""
    token = settings.admin_token.get_secret_value() if settings.admin_token else ""
    yield from _server("Health server", f"{settings.dashboard_url}/healthz", "--health-port", "")
    yield from _server("Dagster's UI", f"{settings.dagster_url}/server_info", "--port", token)


def _server(name: str, url: str, option: str, token: str) -> Iterator[Line]:
    place = url.rpartition("/")[0]
    answer = _answer(url, token)
    if answer is not None and OURS & answer.keys():
        yield ok(name, f"answers at {place}")
        return
    parts = urlsplit(url)
    if not is_loopback(url):
        yield warning(name, f"does not answer at {place}", START)
        return
    host, port = parts.hostname or "", parts.port or 80
    try:
        listener(host, port).close()
    except UsageError:
        yield warning(
            name,
            f"port {port} of {host} is another program's",
            f"meta-ads up {option} {free_port(host, port)}",
        )
    else:
        yield warning(name, f"does not run; its port {port} is free", "meta-ads up")


def _answer(url: str, token: str) -> dict[str, Any] | None:
    """The JSON object at an address; None without one."""
    try:
        with requests.Session() as session:
            # A proxy of the environment cannot reach the ports of this machine.
            session.trust_env = not is_loopback(url)
            headers = {"Authorization": f"Bearer {token}"} if token else {}
            answer = session.get(url, headers=headers, timeout=WAIT_SECONDS, allow_redirects=False)
        document = answer.json()
    except (requests.RequestException, ValueError):
        return None
    return document if isinstance(document, dict) else None


def _name(body: str) -> str:
    """The name of a sensor or schedule in Dagster's record of it."""
    try:
        return str(json.loads(body)["origin"]["job_name"])
    except (ValueError, LookupError, TypeError):
        return "one whose record cannot be read"
