"""`meta-ads clients discover`: what it prints is a clients file, and --write adds to one."""

import os
from pathlib import Path

import pytest
import yaml
from databases import Warehouse
from factories import NOW, settings_of

from orchestration.cli.actions.clients import new_entries
from orchestration.clients.append import append_clients, has_clients
from orchestration.clients.model import load_clients
from orchestration.meta_api.client import AccountFacts
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.connection import display_url

KEPT = """\
# Our customers, by Jane.
clients:
    - client_id: first  # the first one
      name: First
      ad_account_id: 1001
      levels:
        - campaign
        - ad

# Who is told.
alerts:
  - {route: loud, slack: {url_env: LOUD_URL}}
"""


@pytest.fixture
def discovering(warehouse: Warehouse, sandbox: SandboxProcess) -> Warehouse:
    warehouse.environment = {"META_API_URL": sandbox.url, "META_ACCESS_TOKEN": "a-token"}
    return warehouse


def test_what_it_prints_into_a_file_is_a_clients_file(discovering: Warehouse) -> None:
    path = discovering.home / "clients.yml"
    # The shell has emptied it before the command begins.
    path.write_text("")
    done = discovering.run("clients", "discover")
    assert done.returncode == 0, done.stderr
    path.write_text(done.stdout)
    clients = load_clients(path)
    assert len(clients) == 16
    # The first of the month that the first lookback reaches into.
    assert {str(client.starts_on) for client in clients} == {"2026-10-01"}
    assert "No client yet" not in discovering.run("clients", "discover").stdout


@pytest.mark.parametrize("content", [None, "", "# nothing yet\n", "clients:\n"])
def test_write_makes_a_clients_file(discovering: Warehouse, content: str | None) -> None:
    path = discovering.home / "clients.yml"
    if content is not None:
        path.write_text(content)
    done = discovering.run("clients", "discover", "--write")
    assert done.returncode == 0, done.stderr
    assert f"16 entries added to {path}" in done.stderr
    assert len(load_clients(path)) == 16
    assert path.read_text().startswith(content or "clients:")
    assert "0 entries added" in discovering.run("clients", "discover", "--write").stderr


def test_write_leaves_what_stands_in_the_file(discovering: Warehouse) -> None:
    path = discovering.home / "clients.yml"
    path.write_text(KEPT)
    path.chmod(0o640)
    assert discovering.run("clients", "discover", "--write").returncode == 0
    lines = path.read_text().splitlines()
    assert [line for line in lines if line in KEPT.splitlines()] == KEPT.splitlines()
    assert path.stat().st_mode & 0o777 == 0o640
    assert len(load_clients(path)) == 16
    entries = [n for n, line in enumerate(lines) if line.startswith("      ad_account_id:")]
    assert lines.index("# Who is told.") > max(entries)


ENTRY = {"client_id": "new", "name": "New", "ad_account_id": "act_9"}
WRITTEN = "  - client_id: new\n    name: New\n    ad_account_id: act_9\n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("clients:", f"clients:\n{WRITTEN}"),
        ("clients: []  # none\n", f"clients:  # none\n{WRITTEN}"),
        ("# ours\nclients: ~\nalerts: []\n", f"# ours\nclients:\n{WRITTEN}alerts: []\n"),
        ("clients: [\n]\nalerts: []\n", f"clients:\n{WRITTEN}alerts: []\n"),
        ("\ufeffclients: []\n", f"\ufeffclients:\n{WRITTEN}"),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_list_without_entries_takes_the_first(
    tmp_path: Path, content: str, expected: str, line_end: str
) -> None:
    path = tmp_path / "clients.yml"
    # Without any line end in the file nothing says which kind it has.
    line_end = line_end if "\n" in content else "\n"
    path.write_text(content.replace("\n", line_end), "utf-8", newline="")
    assert not has_clients(path)
    append_clients(path, [ENTRY])
    assert path.read_bytes().decode() == expected.replace("\n", line_end)


def test_line_ends_and_owner_of_the_file_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "clients.yml"
    path.write_text(KEPT, "utf-8", newline="\r\n")
    owners: list[tuple[int, int]] = []
    monkeypatch.setattr(os, "chown", lambda _, user, group: owners.append((user, group)))
    append_clients(path, [ENTRY])
    written = path.read_bytes().decode()
    assert "ad_account_id: act_9\r\n" in written
    assert written.count("\n") == written.count("\r\n")
    assert owners == [(path.stat().st_uid, path.stat().st_gid)]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("clients: [{client_id: a, name: A, ad_account_id: act_1}]\n", "in one line"),
        ("clients: 1\n", "clients"),
    ],
)
def test_a_file_that_cannot_be_added_to_is_left_as_it_is(
    discovering: Warehouse, content: str, words: str
) -> None:
    path = discovering.home / "clients.yml"
    path.write_text(content)
    done = discovering.run("clients", "discover", "--write")
    assert done.returncode == 2
    assert words in done.stderr
    assert path.read_text() == content
    assert [p.name for p in path.parent.glob(".clients*")] == []


def test_owed_announces_what_the_first_run_collects(discovering: Warehouse, tmp_path: Path) -> None:
    entries = [
        {"client_id": "old", "name": "O", "ad_account_id": 1001, "starts_on": "2026-09-20"},
        {"client_id": "new", "name": "N", "ad_account_id": 1002},
    ]
    (tmp_path / "clients.yml").write_text(yaml.safe_dump({"clients": entries}))
    before = discovering.run("owed")
    assert "old: 2026-09-20 to " in before.stdout
    assert "new: 2026-10-01 to " in before.stdout
    assert "2 clients were never asked" in before.stdout
    done = discovering.run("collect")
    assert done.returncode in (0, 1), done.stderr
    first = "select client_id, min(date_day)::text from ops.slice_state group by 1 order by 1"
    assert discovering.rows(first) == [("new", "2026-10-01"), ("old", "2026-09-20")]


def test_an_option_takes_an_account_id_as_ads_manager_shows_it(
    discovering: Warehouse, sandbox: SandboxProcess
) -> None:
    done = discovering.run("sandbox", "truth", "1001", "--since", "2026-11-01", "--json")
    assert done.returncode == 0, done.stderr
    assert '"account_id": "act_1001"' in done.stdout or '"1001"' in done.stdout


def test_the_accounts_of_a_demo_are_for_no_clients_file(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    (tmp_path / "demo").write_text(f"{display_url(warehouse.url)}\n")
    done = warehouse.run("clients", "discover", "--write")
    assert done.returncode == 2
    assert "--write is refused: these are the demo's ad accounts" in done.stderr
    assert not (tmp_path / "clients.yml").exists()
    done = warehouse.run("clients", "discover")
    assert done.returncode == 0, done.stderr
    assert "acme" in done.stdout.lower()
    assert "client_id" not in done.stdout
    assert "to be added" not in done.stdout


def test_a_token_that_the_command_names_is_all_a_new_installation_needs(
    warehouse: Warehouse,
) -> None:
    done = warehouse.run("clients", "discover", "--token-env", "ACME_TOKEN")
    assert (done.returncode, "No token: set ACME_TOKEN." in done.stderr) == (2, True)
    # Nothing listens there: that it is asked shows that the token was enough.
    closed = {"ACME_TOKEN": "a-token", "HTTPS_PROXY": "http://127.0.0.1:9"}
    done = warehouse.run("clients", "discover", "--token-env", "ACME_TOKEN", **closed)
    assert done.returncode == 3, done.stderr
    assert "The ad accounts cannot be listed" in done.stderr


@pytest.mark.parametrize("zone", ["Mars/Olympus", "America", "../etc", ""])
def test_an_account_in_a_time_zone_that_nobody_knows_is_listed(zone: str) -> None:
    facts = AccountFacts(account_id="1001", name="Acme", currency="EUR", timezone_name=zone)
    (entry,) = new_entries(settings_of(now_override=NOW), [facts], (), None)
    assert (entry["client_id"], str(entry["starts_on"])) == ("acme", "2026-10-01")
