"""Tokens and passwords reach neither the output, nor a file, nor a table."""

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

import pytest
from end_to_end.support import NOW, Place, set_fault, tables
from factories import write_clients

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.server import EmbeddedServer

TOKEN, QUOTED_TOKEN, APP_SECRET = "SECRETTOKEN123", "QUOTEDTOKEN789", "APPSECRET456"
PROOF = hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
BINARY_LOGS = {".msgpack"}


@pytest.fixture
def faulty() -> Iterator[SandboxProcess]:
    """Accounts that fail, hang up, are forbidden, quote the token, and one that works."""
    with SandboxProcess(now=datetime.fromisoformat(NOW)) as sandbox:
        set_fault(sandbox.url, kind="http_500", account="act_1001", path="insights")
        set_fault(sandbox.url, kind="reset", account="act_1002", path="insights")
        set_fault(sandbox.url, kind="permission", account="act_1003")
        set_fault(sandbox.url, kind="token_echo", account="act_1005")
        yield sandbox


def test_no_secret_is_shown_or_kept_whatever_fails(
    request: pytest.FixtureRequest,
    server: EmbeddedServer,
    template: str,
    faulty: SandboxProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    home = tmp_path_factory.mktemp("secrets")
    clients = write_clients(
        home / "clients.yml",
        *(
            f"client_id: c{n}, name: C{n}, ad_account_id: act_{n}, starts_on: 2026-11-10"
            for n in (1001, 1002, 1003, 1004)
        ),
        "client_id: c1005, name: C1005, ad_account_id: act_1005, starts_on: 2026-11-10, "
        "token_env: QUOTED_TOKEN",
    )
    environment = {
        "META_API_URL": faulty.url,
        "META_ADS_CLIENTS": str(clients),
        "META_ACCESS_TOKEN": TOKEN,
        "QUOTED_TOKEN": QUOTED_TOKEN,
        "META_APP_SECRET": APP_SECRET,
    }
    with Place(request, server, template).warehouse(home, environment) as warehouse:
        done = warehouse.run("run", "--debug")
        assert done.returncode == 1, done.stderr
        assert "c1004" in done.stdout
        said = [("stdout", done.stdout.encode()), ("stderr", done.stderr.encode())]
        kept = [
            (str(path), path.read_bytes())
            for path in home.rglob("*")
            if path.is_file() and path.suffix not in BINARY_LOGS
        ]
        stored = [
            (name, "\n".join(row[0] for row in warehouse.rows(f"select t::text from {name} as t")))
            for name in tables(warehouse)
        ]
        assert any(path.endswith(".db") for path, _ in kept), "Dagster's own records are missing"
        assert any(name == "ops.failed_collections" and text for name, text in stored)
        assert "Malformed access token ***" in done.stdout, done.stdout
        secrets = [TOKEN, QUOTED_TOKEN, APP_SECRET, PROOF]
        if password := urlsplit(warehouse.url).password:
            secrets.append(password)
        places = [*said, *kept, *((name, text.encode()) for name, text in stored)]
        leaks = [
            (secret, place)
            for secret in secrets
            for place, content in places
            if secret.encode() in content
        ]
        assert leaks == []
