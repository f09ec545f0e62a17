"""The running month so far: the same gate, exact sums, one row per client, no receipts."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from databases import Warehouse
from factories import answered, write_clients
from sandbox_support import spoil, steer
from servers import eventually, refreshing, serving

from orchestration.answers.window import Window
from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.current_month.figures import figures_of
from orchestration.current_month.refresh import Refreshed, refresh_current_month
from orchestration.quality.answer import Account, Answer
from orchestration.sandbox.process import SandboxProcess

TODAY = date(2026, 11, 15)
CLIENTS = [
    Client.model_validate({"client_id": f"c{n}", "name": f"C{n}", "ad_account_id": f"act_{n}"})
    for n in (1001, 1002, 1003)
]


def run(warehouse: Warehouse, sandbox: SandboxProcess, *only: str) -> Refreshed:
    settings = warehouse.settings(api_url=sandbox.url, retry_delays=(0.1, 0.1, 0.1))
    return refresh_current_month(settings, CLIENTS, only)


@pytest.fixture
def known(warehouse: Warehouse, sandbox: SandboxProcess) -> Any:
    """Accounts with known time zones; one day of October is collected, nothing is built."""
    settings = warehouse.settings(api_url=sandbox.url)
    collect(settings, CLIENTS, since=date(2026, 10, 30), until=date(2026, 10, 30), run_id="r")
    return warehouse


def row(warehouse: Warehouse, client_id: str = "c1001") -> dict[str, Any]:
    found = warehouse.rows(
        "select to_jsonb(k) || jsonb_build_object('spend', spend::text) "
        "from serving.current_month_cache as k where client_id = %s",
        [client_id],
    )
    return found[0][0] if found else {}


def truth(sandbox: SandboxProcess, until: date = TODAY, since: str = "2026-11-01") -> Any:
    return steer(sandbox, f"truth?account=act_1001&since={since}&until={until}")


def test_each_running_day_counts_the_type_that_it_names() -> None:
    def of_day(day: int, **actions: int) -> dict[str, Any]:
        named = [{"action_type": name, "value": str(n)} for name, n in actions.items()]
        return answered(date(2026, 11, day), campaign_id="c", actions=named)

    rows = [of_day(13, purchase=3), of_day(14, purchase=4, omni_purchase=5), of_day(15, lead=1)]
    window = Window("c1001", date(2026, 11, 13), TODAY)
    levels = {"account": rows, "campaign": rows}
    answer = Answer.of(
        window,
        Account(account_id="1", currency="EUR", finished_until=TODAY, due_day=TODAY),
        0,
        levels,
    )
    figures = figures_of(CLIENTS[0], answer, set())
    assert (figures.conversions, figures.purchases, figures.leads) == (
        Decimal(9),
        Decimal(8),
        Decimal(1),
    )
    assert figures_of(CLIENTS[0], answer, {date(2026, 11, 14)}).purchases == 3


def test_every_client_has_one_row_that_is_the_accounts_own_month(
    known: Any, sandbox: SandboxProcess
) -> None:
    receipts = known.value("select count(*) from ops.receipts")
    landed = known.value("select count(*) from landing.insights")
    done = run(known, sandbox)
    assert (sorted(done.fresh), done.errors) == (["c1001", "c1002", "c1003"], {})
    cached = row(known)
    totals = truth(sandbox)
    assert (cached["month"], cached["until"], cached["fresh_since"]) == (
        "2026-11-01",
        str(TODAY),
        "2026-11-01",
    )
    assert Decimal(cached["spend"]) == Decimal(totals["spend"]) > 0
    assert cached["impressions"] == int(totals["impressions"])
    assert cached["missing_days"] == []
    assert cached["purchases"] == totals["actions"]["omni_purchase"]["count"] > 0
    # Nothing else is written: no receipt says that today was collected.
    assert known.value("select count(*) from ops.receipts") == receipts
    assert known.value("select count(*) from landing.insights") == landed
    assert known.value("select calls_total from ops.api_usage where client_id = 'c1001'") >= 4


def test_a_split_of_the_running_day_leaves_that_day_out_as_a_whole(
    known: Any, sandbox: SandboxProcess
) -> None:
    spoil(sandbox, "split", account="act_1001", since=str(TODAY), until=str(TODAY))
    run(known, sandbox, "c1001")
    cached = row(known)
    assert cached["missing_days"] == [str(TODAY)]
    assert Decimal(cached["spend"]) == Decimal(truth(sandbox, date(2026, 11, 14))["spend"])


def test_a_day_that_the_gate_refuses_is_missing_and_the_others_stand(
    known: Any, sandbox: SandboxProcess
) -> None:
    day = "2026-11-07"
    spoil(sandbox, "non_numeric", account="act_1001", since=day, until=day)
    run(known, sandbox, "c1001")
    cached = row(known)
    assert cached["missing_days"] == [day]
    whole, lost = truth(sandbox), truth(sandbox, date(2026, 11, 7), day)
    assert Decimal(cached["spend"]) == Decimal(whole["spend"]) - Decimal(lost["spend"])


def test_a_client_that_fails_keeps_its_row_and_says_why_and_harms_no_other(
    known: Any, sandbox: SandboxProcess
) -> None:
    run(known, sandbox)
    before = row(known)
    spoil(sandbox, "permission", account="act_1001", path="insights")
    done = run(known, sandbox)
    assert sorted(done.fresh) == ["c1002", "c1003"]
    assert list(done.errors) == ["c1001"]
    assert row(known) == before
    assert "permission" in known.value(
        "select error from serving.cache_refreshes where client_id = 'c1001'"
    )


def test_clients_that_do_not_advertise_today_are_not_asked_for(
    known: Any, sandbox: SandboxProcess
) -> None:
    known.execute("update ops.clients set status = 'paused' where client_id = 'c1001'")
    known.execute("update ops.clients set ends_on = '2026-11-14' where client_id = 'c1002'")
    assert run(known, sandbox).fresh == ["c1003"]


def test_what_came_later_is_not_replaced_by_what_was_asked_earlier(
    known: Any, sandbox: SandboxProcess
) -> None:
    run(known, sandbox, "c1001")
    known.execute("update serving.current_month_cache set refreshed_at = '2100-01-01', spend = 1")
    run(known, sandbox, "c1001")
    assert row(known)["spend"] == "1"


@pytest.fixture
def listening(known: Any, sandbox: SandboxProcess, tmp_path: Path) -> Iterator[Any]:
    """A refresher that waits for requests, as `meta-ads up` starts it."""
    entries = [
        f"client_id: {c.client_id}, name: {c.name}, ad_account_id: {c.ad_account_id}"
        for c in CLIENTS
    ]
    known.environment = {
        "META_API_URL": sandbox.url,
        "META_ADS_CLIENTS": str(write_clients(tmp_path / "clients.yml", *entries)),
    }
    with refreshing(known):
        yield known


def test_a_request_is_heard_and_answered_once(listening: Any) -> None:
    for client_id in ("c1001", "c1003"):
        listening.execute(
            "insert into serving.cache_refreshes (client_id, requested_at) values (%s, now())",
            [client_id],
        )
    listening.execute("select pg_notify('meta_ads_refresh_requested', 'c1001')")
    assert eventually(
        lambda: listening.value("select count(*) from serving.current_month_cache") == 2
    )
    assert row(listening, "c1002") == {}
    waiting = "select count(*) from serving.cache_refreshes where attempted_at < requested_at"
    assert listening.value(waiting) == 0


def test_the_refresher_outlives_what_nobody_foresaw(listening: Any) -> None:
    request = (
        "insert into serving.cache_refreshes as r (client_id, requested_at) values ('c1001', now())"
        " on conflict (client_id) do update set requested_at = excluded.requested_at"
    )
    listening.execute("alter table serving.current_month_cache rename column spend to spent")
    listening.execute(request)
    listening.execute("select pg_notify('meta_ads_refresh_requested', 'c1001')")
    error = "select coalesce(max(error), '') from serving.cache_refreshes"
    assert eventually(lambda: listening.value(error).startswith("UndefinedColumn"))
    listening.execute("alter table serving.current_month_cache rename column spent to spend")
    listening.execute(request)
    listening.execute("select pg_notify('meta_ads_refresh_requested', 'c1001')")
    assert eventually(lambda: row(listening) != {})
    assert listening.value(error) == ""


def test_figures_that_the_warehouse_does_not_take_harm_no_other_client(
    known: Any, sandbox: SandboxProcess
) -> None:
    known.execute(
        "alter table serving.current_month_cache add check (client_id <> 'c1002' or spend < 0)"
    )
    done = run(known, sandbox)
    assert sorted(done.fresh) == ["c1001", "c1003"]
    assert "does not take the answer" in done.errors["c1002"]


def test_a_request_for_a_client_that_rests_is_closed_with_a_reason(listening: Any) -> None:
    listening.execute("update ops.clients set status = 'paused' where client_id = 'c1001'")
    listening.execute(
        "insert into serving.cache_refreshes (client_id, requested_at) values ('c1001', now())"
    )
    listening.execute("select pg_notify('meta_ads_refresh_requested', 'c1001')")
    error = "select error from serving.cache_refreshes where client_id = 'c1001'"
    assert eventually(lambda: listening.value(error) == "the client does not advertise today")


def test_a_read_of_old_figures_is_a_miss_that_is_refreshed_first(
    listening: Any, sandbox: SandboxProcess
) -> None:
    listening.execute(
        "insert into serving.current_month_cache (client_id, month, currency, until, fresh_since, "
        "spend, impressions, clicks, link_clicks, refreshed_at) values ('c1001', '2026-11-01', "
        "'EUR', '2026-11-14', '2026-11-14', 1, 1, 1, 1, now() - interval '4 hours')"
    )
    with serving(listening, META_ADS_KPI_WAIT_SECONDS="30") as server:
        kpis = server.get("/api/clients/c1001/kpis").json()
        # Of no figures at all, too.
        first = server.get("/api/clients/c1002/kpis").json()
        again = server.get("/api/clients/c1001/kpis").json()
    assert (kpis["isStale"], kpis["source"], kpis["until"]) == (False, "cache", str(TODAY))
    assert kpis["spend"] == truth(sandbox)["spend"]
    assert first["isStale"] is False
    assert again == kpis
    reads = "select sum(hits), sum(misses), sum(stale) from serving.cache_reads"
    assert listening.rows(reads) == [(1, 2, 0)]


def test_a_refresh_that_failed_a_moment_ago_is_not_waited_for(
    listening: Any, sandbox: SandboxProcess
) -> None:
    listening.execute(
        "insert into serving.cache_refreshes (client_id, requested_at, attempted_at, error) "
        "values ('c1001', now(), now(), 'Meta does not answer')"
    )
    with serving(listening, META_ADS_KPI_WAIT_SECONDS="30") as server:
        answer = server.get("/api/clients/c1001/kpis")
    assert answer.status_code == 503
    assert answer.elapsed.total_seconds() < 30
    assert row(listening) == {}
