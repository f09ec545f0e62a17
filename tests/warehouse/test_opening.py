"""Connections are opened at once, after a wait, or never, as the server says."""

from time import monotonic
from typing import Any
from urllib.parse import quote

import psycopg
import pytest
from databases import named

from orchestration.errors import UnreachableError, UsageError
from orchestration.warehouse.builds import build_owner, queue_for_build
from orchestration.warehouse.connection import connect
from orchestration.warehouse.migrations import migrate


def seconds_until_refused(warehouse: Any, url: str, **changes: Any) -> float:
    """How long it took to be told that the warehouse cannot be reached."""
    began = monotonic()
    with (
        pytest.raises(UnreachableError, match="cannot be reached"),
        connect(warehouse.settings(warehouse_url=url, **changes)),
    ):
        pass
    return monotonic() - began


def test_a_wrong_password_or_a_wrong_address_is_told_at_once(
    warehouse: Any,
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
    warehouse: Any, encoding: str
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


def test_full_and_limited_servers_are_named_by_their_setting(warehouse: Any) -> None:
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute("create role crowded login password 'crowded' connection limit 0")
    place = warehouse.url.rpartition("@")[2]
    settings = warehouse.settings(
        warehouse_url=f"postgresql://crowded:crowded@{place}", database_wait_seconds=0
    )
    with pytest.raises(UnreachableError, match="max_connections") as told, connect(settings):
        pass
    assert "WAREHOUSE_URL" not in str(told.value)
    warehouse.execute("drop role crowded")


def test_a_limit_of_the_servers_is_named_and_no_address_blamed(warehouse: Any) -> None:
    def work() -> None:
        with connect(warehouse.settings()) as connection:
            connection.execute("set local statement_timeout = 1")
            connection.execute("select pg_sleep(5)")

    with pytest.raises(UnreachableError, match="Its setting statement_timeout") as told:
        work()
    assert "WAREHOUSE_URL" not in str(told.value)


def test_a_build_of_this_process_that_went_down_with_the_server_is_not_waited_for(
    warehouse: Any,
) -> None:
    warehouse.execute(
        "insert into ops.builds (owner, is_full, as_of, invocation_id) "
        "values (%s, false, now(), 'lost')",
        [build_owner()],
    )
    with connect(warehouse.settings(), autocommit=True) as connection:
        queue_for_build(connection)
    assert warehouse.value("select state from ops.builds") == "superseded"


def test_every_character_of_a_password_reaches_the_server(warehouse: Any) -> None:
    password = "@:/?#%'\"\\ $`{{ä€ 0123"
    with psycopg.connect(warehouse.url, autocommit=True) as connection:
        connection.execute(
            psycopg.sql.SQL("create role guarded login superuser password {}").format(password)
        )
    place = warehouse.url.rpartition("@")[2]
    url = f"postgresql://guarded:{quote(password, safe='')}@{place}"
    done = warehouse.run("sql", "select 41 + 1 as sum", WAREHOUSE_URL=url)
    assert done.stdout.split() == ["sum", "42"], done.stderr
    warehouse.execute("drop role guarded")
