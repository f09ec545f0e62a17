"""A command that meets no warehouse says so: it is mostly called with another state folder."""

from pathlib import Path

import psycopg
from databases import Warehouse
from factories import write_clients
from server_watchdog import stop_server_when_we_die

from orchestration.warehouse.connection import display_url
from orchestration.warehouse.embedded.server import EmbeddedServer


def test_a_backup_of_a_place_without_a_warehouse_is_refused(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    home, file = tmp_path / "wrong", tmp_path / "one.backup"
    done = warehouse.run("backup", str(file), WAREHOUSE_URL="", META_ADS_HOME=str(home))
    assert done.returncode == 2
    assert f"There is no warehouse in {home}: nothing was backed up." in done.stderr
    assert not file.exists()
    assert not home.exists()


def test_a_backup_of_a_warehouse_without_clients_and_receipts_is_refused(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "one.backup"
    done = warehouse.run("backup", str(file))
    assert done.returncode == 2
    refused = f"The warehouse {display_url(warehouse.url)} has neither clients nor receipts"
    assert refused in done.stderr
    assert [path.name for path in tmp_path.glob("*.backup*")] == []
    # A client is enough: its settings are worth a backup.
    write_clients(tmp_path / "clients.yml", "client_id: acme, name: Acme, ad_account_id: act_1001")
    assert warehouse.run("clients", "list").returncode == 0
    assert warehouse.run("backup", str(file)).returncode == 0
    assert file.exists()


def test_what_makes_an_empty_warehouse_says_where(warehouse: Warehouse, open_folder: Path) -> None:
    home, system_data = open_folder / "new", open_folder / "system"
    stop_server_when_we_die(home, system_data)
    warehouse.environment = {
        "WAREHOUSE_URL": "",
        "META_ADS_HOME": str(home),
        "META_ADS_SYSTEM_DATA": str(system_data),
    }
    notice = f"There is no warehouse yet: an empty one is made in {home}."
    remove = ("server", "stop", "--remove-data", "--yes")
    server = EmbeddedServer(home, system_data)
    try:
        first, second = (warehouse.run("publications", "list") for _ in range(2))
        (home / "demo").write_text("embedded\n")
        # Processes such as those of `meta-ads up` would make it anew, empty, and fail.
        with psycopg.connect(server.ensure_running(), application_name="dagster"):
            in_use = warehouse.run(*remove)
            assert server.status().running
        removed = warehouse.run(*remove)
        assert not server.is_made()
    finally:
        server.remove_data()
    assert (first.returncode, second.returncode) == (0, 0), first.stderr
    assert notice in first.stderr
    assert "no warehouse" not in second.stderr
    assert in_use.returncode == 2
    assert "is in use (1 connection of dagster)" in in_use.stderr
    assert removed.returncode == 0, removed.stderr
    # With the data goes the mark that says whose they are.
    assert not (home / "demo").exists()
