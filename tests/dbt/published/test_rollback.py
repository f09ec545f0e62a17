"""Publications are taken back: exactly the rows of before, also beside builds and locks."""

from decimal import Decimal
from typing import Any

import pytest
from databases import Warehouse
from dbt_runs import Dbt
from factories import campaign, purchases, put_day, write_clients
from publication_steps import build, ids, run, run_json, shown
from three_days import SECOND, THIRD

from orchestration.errors import MetaAdsError
from orchestration.warehouse.connection import connect
from orchestration.warehouse.publications.rollback import roll_back


def of_client(rows: dict[str, list[Any]], client_id: str) -> dict[str, list[Any]]:
    return {view: [row for row in found if client_id in row] for view, found in rows.items()}


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
    assert done.stderr.splitlines()[1:] == [
        f"The marts are as publication {first} left them: nothing to take back."
    ]
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
