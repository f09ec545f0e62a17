"""Tokens, passwords and keys reach no output, file, table, process list or page; nobody else reads.

One run with faults, messages that cannot be delivered, pages, and a crash with --debug.
"""

import hashlib
import hmac
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests
from databases import Warehouse
from factories import write_clients
from places import NOW, Place, set_fault, tables
from servers import serving

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

# Command lines are claimed to hold no secret: those of processes that start as a user's do.
pytestmark = pytest.mark.usefixtures("as_installed")
APP_SECRET = "APPSECRET456"
TOKENS = {
    "META_ACCESS_TOKEN": "SECRETTOKEN123",
    "QUOTED_TOKEN": "QUOTEDTOKEN789",
    "DEAD_TOKEN": "DEADTOKEN4711X",
}
ADMIN, KPI = "planted-admin-token-1", "planted-kpi-token-22"
SECRETS = {
    **TOKENS,
    "META_APP_SECRET": APP_SECRET,
    "META_ADS_ADMIN_TOKEN": ADMIN,
    "META_ADS_KPI_TOKENS": f"{KPI}=*",
    "META_ADS_COOKIE_SECRET": "planted-cookie-secret-3",
    "META_ADS_SLACK_WEBHOOK_URL": "http://127.0.0.1:9/services/T0/B0/plantedslackwebhook4",
    "META_ADS_SMTP_URL": "smtp://mail:planted-smtp-5@127.0.0.1:9?tls=none",
    "META_ADS_WEBHOOK_URL": "http://127.0.0.1:9/plantedhookaddress6",
    "META_ADS_WEBHOOK_SECRET": "whsec_cGxhbnRlZHdlYmhvb2tzaWduaW5nc2VjcmV0Nw==",
}
PLANTED = [
    *TOKENS.values(),
    APP_SECRET,
    *(
        hmac.new(APP_SECRET.encode(), token.encode(), hashlib.sha256).hexdigest()
        for token in TOKENS.values()
    ),
    ADMIN,
    KPI,
    "planted-cookie-secret-3",
    "plantedslackwebhook4",
    "planted-smtp-5",
    "plantedhookaddress6",
    "cGxhbnRlZHdlYmhvb2tzaWduaW5nc2VjcmV0Nw",
]
PAGES = (
    "/api/admin/data-health",
    "/api/admin/data-health/clients/c1001",
    "/api/clients/c1004/kpis?month=2026-11",
    "/admin/monitoring",
    "/admin/monitoring/clients/c1001",
    "/metrics",
    "/healthz",
    "/readyz",
    "/openapi.json",
)


@pytest.fixture
def faulty() -> Iterator[SandboxProcess]:
    """Accounts that fail, hang up, are forbidden, quote the token, are dead, and one that works."""
    with SandboxProcess(now=datetime.fromisoformat(NOW)) as sandbox:
        set_fault(sandbox.url, kind="http_500", account="act_1001", path="insights")
        set_fault(sandbox.url, kind="reset", account="act_1002", path="insights")
        set_fault(sandbox.url, kind="permission", account="act_1003")
        set_fault(sandbox.url, kind="token_echo", account="act_1005")
        set_fault(sandbox.url, kind="token_dead", account="act_1006")
        yield sandbox


@contextmanager
def process_list() -> Iterator[list[bytes]]:
    """Every command line that any process had meanwhile."""
    seen: set[bytes] = set()
    found: list[bytes] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.2):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    seen.add(path.read_bytes())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield found
    finally:
        over.set()
        thread.join()
        found += seen


@contextmanager
def open_umask() -> Iterator[None]:
    """As a caller may have it who shares everything."""
    before = os.umask(0)
    try:
        yield
    finally:
        os.umask(before)


def widely_open_state(home: Path) -> Path:
    """A state folder as an earlier release left it, with what dbt parsed."""
    state = home / "state"
    (state / "logs").mkdir(parents=True)
    (state / "logs" / "old.log").write_text("")
    if (home / "dbt").exists():
        shutil.move(home / "dbt", state / "dbt")
    for path in (state, *state.rglob("*")):
        path.chmod(0o777)
    return state


def clients_of(home: Path) -> Path:
    entry = "client_id: c{0}, name: C{0}, ad_account_id: act_{0}, starts_on: 2026-11-10"
    quoted, dead = f"{entry}, token_env: QUOTED_TOKEN", f"{entry}, token_env: DEAD_TOKEN"
    plain = [entry.format(number) for number in (1001, 1002, 1003, 1004)]
    return write_clients(home / "clients.yml", *plain, quoted.format(1005), dead.format(1006))


def pages(warehouse: Warehouse) -> list[tuple[str, bytes]]:
    """What the health server answers to the admin, to a wrong token, and what it writes itself."""
    found = []
    with serving(warehouse, ADMIN) as server:
        for path in PAGES:
            for token in (ADMIN, "wrong"):
                answer = requests.get(
                    f"{server.url}{path}", headers={"Authorization": f"Bearer {token}"}, timeout=30
                )
                found.append((f"GET {path}", f"{answer.headers}{answer.text}".encode()))
    return found


def rows(warehouse: Warehouse) -> list[tuple[str, bytes]]:
    """All rows of all tables of all schemas, as text."""
    return [
        (
            name,
            "\n".join(
                row[0] for row in warehouse.rows(f"select t::text from {name} as t")
            ).encode(),
        )
        for name in tables(warehouse)
    ]


def test_no_secret_is_shown_or_kept_whatever_fails(
    server: EmbeddedServer,
    template: str,
    faulty: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("secrets")
    environment = {
        "META_API_URL": faulty.url,
        "META_ADS_CLIENTS": str(clients_of(home)),
        "META_ADS_ALERT_EMAIL_TO": "ops@agency.example",
        "META_ADS_ALERT_EMAIL_FROM": "meta-ads@agency.example",
        **SECRETS,
    }
    with Place(server, template).warehouse(home, environment) as warehouse:
        state = widely_open_state(home)
        warehouse.environment["META_ADS_HOME"] = str(state)
        with open_umask(), process_list() as commands:
            done = warehouse.run("run", "--debug")
            told = [warehouse.run("alerts", "evaluate"), warehouse.run("alerts", "deliver")]
            backup = warehouse.run("backup", str(state / "copy.tar"))
            shown = pages(warehouse)
            stored = rows(warehouse)
            warehouse.execute("alter table ops.slice_state rename to hidden_slice_state")
            crashed = warehouse.run("collect", "--debug")
        assert done.returncode == 1, done.stderr
        assert "c1004" in done.stdout
        assert "Malformed access token ***" in done.stdout, done.stdout
        assert backup.returncode == 0, backup.stderr
        assert "Traceback" in crashed.stderr, crashed.stderr
        assert any(name == "ops.failed_collections" and text for name, text in stored)
        assert any(b"dbt" in command for command in commands)
        runs = [*((f"run {n}", r) for n, r in enumerate([done, *told, backup, crashed]))]
        said = [(name, f"{run.stdout}{run.stderr}".encode()) for name, run in runs]
        kept = [
            (str(path), path.read_bytes())
            for path in home.rglob("*")
            if path.is_file() and path.name != "copy.tar"
        ]
        assert any(name == "dagster_records.event_logs" and text for name, text in stored)
        secrets = [*PLANTED]
        if password := urlsplit(warehouse.url).password:
            secrets.append(password)
        listed = [("process list", command) for command in commands]
        leaks = [
            (secret, place)
            for secret in secrets
            for place, content in (*said, *kept, *stored, *shown, *listed)
            if secret.encode() in content
        ]
        assert leaks == []
        wide = [
            f"{path} {path.stat().st_mode & 0o777:o}"
            for path in (state, *state.rglob("*"))
            if path.lstat().st_mode & 0o077 and not path.is_symlink()
        ]
        assert wide == []
