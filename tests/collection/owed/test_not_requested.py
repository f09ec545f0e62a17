"""Days that are owed and not requested: others have them in hand, or a person has to act."""

import os
from datetime import date
from typing import Any

import orjson
import pytest
from databases import Warehouse
from factories import add_client, days, put_day
from owed_requests import DUE, FIRST, client, fail, owed, receive, request, windows

from orchestration.clients.model import Client
from orchestration.meta_api.errors import BadRequestError, TokenDeadError
from orchestration.process.owner import build_owner
from orchestration.warehouse.ledger.claims import Claim, claim_days
from orchestration.warehouse.ledger.clients import sync_clients


@pytest.mark.parametrize(
    ("is_of_the_dead", "seconds", "is_requested"),
    [(False, 60, False), (False, -1, True), (True, 60, True)],
)
def test_days_that_a_living_collection_has_in_hand_are_left_to_it(
    warehouse: Warehouse, is_of_the_dead: bool, seconds: int, is_requested: bool
) -> None:
    dead = build_owner().replace(f"/{os.getpid()}/", "/999999999/")
    owner = dead if is_of_the_dead else "elsewhere/1/1.00"
    add_client(warehouse, "a", owed_since=FIRST)
    with warehouse.connect() as connection:
        claim_days(connection, Claim("other", owner), "a", [FIRST, date(2026, 11, 2)])
        connection.execute(
            "update ops.collection_leases set expires_at = now() + make_interval(secs => %s)",
            [seconds],
        )
    since = FIRST if is_requested else date(2026, 11, 3)
    assert owed(warehouse) == {"a": [f"{since}..{DUE}"]}


def test_a_client_that_only_a_person_can_mend_is_held_for_a_day(warehouse: Warehouse) -> None:
    for client_id in "ab":
        add_client(warehouse, client_id, owed_since=date(2026, 11, 12))
    since, until = date(2026, 11, 12), date(2026, 11, 13)
    fail(warehouse, "a", since, until, TokenDeadError("dead"), hours_ago=23.9)
    both = client("a"), client("b")
    # The 14th was never tried, and waits with the others.
    assert owed(warehouse, *both) == {"b": ["2026-11-12..2026-11-14"]}
    warehouse.execute(
        "update ops.failed_collections set failed_at = failed_at - interval '10 minutes'"
    )
    assert owed(warehouse, *both).keys() == {"a", "b"}


def test_an_answer_ends_the_hold(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    fail(warehouse, "a", FIRST, FIRST, TokenDeadError("dead"), hours_ago=1)
    assert owed(warehouse) == {}
    receive(warehouse, "a", date(2026, 11, 2))
    assert owed(warehouse) == {"a": ["2026-11-01", "2026-11-03..2026-11-14"]}


def test_a_wrong_call_holds_its_own_days_and_no_others(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    fail(warehouse, "a", FIRST, FIRST, BadRequestError("no such day"), hours_ago=1)
    assert owed(warehouse) == {"a": ["2026-11-02..2026-11-14"]}


def test_a_day_that_was_tried_too_often_is_left_to_a_person(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=DUE)
    put_day(warehouse, "a", DUE, state="none")
    for attempts, is_requested in ((8, True), (9, False)):
        warehouse.execute(
            "update ops.slice_state set failed_attempts = %s, "
            "last_attempt_at = now() - interval '30 days'",
            [attempts],
        )
        assert bool(owed(warehouse)) == is_requested


def test_a_client_is_requested_as_soon_as_the_file_names_it_and_no_longer(
    warehouse: Warehouse,
) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, "a", *days(FIRST, DUE))
    # Nothing is known of its account yet: its lookback is owed.
    assert owed(warehouse, client("a"), client("b")) == {"b": ["2026-10-18..2026-11-14"]}
    assert owed(warehouse, client("a"), client("b", status="paused")) == {}
    assert owed(warehouse, client("a")) == {}


def test_a_thousand_clients_make_a_small_request(warehouse: Warehouse) -> None:
    clients = [
        Client.model_validate({"client_id": f"c{n}", "name": "C", "ad_account_id": f"act_{n}"})
        for n in range(1000)
    ]
    found = request(warehouse, *clients)
    assert found is not None
    assert (found.clients, found.days) == (1000, 28_000)
    assert len(orjson.dumps(found.owed)) < 40_000
    assert len(windows(warehouse, found.owed, *clients)) == 1000


def test_the_ledger_is_written_only_where_the_file_says_something_else(
    warehouse: Warehouse,
) -> None:
    pause = {"since": "2026-11-04", "until": "2026-11-06", "reason": "closed"}
    listed = [client("a", pauses=[pause]), client("b", token_env="B_TOKEN", alerts="north")]

    def versions() -> list[Any]:
        rows = warehouse.rows("select client_id, xmin::text from ops.clients order by 1")
        return rows + warehouse.rows("select since, xmin::text from ops.client_pauses")

    def sync(*clients: Client) -> list[Any]:
        with warehouse.connect() as connection:
            sync_clients(connection, clients)
        return versions()

    first = sync(*listed)
    assert sync(*listed) == first
    stored = "select client_id, token_env, alert_route from ops.clients order by 1"
    assert warehouse.rows(stored) == [("a", None, None), ("b", "B_TOKEN", "north")]
    changed = sync(listed[0], client("b", token_env="OTHER", alerts="north"))
    assert [now != before for now, before in zip(changed, first, strict=True)] == [
        False,
        True,
        False,
    ]
    assert warehouse.rows(stored)[1] == ("b", "OTHER", "north")
    sync(listed[0])
    assert warehouse.rows("select client_id from ops.clients where is_listed") == [("a",)]
    sync(*listed)
    assert warehouse.value("select count(*) from ops.clients where is_listed") == 2
