"""Some hostile names through the commands as a person runs them: the terminal shows, obeys nothing,
and what programs read is JSON."""

import json
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest
import yaml
from databases import Warehouse
from hostile_names import ATTACKS, LEGITIMATE, obeyed, storable
from psycopg import sql

from orchestration.foreign_text import shown

SOME = [name for name in (*ATTACKS, *LEGITIMATE) if name in set(storable()) and len(name) < 200]


def listed(names: list[str]) -> dict[str, Any]:
    """A clients file with these names."""
    return {
        "clients": [
            {"client_id": f"c{number:03}", "name": name, "ad_account_id": f"act_{number + 1}"}
            for number, name in enumerate(names)
        ]
    }


class Accounts(BaseHTTPRequestHandler):
    """An API whose ad accounts bear the names."""

    def do_GET(self) -> None:
        found = [
            {
                "account_id": str(number + 1),
                "id": f"act_{number + 1}",
                "name": name,
                "currency": "EUR",
                "timezone_name": "UTC",
                "account_status": 1,
            }
            for number, name in enumerate(SOME)
        ]
        body = json.dumps({"data": found}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing is logged."""


@pytest.fixture
def api() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Accounts) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


def test_clients_list_has_a_line_for_each_client(warehouse: Warehouse) -> None:
    file = warehouse.home / "clients.yml"
    file.write_text(yaml.safe_dump(listed(SOME)), "utf-8")
    done = warehouse.run("clients", "list", META_ADS_CLIENTS=str(file))
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert len(lines) == 1 + len(SOME)
    assert obeyed(done.stdout) == {"\n"}
    for name, line in zip(SOME, lines[1:], strict=True):
        assert shown(name) in line


def test_clients_discover_shows_the_names_and_is_json_for_programs(
    warehouse: Warehouse, api: str
) -> None:
    environment = {"META_API_URL": api, "META_ACCESS_TOKEN": "a-token"}
    done = warehouse.run("clients", "discover", **environment)
    assert done.returncode == 0, done.stderr
    assert obeyed(done.stdout) == {"\n"}
    assert done.stdout.count("act_1 ") == 1
    programs = warehouse.run("clients", "discover", "--json", **environment)
    assert obeyed(programs.stdout) == {"\n"}
    accounts = json.loads(programs.stdout)["ad_accounts"]
    assert sorted(account["name"] for account in accounts) == sorted(SOME)


def test_a_query_has_a_line_for_each_row(warehouse: Warehouse) -> None:
    rows = ", ".join(f"({sql.Literal(name).as_string()})" for name in SOME)
    done = warehouse.run("sql", f"select name, array[name] as names from (values {rows}) x (name)")
    assert done.returncode == 0, done.stderr
    assert obeyed(done.stdout) == {"\n"}
    lines = done.stdout.splitlines()
    assert len(lines) == 1 + len(SOME)
    for name, line in zip(SOME, lines[1:], strict=True):
        assert shown(name).strip() in line


@pytest.mark.parametrize(
    "name", ["\x1b]0;title\x07", "a\nMeta-ads: all is well", "[/b]", "\u202ex"]
)
def test_an_error_that_quotes_a_name_shows_it(warehouse: Warehouse, name: str) -> None:
    done = warehouse.run("explain", name, "2026-10")
    assert done.returncode == 2
    assert obeyed(done.stderr) <= {"\n"}
    assert "Traceback" not in done.stderr
    file = warehouse.home / "clients.yml"
    file.write_text(yaml.safe_dump(listed(["Acme"]) | {name: 1}), "utf-8")
    done = warehouse.run("clients", "check", str(file))
    assert done.returncode == 2
    assert obeyed(done.stderr) <= {"\n"}
    assert len(done.stderr.splitlines()) == 2
