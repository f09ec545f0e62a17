"""What was published when: listed, compared, taken back, verified, pruned, and read as of a day."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest
from databases import Warehouse
from dbt_runs import Dbt, Once
from factories import (
    add_client,
    campaign,
    days,
    purchases,
    put_day,
    put_month,
    write_clients,
)

from orchestration.errors import MetaAdsError
from orchestration.warehouse.connection import connect
from orchestration.warehouse.publications.rollback import roll_back

MONTH = date(2026, 11, 1)
FIRST, SECOND, THIRD = days(MONTH, date(2026, 11, 3))
READERS = {
    "daily_campaign_performance": "client_id, campaign_id, date_day, spend, conversions, leads",
    "monthly_campaign_performance": "client_id, campaign_id, month, spend, clicks, purchases",
    "monthly_conversion_metrics": "client_id, campaign_id, month, conversion_family, "
    "attribution_window, action_type, conversions, conversion_value",
    "monthly_client_summary": "client_id, month, spend, impressions, conversions, roas, campaigns",
    "dim_campaigns": "client_id, campaign_id",
}

Aged = tuple[Warehouse, list[int], dict[int, Any]]
"""A warehouse, the ids of its publications, and what readers saw after each."""


@pytest.fixture
def published(warehouse: Warehouse, dbt: Dbt, once: Once) -> Any:
    """Two clients with three days and two campaigns each: one publication."""

    def make() -> None:
        for client_id in ("acme", "borealis"):
            add_client(warehouse, client_id)
            put_month(
                warehouse,
                client_id,
                (FIRST, SECOND, THIRD),
                campaign("c1", **purchases(2)),
                campaign("c2"),
            )
        build(dbt)

    once("publications_published", make)
    return warehouse


@pytest.fixture
def changed(published: Warehouse, dbt: Dbt, once: Once) -> Any:
    """A second publication: a day of each client has other figures, acme's c2 is gone."""

    def make() -> None:
        for day in (FIRST, SECOND, THIRD):
            spend = Decimal("12.50") if day == SECOND else Decimal("10.00")
            put_day(published, "acme", day, campaign("c1", spend=spend, **purchases(5)))
        put_day(published, "borealis", SECOND, campaign("c1", **purchases(3)), campaign("c2"))
        build(dbt)

    once("publications_changed", make)
    return published


def build(dbt: Dbt, *arguments: str) -> None:
    ended = dbt.build(*arguments)
    assert ended.exit_code == 0, ended


def ids(warehouse: Warehouse) -> list[int]:
    return [r[0] for r in warehouse.rows("select publication_id from ops.publications order by 1")]


def run(warehouse: Warehouse, *arguments: str, code: int = 0, **environment: str) -> Any:
    done = warehouse.run("publications", *arguments, **environment)
    assert done.returncode == code, done.stdout + done.stderr
    assert "Traceback" not in done.stderr
    return done


def run_json(warehouse: Warehouse, *arguments: str, code: int = 0) -> Any:
    return json.loads(run(warehouse, *arguments, "--json", code=code).stdout)


def shown(
    warehouse: Warehouse, *, schema: str = "marts", as_of: Any = None
) -> dict[str, list[Any]]:
    """What readers of the marts see."""
    found = {}
    with warehouse.connect() as connection:
        if as_of is not None:
            connection.execute("select set_config('meta_ads.as_of', %s, true)", [str(as_of)])
        for view, columns in READERS.items():
            rows = connection.execute(f"select {columns} from {schema}.{view}")
            found[view] = sorted(map(str, rows))
    return found


def of_client(rows: dict[str, list[Any]], client_id: str) -> dict[str, list[Any]]:
    return {view: [row for row in found if client_id in row] for view, found in rows.items()}


def tamper(warehouse: Warehouse, *statements: str) -> None:
    """Change rows as only a superuser can, past the triggers that stop everybody else."""
    with warehouse.connect() as connection:
        connection.execute("set session_replication_role = replica")
        for statement in statements:
            assert connection.execute(statement).rowcount == 1


def test_the_list_names_each_publication_newest_first(changed: Warehouse) -> None:
    first, second = ids(changed)
    found = run_json(changed, "list")["publications"]
    assert [(p["publication_id"], p["kind"], p["client_months"]) for p in found] == [
        (second, "build", 2),
        (first, "build", 2),
    ]
    assert found[1]["rows_ended"] == 0
    assert found[0]["business_time"].startswith("2026-11-15T12:00:00")
    assert len(run_json(changed, "list", "--limit", "1")["publications"]) == 1
    lines = run(changed, "list").stdout.splitlines()
    assert lines[0].split()[0] == "id"
    assert [line.split()[0] for line in lines[1:]] == [str(second), str(first)]


def test_a_warehouse_without_publications_says_how_to_get_one(warehouse: Warehouse) -> None:
    assert "Nothing is published yet: meta-ads run" in run(warehouse, "list").stdout
    assert run_json(warehouse, "list") == {"publications": []}


def test_a_publication_is_shown_with_rows_and_sums_of_what_it_changed(changed: Warehouse) -> None:
    _, second = ids(changed)
    found = run_json(changed, "show", str(second), "--client", "acme")
    assert {line["client_id"] for line in found["manifest"]} == {"acme"}
    monthly = next(x for x in found["manifest"] if x["mart"] == "monthly_campaign_metrics")
    assert (monthly["month"], monthly["row_count"]) == ("2026-11-01", 1)
    assert (monthly["sums"]["spend"], monthly["sums"]["clicks"]) == ("32.50", "150")
    assert found["reopenings"] == []
    text = run(changed, "show", str(second)).stdout
    assert f"Publication {second} (build)" in text
    assert "business time 2026-11-15 12:00:00" in text
    assert "borealis 2026-11" in text


def test_reopened_months_are_shown_with_the_publication(changed: Warehouse) -> None:
    _, second = ids(changed)
    changed.execute(
        "insert into ops.reopenings values (%s, 'acme', '2026-11-01', 'spend: 60 became 32.50')",
        [second],
    )
    text = run(changed, "show", str(second)).stdout
    assert "acme 2026-11 was final: spend: 60 became 32.50" in text
    assert run_json(changed, "show", str(second), "--client", "borealis")["reopenings"] == []


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "99"),
        ("diff", "0", "99"),
        ("rollback", "99", "--reason", "x"),
        ("show", "1", "--client", "nobody"),
        ("rollback", "1", "--client", "nobody", "--reason", "x"),
        ("rollback", "1", "--reason", " "),
    ],
)
def test_what_does_not_exist_is_refused_in_one_sentence(
    published: Warehouse, arguments: str
) -> None:
    done = run(published, *arguments, code=2)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1


def test_a_diff_names_what_changed_from_what_to_what(changed: Warehouse) -> None:
    first, second = map(str, ids(changed))
    found = run_json(changed, "diff", first, second)["changes"]
    changes = {
        (c["client_id"], c["campaign_id"], c["conversion_family"], c["metric"]): (
            c["before"],
            c["after"],
            c["change"],
        )
        for c in found
    }
    assert changes[("acme", "c1", None, "spend")] == ("30.00", "32.50", "changed")
    assert changes[("acme", "c1", "purchase", "conversions")] == ("6", "15", "changed")
    assert changes[("borealis", "c1", "purchase", "conversion_value")] == ("60", "70", "changed")
    assert changes[("acme", "c2", None, "spend")] == ("30.00", None, "vanished")
    assert ("borealis", "c1", None, "spend") not in changes
    assert {c["mart"] for c in found} == {"monthly_campaign_metrics", "monthly_conversion_metrics"}


def test_a_diff_may_be_read_the_other_way_and_from_before_the_first(changed: Warehouse) -> None:
    first, second = map(str, ids(changed))
    there = run_json(changed, "diff", first, second)["changes"]
    back = run_json(changed, "diff", second, first)["changes"]
    assert sorted((c["metric"], str(c["before"]), str(c["after"])) for c in there) == sorted(
        (c["metric"], str(c["after"]), str(c["before"])) for c in back
    )
    new = run_json(changed, "diff", "0", first)["changes"]
    assert {c["change"] for c in new} == {"appeared"}
    assert {c["before"] for c in new} == {None}
    same = run(changed, "diff", first, first).stdout
    assert same == f"The marts are the same as of publications {first} and {first}.\n"


def test_a_diff_shows_days_where_they_are_asked_for_and_one_client_alone(
    changed: Warehouse,
) -> None:
    first, second = map(str, ids(changed))
    found = run_json(changed, "diff", first, second, "--days", "--client", "borealis")["changes"]
    assert {c["client_id"] for c in found} == {"borealis"}
    daily = {c["metric"]: (c["before"], c["after"]) for c in found if c["date_day"]}
    assert daily["purchases"] == ("2", "3")
    assert {c["date_day"] for c in found} == {None, str(SECOND)}
    text = run(changed, "diff", first, second, "--days").stdout
    assert any(
        line.split()[:4] == ["acme", "c1", "2026-11-02", "spend"] for line in text.split("\n")
    )
    assert "row vanished" in text


def test_a_rollback_restores_exactly_the_rows_of_before_as_a_new_publication(
    published: Warehouse, dbt: Dbt
) -> None:
    before = shown(published)
    put_day(published, "acme", SECOND, campaign("c1", spend=Decimal("99.00")), campaign("c3"))
    build(dbt)
    between = shown(published)
    first, second = ids(published)
    text = run(published, "rollback", str(first), "--reason", "a wrong account").stdout
    third = ids(published)[-1]
    assert f"Publication {third}: the marts are as publication {first} left them" in text
    assert "build publishes them again: one with new data for them" in text
    assert shown(published) == before
    assert published.rows(
        "select kind, restores, reason, rows_inserted > 0 from ops.publications "
        "where publication_id = %s",
        [third],
    ) == [("rollback", first, "a wrong account", True)]
    times = dict(published.rows("select publication_id, published_at from ops.publications"))
    assert shown(published, schema="marts_as_of", as_of=times[second]) == between
    assert "back to" in run(published, "list").stdout
    assert run_json(published, "diff", str(first), str(third), "--days")["changes"] == []
    run(published, "verify")


def test_a_rollback_of_one_client_leaves_the_others_alone(changed: Warehouse) -> None:
    before = shown(changed)
    first, _ = ids(changed)
    run(changed, "rollback", str(first), "--client", "acme", "--reason", "x")
    after = shown(changed)
    assert of_client(after, "borealis") == of_client(before, "borealis")
    assert of_client(after, "acme") != of_client(before, "acme")


def test_a_rollback_with_nothing_to_take_back_is_refused(changed: Warehouse) -> None:
    first, _ = ids(changed)
    run(changed, "rollback", str(first), "--reason", "x")
    known = ids(changed)
    done = run(changed, "rollback", str(first), "--reason", "x", code=2)
    assert done.stderr == (
        f"The marts are as publication {first} left them: nothing to take back.\n"
    )
    assert ids(changed) == known


def test_what_was_taken_back_stays_until_new_data_come(changed: Warehouse, dbt: Dbt) -> None:
    first, _ = ids(changed)
    run(changed, "rollback", str(first), "--reason", "x")
    taken_back = shown(changed)
    known = ids(changed)
    build(dbt)
    assert (shown(changed), ids(changed)) == (taken_back, known)
    put_day(changed, "acme", THIRD, campaign("c1", spend=Decimal("7.00"), **purchases(1)))
    build(dbt)
    assert changed.rows(
        "select client_id, spend, conversions from marts.monthly_client_summary order by 1"
    ) == [("acme", Decimal("29.50"), 11), ("borealis", 60, 6)]
    assert len(ids(changed)) == len(known) + 1


def roll_back_during_builds(warehouse: Warehouse, target: int) -> None:
    """Each build from now on meets a rollback of acme, in the middle of its first node."""
    warehouse.execute(
        f"""
        create function public.a_rollback_meanwhile() returns trigger language plpgsql as $$
        begin
            if new.node = 'int_monthly_counts' then
                perform ops.rollback({target}, array['acme'], 'a wrong account');
            end if;
            return new;
        end $$;
        create trigger a_rollback_meanwhile after insert on ops.build_nodes
        for each row execute function public.a_rollback_meanwhile();
        """
    )


def test_a_rollback_during_a_build_is_not_undone_by_it(changed: Warehouse, dbt: Dbt) -> None:
    first, _ = ids(changed)
    put_day(changed, "acme", THIRD, campaign("c1", spend=Decimal("7.00"), **purchases(1)))
    put_day(changed, "borealis", THIRD, campaign("c1", spend=Decimal("8.00"), **purchases(1)))
    roll_back_during_builds(changed, first)
    build(dbt)
    changed.execute("drop trigger a_rollback_meanwhile on ops.build_nodes")
    spends = "select client_id, spend from marts.monthly_client_summary order by 1"
    assert changed.rows(spends) == [("acme", 60), ("borealis", Decimal("48.00"))]
    known = ids(changed)
    build(dbt)
    assert changed.rows(spends) == [("acme", 60), ("borealis", Decimal("48.00"))]
    assert ids(changed) == known
    put_day(changed, "acme", SECOND, campaign("c1", spend=Decimal("1.00"), **purchases(1)))
    build(dbt)
    assert changed.rows(spends)[0] == ("acme", Decimal("18.00"))


def test_a_build_tells_of_its_own_publication_alone(changed: Warehouse) -> None:
    first, _ = ids(changed)
    clients = write_clients(
        changed.home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1",
        "client_id: borealis, name: Borealis, ad_account_id: act_2",
    )
    changed.environment = {"META_ADS_CLIENTS": str(clients), "META_ACCESS_TOKEN": "t"}
    roll_back_during_builds(changed, first)
    done = changed.run("build")
    assert "nothing had changed, so nothing was published" in done.stdout, done.stderr
    assert len(ids(changed)) == 3


def test_a_rollback_waits_for_others_and_says_so_when_they_stay(
    changed: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = ids(changed)
    changed.execute("alter function ops.rollback(bigint, text[], text) set lock_timeout = '100ms'")
    with changed.connect() as other:
        other.execute("select ops.take_lock('publication')")
        done = run(changed, "rollback", str(first), "--reason", "x", code=4)
        assert "was in the way 4 times" in done.stderr
        assert ids(changed) == [first, second]
        waits: list[float] = []

        def wait(seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 2:
                other.rollback()

        monkeypatch.setattr("orchestration.warehouse.publications.rollback.time.sleep", wait)
        with connect(changed.settings(), autocommit=True) as connection:
            roll_back(connection, first, [], "x", (2.0, 4.0, 8.0))
    assert waits == [2.0, 4.0]
    assert len(ids(changed)) == 3


def test_other_errors_of_a_rollback_are_not_retried(
    changed: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orchestration.warehouse.publications.rollback.time.sleep", pytest.fail)
    with (
        connect(changed.settings(), autocommit=True) as connection,
        pytest.raises(MetaAdsError, match="There is no publication 99"),
    ):
        roll_back(connection, 99, [], "x", (2.0,))


def test_rows_as_they_were_published_are_verified(changed: Warehouse) -> None:
    text = run(changed, "verify").stdout
    rows = sum(
        changed.value(f"select count(*) from published.{mart[0]}")
        for mart in changed.rows("select tablename from pg_tables where schemaname = 'published'")
    )
    assert text == f"{rows} rows in 2 client-months are as they were published.\n"
    assert run_json(changed, "verify") == {
        "is_as_published": True,
        "row_count": rows,
        "client_months": 2,
        "rows": [],
        "history": [],
    }


def test_each_row_changed_behind_the_back_is_named_and_a_full_build_puts_them_right(
    published: Warehouse, dbt: Dbt
) -> None:
    before = shown(published)
    daily = "published.daily_campaign_performance"
    tamper(
        published,
        f"update {daily} set spend = spend + 1 "
        f"where client_id = 'acme' and campaign_id = 'c1' and date_day = '{SECOND}'",
        f"delete from {daily} "
        f"where client_id = 'acme' and campaign_id = 'c2' and date_day = '{THIRD}'",
        f"create temp table copied on commit drop as select * from {daily} "
        f"where client_id = 'borealis' and campaign_id = 'c1' and date_day = '{FIRST}'",
        "update copied set date_day = '2026-11-09'",
        f"insert into {daily} select * from copied",
    )
    found = run_json(published, "verify", code=1)
    assert found["is_as_published"] is False
    assert [(r["client_id"], r["row_key"], r["problem"]) for r in found["rows"]] == [
        ("acme", "c1 2026-11-02", "was changed"),
        ("acme", "c2 2026-11-03", "is gone"),
        ("borealis", "c1 2026-11-09", "was added"),
    ]
    text = run(published, "verify", code=1).stdout
    assert "daily_campaign_performance acme 2026-11 [c1 2026-11-02]: was changed" in text
    assert "meta-ads build --full-refresh puts published rows right" in text
    build(dbt, "--full-refresh")
    assert shown(published) == before
    assert published.rows("select * from ops.verify_rows()") == []
    # What was shown in between stays in the history, and is not what was published.
    assert run_json(published, "verify", code=1)["rows"] == []
    run(published, "prune", "--keep-days", "0")
    run(published, "verify")


def test_rows_of_a_client_month_that_was_never_published_are_named(published: Warehouse) -> None:
    tamper(
        published,
        "create temp table copied on commit drop as select * from published.client_months "
        "where client_id = 'acme'",
        "update copied set client_id = 'nobody'",
        "insert into published.client_months select * from copied",
    )
    found = run_json(published, "verify", code=1)
    assert [(r["mart"], r["client_id"], r["problem"]) for r in found["rows"]] == [
        ("client_months", "nobody", "was never published")
    ]


def test_changed_history_is_named_with_the_publication_that_showed_it(changed: Warehouse) -> None:
    first, _ = ids(changed)
    tamper(
        changed,
        "update history.daily_campaign_performance set spend = 1 "
        f"where client_id = 'acme' and campaign_id = 'c1' and date_day = '{SECOND}'",
    )
    found = run_json(changed, "verify", code=1)
    assert found["rows"] == []
    assert found["history"] == [
        {
            "publication_id": first,
            "mart": "daily_campaign_performance",
            "client_id": "acme",
            "month": "2026-11-01",
        }
    ]
    text = run(changed, "verify", code=1).stdout
    assert f"what publication {first} showed is not what it published" in text


@pytest.mark.parametrize("schema", ["published", "history"])
@pytest.mark.parametrize(
    "statement",
    [
        "delete from {}.daily_campaign_performance",
        "update {}.daily_campaign_performance set spend = 0",
        "truncate {}.daily_campaign_performance",
        "insert into {0}.daily_campaign_performance select * from {0}.daily_campaign_performance",
    ],
)
def test_rows_are_changed_by_publications_only(
    changed: Warehouse, schema: str, statement: str
) -> None:
    with pytest.raises(psycopg.errors.RaiseException, match="changed by publications only"):
        changed.execute(statement.format(schema))
    run(changed, "verify")


@pytest.fixture
def aged(published: Warehouse, dbt: Dbt) -> Aged:
    """Four publications: two in one month long ago, one in the next month, one now.

    With what readers saw after each of them.
    """
    seen = [shown(published)]
    for spend in (11, 12, 13):
        put_day(published, "acme", SECOND, campaign("c1", spend=Decimal(spend)))
        build(dbt)
        seen.append(shown(published))
    known = ids(published)
    for number, (months, day) in zip(known, [(6, 3), (6, 20), (5, 5)], strict=False):
        published.execute(
            "update ops.publications set published_at = date_trunc('month', now()) "
            "- make_interval(months => %s) + make_interval(days => %s) where publication_id = %s",
            [months, day, number],
        )
    return published, known, dict(zip(known, seen, strict=True))


def as_published(warehouse: Warehouse, number: int) -> dict[str, list[Any]]:
    at = warehouse.value(
        "select published_at from ops.publications where publication_id = %s", [number]
    )
    return shown(warehouse, schema="marts_as_of", as_of=at)


def test_pruning_gives_up_old_states_but_keeps_the_last_of_each_month(aged: Aged) -> None:
    warehouse, (first, second, third, fourth), seen = aged
    would = run(warehouse, "prune", "--dry-run").stdout
    assert would.startswith("1 publications older than 90 days would be pruned, ")
    assert as_published(warehouse, first) == seen[first]
    assert run(warehouse, "prune").stdout.startswith("1 publications older than 90 days are pruned")
    assert warehouse.rows(
        "select publication_id from ops.publications where pruned_at is not null"
    ) == [(first,)]
    for number in (second, third, fourth):
        assert as_published(warehouse, number) == seen[number]
    assert shown(warehouse) == seen[fourth]
    run(warehouse, "verify")
    assert "pruned" in run(warehouse, "list").stdout
    assert run(warehouse, "prune").stdout.startswith("0 publications")


def test_what_was_pruned_is_refused_with_the_nearest_that_is_kept(aged: Aged) -> None:
    warehouse, (first, second, third, _), seen = aged
    run(warehouse, "prune")
    with pytest.raises(psycopg.errors.RaiseException, match=f"Publication {first} was pruned") as e:
        as_published(warehouse, first)
    assert f"The nearest that are kept: {second} of " in str(e.value)
    for arguments in (("rollback", str(first), "--reason", "x"), ("diff", str(first), str(third))):
        done = run(warehouse, *arguments, code=2)
        assert f"Publication {first} was pruned" in done.stderr
        assert f"{second} of " in done.stderr
    run(warehouse, "rollback", str(second), "--reason", "kept")
    assert shown(warehouse) == seen[second]


def test_the_marts_of_the_past_are_what_the_marts_showed_then(
    published: Warehouse, dbt: Dbt
) -> None:
    seen = [shown(published)]
    put_day(published, "acme", SECOND, campaign("c1", **purchases(9)), campaign("c4"))
    build(dbt)
    seen.append(shown(published))
    put_day(published, "borealis", FIRST, state="empty")
    build(dbt)
    seen.append(shown(published))
    for number, rows in zip(ids(published), seen, strict=True):
        assert as_published(published, number) == rows
    assert set(map(len, shown(published, schema="marts_as_of", as_of="2020-01-01").values())) == {0}


def test_the_marts_of_the_past_ask_for_a_day(published: Warehouse) -> None:
    query = "select * from marts_as_of.monthly_client_summary"
    with pytest.raises(psycopg.errors.RaiseException, match="As of when") as error:
        published.execute(query)
    assert "set meta_ads.as_of" in str(error.value)
    done = published.run("sql", query)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("The query fails: As of when?")


def test_sql_reads_as_an_analyst_and_as_of_a_day(aged: Aged) -> None:
    warehouse, (_, _, third, _), _ = aged
    day = warehouse.value(
        "select (published_at at time zone 'UTC')::date::text from ops.publications "
        "where publication_id = %s",
        [third],
    )
    query = "select current_user as who, client_id as client, spend from "
    done = warehouse.run("sql", "--as-of", day, f"{query} marts_as_of.monthly_client_summary")
    assert done.returncode == 0, done.stderr
    assert sorted(line.split() for line in done.stdout.splitlines()[1:]) == [
        ["marts_reader", "acme", "52.00"],
        ["marts_reader", "borealis", "60.00"],
    ]
    done = warehouse.run("sql", "select * from ops.clients")
    assert done.returncode == 2
    assert "Analysts read the schemas marts and marts_as_of" in done.stderr
