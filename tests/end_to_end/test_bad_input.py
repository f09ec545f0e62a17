"""Wrong use ends with one clear sentence, the right exit code and no secret in it."""

import socket
from collections.abc import Iterator
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest
from databases import Warehouse
from factories import write_clients
from places import Place

from orchestration.cli.session import DEMO_CLIENTS
from orchestration.warehouse.embedded.server import EmbeddedServer

WRONG_USE, UNREACHABLE = 2, 3
NOBODY = "http://127.0.0.1:1"
TOKEN, PASSWORD = "EAATokenOfTheTests", "hunter2secret"
CLOSED = f"postgresql://someone:{PASSWORD}@127.0.0.1:1/warehouse"


@pytest.fixture(scope="module")
def warehouse(
    server: EmbeddedServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Any]:
    home = tmp_path_factory.mktemp("bad_input")
    environment = {
        "META_API_URL": NOBODY,
        "META_ACCESS_TOKEN": TOKEN,
        "META_ADS_CLIENTS": str(DEMO_CLIENTS),
    }
    with Place(server, template).warehouse(home, environment) as warehouse:
        yield warehouse


def the_sentence(done: "CompletedProcess[str]", code: int) -> str:
    """What the command said to a person; nothing that must not be there is there."""
    said = done.stdout + done.stderr
    assert done.returncode == code, said
    for unwanted in ("Traceback", TOKEN, PASSWORD):
        assert unwanted not in said
    return done.stderr


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("run", "--nonsense"), "No such option: --nonsense"),
        (("run", "--since", "14.11.2026"), "does not match the format"),
        (("run", "--until", "2026-11-14"), "--until needs --since"),
        (("run", "--since", "2026-11-14", "--until", "2026-11-01"), "lies before --since"),
        (("run", "--client", "acme-outdor"), "No client acme-outdor"),
        (("sandbox", "serve", "--replay", "no_such.csv", "--port", "0"), "no_such.csv"),
        (("nonsense",), "No such command 'nonsense'"),
    ],
)
def test_wrong_arguments_are_named(
    warehouse: Warehouse, arguments: tuple[str, ...], words: str
) -> None:
    said = the_sentence(warehouse.run(*arguments), WRONG_USE)
    assert words in said


@pytest.mark.parametrize(
    ("command", "environment", "code", "words"),
    [
        ("run", {"META_ADS_NOW": "yesterday"}, WRONG_USE, "META_ADS_NOW"),
        ("run", {"META_ADS_RETRY_DELAYS": "2,four"}, WRONG_USE, "META_ADS_RETRY_DELAYS"),
        ("run", {"META_API_URL": "graph.facebook.com"}, WRONG_USE, "META_API_URL"),
        ("run", {"META_ADS_CLIENTS": "/no/such.yml"}, WRONG_USE, "/no/such.yml cannot be read"),
        ("run", {"WAREHOUSE_URL": CLOSED}, UNREACHABLE, "The warehouse cannot be reached"),
        ("run", {"WAREHOUSE_URL": PASSWORD}, WRONG_USE, "WAREHOUSE_URL is not a Postgres URL"),
        ("env", {"WAREHOUSE_URL": PASSWORD}, WRONG_USE, "WAREHOUSE_URL is not a Postgres URL"),
        ("build", {"WAREHOUSE_URL": CLOSED}, UNREACHABLE, "The warehouse cannot be reached"),
        ("collect", {}, UNREACHABLE, "The Insights API cannot be reached"),
        (
            "collect",
            {"META_API_URL": "https://graph.facebook.com", "META_ACCESS_TOKEN": ""},
            WRONG_USE,
            "set META_ACCESS_TOKEN",
        ),
    ],
)
def test_wrong_settings_and_silent_services_are_named(
    warehouse: Warehouse, command: str, environment: dict[str, str], code: int, words: str
) -> None:
    said = the_sentence(warehouse.run(command, **environment), code)
    (sentence,) = [
        line
        for line in said.splitlines()
        if not line.endswith("...") and not line.startswith("As of ")
    ]
    assert words in sentence


def test_a_clients_file_with_an_error_is_refused_with_line_and_field(
    warehouse: Warehouse, tmp_path: Path
) -> None:
    path = write_clients(
        tmp_path / "clients.yml",
        "client_id: first, name: First, ad_account_id: act_1",
        "client_id: second, name: Second, ad_account_id: 'acct_1002'",
    )
    said = the_sentence(warehouse.run("run", META_ADS_CLIENTS=str(path)), WRONG_USE)
    assert f"{path}:3: clients.1.ad_account_id: 'acct_1002'" in said


def test_a_port_in_use_is_named(warehouse: Warehouse) -> None:
    with socket.create_server(("127.0.0.1", 0)) as holder:
        port = holder.getsockname()[1]
        done = warehouse.run("sandbox", "serve", "--port", str(port))
    said = the_sentence(done, WRONG_USE)
    assert f"Port {port} of 127.0.0.1 is in use" in said
    assert len(said.splitlines()) == 1
