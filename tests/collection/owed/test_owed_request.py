"""The request for the client-days that are due: which days, how written, under which key."""

import os
from datetime import date, timedelta
from typing import Any

import orjson
import pytest
from databases import Warehouse
from factories import add_client, campaign, days, put_day

from orchestration.clients.model import Client
from orchestration.collection.owed_request import (
    OwedRequest,
    request_owed,
    windows_of_request,
)
from orchestration.errors import UsageError
from orchestration.meta_api.errors import (
    BadRequestError,
    MetaApiError,
    TokenDeadError,
    TransientError,
)
from orchestration.process.owner import build_owner
from orchestration.warehouse.intake.batches import open_batch, record_failure
from orchestration.warehouse.ledger.claims import Claim, claim_days
from orchestration.warehouse.ledger.clients import sync_clients

FIRST, DUE = date(2026, 11, 1), date(2026, 11, 14)


def client(client_id: str = "a", **more: Any) -> Client:
    values = {"client_id": client_id, "name": client_id, "ad_account_id": f"act_{ord(client_id)}"}
    return Client.model_validate(values | more)


def request(warehouse: Warehouse, *clients: Client, now: str | None = None) -> OwedRequest | None:
    with warehouse.connect() as connection:
        if now:
            connection.execute("select set_config('meta_ads.now', %s, false)", [now])
        return request_owed(connection, clients or [client()])


def owed(warehouse: Warehouse, *clients: Client) -> dict[str, list[str]]:
    found = request(warehouse, *clients)
    return found.owed if found else {}


def windows(
    warehouse: Warehouse, wanted: dict[str, list[str]], *clients: Client, due_only: bool = False
) -> list[tuple[str, date, date]]:
    with warehouse.connect() as connection:
        found = windows_of_request(connection, clients or [client()], wanted, due_only=due_only)
    return [(window.client_id, window.since, window.until) for window in found]


def receive(warehouse: Warehouse, client_id: str, *received: date, **how: Any) -> None:
    for day in received:
        put_day(warehouse, client_id, day, campaign(), **how)


def fail(
    warehouse: Warehouse,
    client_id: str,
    since: date,
    until: date,
    error: MetaApiError | None = None,
    hours_ago: float = 0,
) -> None:
    """Record a failed collection of these days, `hours_ago` by the real clock."""
    with warehouse.connect() as connection:
        about = {"run_id": "r", "api_version": "v26.0"}
        batch = open_batch(connection, client_id, days(since, until), ["campaign"], about)
        record_failure(connection, client_id, batch, ["campaign"], error or TransientError("x"))
        ago = timedelta(hours=hours_ago)
        connection.execute("update ops.failed_collections set failed_at = failed_at - %s", [ago])
        connection.execute(
            "update ops.slice_state set last_attempt_at = last_attempt_at - %s", [ago]
        )


def test_holes_are_named_as_ranges_and_single_days_and_nothing_else_is(
    warehouse: Warehouse,
) -> None:
    for client_id in "abc":
        add_client(warehouse, client_id, owed_since=FIRST)
    holes = {"a": [3, 8, 9, 10], "b": [14], "c": []}
    for client_id, missing in holes.items():
        received = [day for day in days(FIRST, DUE) if day.day not in missing]
        receive(warehouse, client_id, *received)
    found = request(warehouse, client("a"), client("b"), client("c"))
    assert found is not None
    assert found.owed == {"a": ["2026-11-03", "2026-11-08..2026-11-10"], "b": ["2026-11-14"]}
    assert (found.clients, found.days) == (2, 5)


def test_nothing_is_requested_where_nothing_is_due(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, "a", *days(FIRST, DUE))
    assert request(warehouse) is None


def test_a_request_is_read_back_as_windows_of_the_right_length(warehouse: Warehouse) -> None:
    fine = client("b", levels=("campaign", "ad"))
    add_client(warehouse, "a", owed_since=date(2026, 9, 1))
    add_client(warehouse, "b", owed_since=FIRST, levels=["campaign", "ad"])
    wanted = owed(warehouse, client(), fine)
    assert wanted == {"a": ["2026-09-01..2026-11-14"], "b": ["2026-11-01..2026-11-14"]}
    assert windows(warehouse, wanted, client(), fine) == [
        ("a", date(2026, 9, 1), date(2026, 10, 1)),
        ("a", date(2026, 10, 2), FIRST),
        ("a", date(2026, 11, 2), DUE),
        ("b", FIRST, date(2026, 11, 7)),
        ("b", date(2026, 11, 8), DUE),
    ]


def test_only_days_of_the_request_that_are_still_owed_are_asked_for(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    add_client(warehouse, "b", owed_since=FIRST)
    wanted = {"a": ["2026-11-02..2026-11-05", "2026-11-09"], "gone": ["2026-11-09"]}
    receive(warehouse, "a", date(2026, 11, 3))
    assert windows(warehouse, wanted, client("a"), client("b")) == [
        ("a", date(2026, 11, 2), date(2026, 11, 2)),
        ("a", date(2026, 11, 4), date(2026, 11, 5)),
        ("a", date(2026, 11, 9), date(2026, 11, 9)),
    ]


def test_a_day_that_another_process_tried_in_vain_meanwhile_pauses_unless_a_person_asks(
    warehouse: Warehouse,
) -> None:
    add_client(warehouse, "a", owed_since=DUE)
    wanted = owed(warehouse)
    fail(warehouse, "a", DUE, DUE)
    assert windows(warehouse, wanted, due_only=True) == []
    assert windows(warehouse, wanted) == [("a", DUE, DUE)]


@pytest.mark.parametrize(
    "text",
    ["", "yesterday", "2026-11-12..", "..2026-11-12", "2026-13-01", "2026-11-12..2026-11-11"],
)
def test_what_names_no_days_is_refused_with_the_form(warehouse: Warehouse, text: str) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    with pytest.raises(UsageError, match=r"write 2026-11-12, or 2026-11-01\.\.2026-11-12"):
        windows(warehouse, {"a": [text]})


def test_the_key_is_that_of_the_work_and_of_its_attempt(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST)
    receive(warehouse, "a", *days(FIRST, DUE))
    put_day(warehouse, "a", DUE, state="none")
    first, again = request(warehouse), request(warehouse)
    assert first is not None
    assert first == again
    fail(warehouse, "a", DUE, DUE, hours_ago=1)
    second = request(warehouse)
    fail(warehouse, "a", DUE, DUE, hours_ago=1)
    third = request(warehouse)
    assert second is not None
    assert third is not None
    assert first.owed == second.owed == third.owed == {"a": ["2026-11-14"]}
    assert len({first.key, second.key, third.key}) == 3


def test_reading_the_same_days_again_for_a_new_due_day_is_other_work(warehouse: Warehouse) -> None:
    add_client(warehouse, "a", owed_since=FIRST, ends_on=DUE)
    receive(warehouse, "a", *days(FIRST, DUE), read_for=DUE - timedelta(days=1))
    ended = client(ends_on=DUE)
    today = request(warehouse, ended)
    tomorrow = request(warehouse, ended, now="2026-11-16T12:00:00Z")
    receive(warehouse, "a", *days(FIRST, DUE))
    after = request(warehouse, ended, now="2026-11-16T12:00:00Z")
    keys = set()
    for found in (today, tomorrow, after):
        assert found is not None
        assert found.owed == {"a": ["2026-11-01..2026-11-14"]}
        keys.add(found.key)
    # What was read yesterday or not is the same work today.
    assert len(keys) == 2


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
