"""A backup that is made while a run goes on, restored elsewhere, goes on as the original does."""

import stat
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from subprocess import DEVNULL, CompletedProcess, Popen, run
from time import sleep
from typing import Any

import orjson
import psycopg
import pytest
from databases import META_ADS, Warehouse, new_server
from factories import write_clients
from places import DAY_BEFORE, NOW, DumpedTables, Place, dump_marts

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.binaries import installed_binaries
from orchestration.warehouse.embedded.server import EmbeddedServer

PASSWORD = "of-the-analyst"
TOKEN = "the-token-of-meta-itself"
LATEST_BATCH = "select max(batch_id) from ops.batches"
SECRETS = (TOKEN, "the-secret-of-the-dashboard")


@dataclass
class Story:
    """The original, its backup, and what another place made of it."""

    original: Any
    file: Path
    told: "CompletedProcess[str]"
    copy: Any
    marts: DumpedTables


@pytest.fixture(scope="module")
def story(
    server: EmbeddedServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Story]:
    home = tmp_path_factory.mktemp("backup")
    clients = write_clients(
        home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1001, starts_on: 2026-10-20",
        "client_id: bora, name: Bora, ad_account_id: act_1004, starts_on: 2026-11-01",
    )
    with SandboxProcess(now=datetime.fromisoformat(NOW), token=TOKEN) as sandbox:
        environment = {
            "META_API_URL": sandbox.url,
            "META_ADS_CLIENTS": str(clients),
            "META_ACCESS_TOKEN": TOKEN,
            "META_ADS_ADMIN_TOKEN": SECRETS[1],
        }
        with Place(server, template).warehouse(home, environment) as original:
            first = original.run("run", META_ADS_NOW=DAY_BEFORE)
            assert first.returncode == 0, first.stderr
            original.execute(f"alter role analyst password '{PASSWORD}'")
            file = home / "one.backup"
            told = backup_while_it_runs(original, file)
            assert told.returncode == 0, told.stderr
            with new_server() as elsewhere:
                copy = restored(original, file, elsewhere, tmp_path_factory.mktemp("elsewhere"))
                yield Story(original, file, told, copy, dump_marts(original))


def backup_while_it_runs(warehouse: Warehouse, file: Path) -> "CompletedProcess[str]":
    """The backup begins when the run has asked for its first days."""
    process = Popen(
        [META_ADS, "run"],
        env=warehouse.command_environment({}),
        cwd=warehouse.home,
        stdout=DEVNULL,
        stderr=DEVNULL,
    )
    before = warehouse.value(LATEST_BATCH)
    while (
        process.poll() is None
        and warehouse.value("select max(batch_id) from ops.batches") == before
    ):
        sleep(0.05)
    done: CompletedProcess[str] = warehouse.run("backup", str(file))
    assert process.wait(120) == 0
    return done


def restored(original: Any, file: Path, server: EmbeddedServer, home: Path) -> Any:
    url = server.ensure_running()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("create database under_another_name")
    copy = type(original)(f"{url.rpartition('/')[0]}/under_another_name", home)
    copy.environment = original.environment | {"META_ADS_CLIENTS": str(home / "clients.yml")}
    # Any command makes the schema; that is no data.
    assert copy.run("owed").returncode == 2
    done = copy.run("restore", str(file))
    assert done.returncode == 0, done.stderr
    assert "2 clients" in done.stdout
    assert "Passwords that the backup does not know" not in done.stdout
    return copy


def test_the_copy_goes_on_to_what_the_original_shows(story: Story) -> None:
    done = story.copy.run("run")
    assert done.returncode == 0, done.stderr
    assert dump_marts(story.copy) == story.marts
    assert story.copy.run("publications", "verify").returncode == 0
    assert story.copy.value("select count(*) from ops.builds where state = 'superseded'") <= 1
    earlier = story.copy.run("publications", "list", "--json").stdout
    assert earlier.count('"publication_id"') >= 2


def test_the_roles_have_their_passwords_and_settings(story: Story) -> None:
    url = f"postgresql://analyst:{PASSWORD}@{story.copy.url.rpartition('@')[2]}"
    with psycopg.connect(url) as connection:
        assert connection.execute("show default_transaction_isolation").fetchone() == (
            "repeatable read",
        )
        row = connection.execute("select count(*) from marts.monthly_client_summary").fetchone()
        assert row is not None
        assert row[0] > 0


def test_clients_file_and_history_of_runs_are_back(story: Story) -> None:
    clients = story.copy.home / "clients.yml"
    assert clients.read_bytes() == (story.original.home / "clients.yml").read_bytes()
    runs = "select run_id, status from dagster_records.runs where status = 'SUCCESS' order by id"
    # One run had ended before the backup, one was going on.
    assert len(story.original.rows(runs)) == 2
    assert story.copy.rows(runs)[0] == story.original.rows(runs)[0]


def test_nobody_else_reads_it_and_no_secret_of_the_environment_is_in_it(story: Story) -> None:
    assert stat.S_IMODE(story.file.stat().st_mode) == 0o600
    with zipfile.ZipFile(story.file) as archive:
        assert archive.testzip() is None
        whole = b"".join(archive.read(name) for name in archive.namelist())
        dump = archive.read("warehouse.dump")
    program = installed_binaries().program("pg_restore")
    rows = run([program, "--file=-"], input=dump, capture_output=True, check=True).stdout
    assert b"under_another_name" not in rows
    assert b"act_1001" in rows
    for secret in (*SECRETS, PASSWORD, story.original.url):
        assert secret.encode() not in whole + rows


def test_a_warehouse_that_holds_data_is_never_overwritten(story: Story) -> None:
    before = dump_marts(story.original)
    done = story.original.run("restore", str(story.file))
    assert done.returncode == 2
    assert "holds data of 2 clients" in done.stderr
    assert dump_marts(story.original) == before


def test_a_file_that_is_there_is_never_overwritten(story: Story) -> None:
    before = story.file.read_bytes()
    done = story.original.run("backup", str(story.file))
    assert done.returncode == 2
    assert "is there already" in done.stderr
    assert story.file.read_bytes() == before


@pytest.mark.parametrize("kind", ["missing", "half", "other zip", "text", "newer"])
def test_what_is_no_backup_is_refused_and_changes_nothing(
    kind: str, story: Story, warehouse: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "some.backup"
    spoil(file, kind, story.file)
    done = warehouse.run("restore", str(file), META_ADS_CLIENTS=str(tmp_path / "clients.yml"))
    assert done.returncode == 2, done.stderr
    assert str(file) in done.stderr
    assert not (tmp_path / "clients.yml").exists()
    assert warehouse.value("select count(*) from ops.migrations") > 0


def spoil(file: Path, kind: str, good: Path) -> None:
    if kind == "half":
        file.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    elif kind == "text":
        file.write_text("no backup")
    elif kind == "other zip":
        with zipfile.ZipFile(file, "w") as archive:
            archive.writestr("warehouse.dump", b"")
    elif kind == "newer":
        with zipfile.ZipFile(good) as source, zipfile.ZipFile(file, "w") as archive:
            about = orjson.loads(source.read("backup.json")) | {"schema": 9999}
            archive.writestr("backup.json", orjson.dumps(about))
            for name in ("warehouse.dump", "roles.json"):
                archive.writestr(name, source.read(name))


def test_a_dump_that_breaks_off_leaves_the_warehouse_empty(
    story: Story, warehouse: Warehouse, tmp_path: Path
) -> None:
    file = tmp_path / "broken.backup"
    with zipfile.ZipFile(story.file) as source, zipfile.ZipFile(file, "w") as archive:
        for name in ("backup.json", "roles.json", "warehouse.dump"):
            content = source.read(name)
            half = len(content) * 2 // 3 if name.endswith("dump") else len(content)
            archive.writestr(name, content[:half])
    done = warehouse.run("restore", str(file))
    assert done.returncode == 4
    assert "pg_restore failed" in done.stderr
    assert warehouse.value("select to_regclass('ops.receipts') is null")
    assert warehouse.run("restore", str(story.file)).returncode == 0


def test_data_are_deleted_only_where_somebody_says_so(story: Story, tmp_path: Path) -> None:
    embedded = {"WAREHOUSE_URL": "", "META_ADS_HOME": str(tmp_path / "home")}
    embedded["META_ADS_SYSTEM_DATA"] = str(tmp_path / "system")
    tmp_path.chmod(0o755)
    nothing_yet = story.original.run("server", "stop", "--remove-data", **embedded)
    assert nothing_yet.returncode == 0, nothing_yet.stderr
    server = EmbeddedServer(tmp_path / "home", tmp_path / "system")
    data = tmp_path / "home" / "postgres" / "data"
    data.mkdir(parents=True)
    refused = story.original.run("server", "stop", "--remove-data", **embedded)
    assert refused.returncode == 2
    assert "say so with --yes" in refused.stderr
    assert data.is_dir()
    done = story.original.run("server", "stop", "--remove-data", "--yes", **embedded)
    assert done.returncode == 0, done.stderr
    assert not server.status().data_dir.exists()
