"""Connections are opened at once, after a wait, or never, as the server says."""

from time import monotonic
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from databases import Warehouse, named

from orchestration.errors import MetaAdsError, UnreachableError, UsageError
from orchestration.process.owner import build_owner
from orchestration.warehouse.connecting.server_errors import as_user_error
from orchestration.warehouse.connection import connect
from orchestration.warehouse.migrations import migrate
from orchestration.warehouse.publications.builds import queue_for_build


def seconds_until_refused(warehouse: Warehouse, url: str, **changes: Any) -> float:
    """How long it took to be told that the warehouse cannot be reached."""
    began = monotonic()
    with (
        pytest.raises(UnreachableError, match="cannot be reached"),
        connect(warehouse.settings(warehouse_url=url, **changes)),
    ):
        pass
    return monotonic() - began


def test_a_wrong_password_or_a_wrong_address_is_told_at_once(
    warehouse: Warehouse,
) -> None:
    wait = {"database_wait_seconds": 3.0}
    user, _, place = warehouse.url.rpartition("@")
    assert (
        seconds_until_refused(warehouse, f"{user}wrong@{place}", **wait)
        < wait["database_wait_seconds"]
    )
    nowhere = f"{user}@127.0.0.1:1/nowhere"
    assert seconds_until_refused(warehouse, nowhere, **wait) < wait["database_wait_seconds"]


@pytest.mark.parametrize("encoding", ["SQL_ASCII", "LATIN1"])
def test_another_encoding_is_refused_before_any_table_is_made(
    warehouse: Warehouse, encoding: str
) -> None:
    name = f"encoded_{encoding.lower()}"
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute(
            f"create database {name} encoding '{encoding}' template template0 locale 'C'"
        )
    url = named(warehouse.url, name)
    with pytest.raises(UsageError, match="encoding 'UTF8'"):
        migrate(warehouse.settings(warehouse_url=url))
    with psycopg.connect(url, autocommit=True) as connection:
        assert connection.execute("select to_regnamespace('ops')").fetchone() == (None,)
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute(f"drop database {name}")


def test_full_and_limited_servers_are_named_by_their_setting(warehouse: Warehouse) -> None:
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute("create role crowded login password 'crowded' connection limit 0")
    place = warehouse.url.rpartition("@")[2]
    settings = warehouse.settings(
        warehouse_url=f"postgresql://crowded:crowded@{place}", database_wait_seconds=0
    )
    with pytest.raises(UnreachableError, match="max_connections") as refused, connect(settings):
        pass
    assert "WAREHOUSE_URL" not in str(refused.value)
    warehouse.execute("drop role crowded")


def test_a_limit_of_the_servers_is_named_and_no_address_blamed(warehouse: Warehouse) -> None:
    def work() -> None:
        with connect(warehouse.settings()) as connection:
            connection.execute("set local statement_timeout = 1")
            connection.execute("select pg_sleep(5)")

    with pytest.raises(UnreachableError, match="Its setting statement_timeout") as broken_off:
        work()
    assert "WAREHOUSE_URL" not in str(broken_off.value)


def test_a_disk_that_is_too_full_to_let_anybody_in_is_no_wrong_address() -> None:
    text = "FATAL:  could not write init file: No space left on device"
    sentence = as_user_error(psycopg.OperationalError(f"connection failed: {text}"), is_open=False)
    assert type(sentence) is MetaAdsError
    assert "disk is full" in str(sentence)
    assert "WAREHOUSE_URL" not in str(sentence)


def test_a_build_of_this_process_that_went_down_with_the_server_is_not_waited_for(
    warehouse: Warehouse,
) -> None:
    warehouse.execute(
        "insert into ops.builds (owner, is_full, as_of, invocation_id) "
        "values (%s, false, now(), 'lost')",
        [build_owner()],
    )
    settings = warehouse.settings()
    with connect(settings) as turn, connect(settings, autocommit=True) as connection:
        queue_for_build(turn, connection)
    assert warehouse.value("select state from ops.builds") == "superseded"


def test_every_character_of_a_password_reaches_the_server(warehouse: Warehouse) -> None:
    password = "@:/?#%'\"\\ $`{{ä€ 0123"
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("create role guarded login in role analyst password {}").format(
                password
            )
        )
    place = warehouse.url.rpartition("@")[2]
    url = f"postgresql://guarded:{quote(password, safe='')}@{place}"
    done = warehouse.run("sql", "select 41 + 1 as sum", WAREHOUSE_URL=url)
    assert done.stdout.split() == ["sum", "42"], done.stderr
    warehouse.execute("drop role guarded")
