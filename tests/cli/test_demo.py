"""Demo data are used where somebody asked for them, and in that warehouse only."""

import json
from pathlib import Path

import pytest
from databases import Warehouse
from factories import write_clients

from orchestration.warehouse.connection import display_url

ROOT = Path(__file__).parents[2]
ENTRY = "client_id: acme, name: Acme, ad_account_id: act_1001"


def test_the_demo_is_asked_for_once_and_the_state_folder_remembers_it(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    assert warehouse.run("owed").returncode == 2
    done = warehouse.run(
        "collect", "--demo", "--client", "acme-outdoor", "--since", "2026-11-14", "--json"
    )
    # Some days may still be owed.
    assert done.returncode in (0, 1), done.stderr
    assert "Demo data: the sandbox, with 16 demo clients" in done.stderr
    json.loads(done.stdout)
    owed = warehouse.run("owed")
    assert owed.returncode == 0
    assert "acme-outdoor" in owed.stdout
    # Once it is the user's own, it does not fall back to the demo when settings get lost.
    write_clients(tmp_path / "clients.yml", ENTRY.replace("acme", "ours"))
    said = warehouse.run("owed").stderr
    assert "held demo data until now" in said
    # The hint fits a server of the user's own.
    assert "another database in WAREHOUSE_URL" in said
    assert "--remove-data" not in said
    assert warehouse.run("collect", "--demo").returncode == 2
    (tmp_path / "clients.yml").unlink()
    assert warehouse.run("owed").returncode == 2


def test_make_asks_for_the_demo_only_where_nothing_is_set_up(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    write_clients(tmp_path / "clients.yml", ENTRY)
    done = warehouse.run("collect", "--demo-if-new")
    assert (done.returncode, "No token: set META_ACCESS_TOKEN" in done.stderr) == (2, True)
    written = (ROOT / "Makefile").read_text("utf-8")
    assert "meta-ads run --demo-if-new" in written
    assert "meta-ads up --demo-if-new" in written


@pytest.mark.parametrize("arguments", [("owed",), ("collect", "--demo-if-new")])
def test_the_mark_of_a_demo_counts_for_its_own_warehouse_only(
    warehouse: Warehouse, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    for marked in ("embedded", "postgresql://somebody@db.example.com:5432/ads"):
        (tmp_path / "demo").write_text(f"{marked}\n")
        done = warehouse.run(*arguments)
        assert done.returncode == 2, done.stderr
        assert "Nothing is set up" in done.stderr
        # It says where demo data would go, without the password.
        assert f"writes them to {display_url(warehouse.url)}" in done.stderr
        assert warehouse.value("select count(*) from ops.clients") == 0
    (tmp_path / "demo").write_text(f"{display_url(warehouse.url)}\n")
    assert warehouse.run("owed").returncode == 0
