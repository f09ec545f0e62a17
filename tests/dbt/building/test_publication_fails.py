"""A build that fails in any place publishes nothing, and says so."""

import os
import subprocess
from datetime import date
from pathlib import Path

import psycopg
import pytest
from databases import Warehouse
from dbt_runs import EVERYTHING_BUT_TESTS, Dbt
from factories import campaign, purchases, put_day
from mart_rows import EVERY, MARTS, rows_with_xmin
from three_days import SECOND

from orchestration.transformation.project import PROJECT_DIR, dbt_executable

TIMEOUT_SECONDS = 300
SEED = "seeds/conversion_families.csv"


REFUSES = "add constraint refuses check (client_id <> 'acme') not valid"
PUBLISH = """
select ops.publish(invocation_id, %s, '{}') from ops.builds order by build_id desc limit 1
"""


def test_an_error_in_any_mart_leaves_all_marts_as_they_were(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    before = rows_with_xmin(warehouse)
    history = {name: warehouse.value(f"select count(*) from history.{name}") for name in MARTS}
    for client_id in ("acme", "borealis"):
        put_day(
            warehouse,
            client_id,
            date(2026, 11, 4),
            campaign("c1", **purchases(7)),
            campaign("c2"),
            levels=EVERY,
        )
    unpublished = "select count(*) from ops.client_months where published_version <> version"

    def assert_as_before(mart: str) -> None:
        assert rows_with_xmin(warehouse) == before, mart
        assert {n: warehouse.value(f"select count(*) from history.{n}") for n in MARTS} == history
        assert warehouse.value("select count(*) from ops.publications") == 1
        assert warehouse.value(unpublished) == 2

    for builds, mart in enumerate((MARTS[0], MARTS[-1]), 1):
        warehouse.execute(f"alter table published.{mart} {REFUSES}")
        # The views are skipped with the publication, whichever mart it could not change.
        ended = dbt.build_with_views() if builds == 1 else dbt.build()
        assert ended.exit_code == 1, mart
        assert ended.those("error") == {"publication"}
        assert "refuses" in ended.messages["publication"]
        assert f'"{mart}"' in ended.messages["publication"]
        if builds == 1:
            assert {n for n in ended.those("skipped") if n.startswith("monthly_")} != set()
        assert_as_before(mart)
        assert warehouse.value("select state from ops.builds order by build_id desc") == "failed"
        assert warehouse.value("select count(*) from ops.builds where state = 'failed'") == builds
        warehouse.execute(f"alter table published.{mart} drop constraint refuses")
    # The candidates are there still: each of the other marts is published as the model does it.
    warehouse.execute(
        "update ops.builds set state = 'running' "
        "where build_id = (select max(build_id) from ops.builds)"
    )
    for mart in MARTS[1:-1]:
        warehouse.execute(f"alter table published.{mart} {REFUSES}")
        with pytest.raises(psycopg.errors.CheckViolation, match=f'"{mart}"'):
            warehouse.execute(PUBLISH, [[*MARTS]])
        assert_as_before(mart)
        warehouse.execute(f"alter table published.{mart} drop constraint refuses")
    warehouse.execute(PUBLISH, [[*MARTS]])
    assert warehouse.value(unpublished) == 0


@pytest.fixture
def copied(tmp_path: Path, dbt: Dbt) -> Dbt:
    return dbt.over_a_copy(tmp_path)


BROKEN_LINES = {
    "precedence_twice,purchase,1,true,true": "unique_together_{}_conversion_family",
    "omni_purchase,purchase,99,true,true": "unique_{}_action_type",
    "unknown_family,brand_new_family,1,true,true": "accepted_values_{}_conversion_family",
    "no_precedence,purchase,,true,true": "not_null_{}_precedence",
    "no_flag,purchase,98,,true": "not_null_{}_is_conversion",
}
"""Lines of the seed, and the test that finds each: what its name begins with."""


def test_a_broken_seed_skips_the_publication(
    warehouse: Warehouse, two_clients: None, copied: Dbt
) -> None:
    before = rows_with_xmin(warehouse)
    publications = warehouse.value("select count(*) from ops.publications")
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    with (copied.project / SEED).open("a") as seed:
        seed.writelines(f"{line}\n" for line in BROKEN_LINES)
    ended = copied("build")
    assert ended.exit_code == 1
    found = {name.partition("__")[0] for name in ended.those("fail")}
    assert found == {name.format("conversion_families") for name in BROKEN_LINES.values()}
    assert {"publication", "int_build_client_months"} <= ended.those("skipped")
    assert rows_with_xmin(warehouse) == before
    assert warehouse.value("select count(*) from ops.publications") == publications
    assert warehouse.value("select count(*) from ops.builds where state = 'running'") == 0


def test_a_column_with_another_type_than_the_contract_skips_the_publication(
    warehouse: Warehouse, two_clients: None, copied: Dbt
) -> None:
    before = rows_with_xmin(warehouse)
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    model = copied.project / "models/candidate/monthly/candidate_monthly_campaign_metrics.sql"
    model.write_text(model.read_text().replace("sum(clicks)::bigint", "sum(clicks)"))
    ended = copied.build()
    assert ended.exit_code == 1
    assert ended.those("error") == {"candidate_monthly_campaign_metrics"}
    assert "publication" in ended.those("skipped")
    assert rows_with_xmin(warehouse) == before
    assert warehouse.value("select state from ops.builds order by build_id desc") == "failed"


def test_plain_dbt_ends_with_a_code_other_than_0_when_the_publication_fails(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    warehouse.execute(
        "alter table published.monthly_conversion_metrics "
        "add constraint refuses check (client_id <> 'acme') not valid"
    )
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    done = subprocess.run(
        [dbt_executable(), "build", *EVERYTHING_BUT_TESTS, "--project-dir", str(PROJECT_DIR)],
        env=os.environ | dbt.variables(),
        capture_output=True,
        text=True,
        timeout=TIMEOUT_SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "refuses" in done.stdout


def test_a_column_that_a_mart_gains_is_published_and_the_rest_stays(
    warehouse: Warehouse, two_clients: None, copied: Dbt
) -> None:
    folder = copied.project / "models/candidate/monthly"
    model = folder / "candidate_monthly_campaign_metrics.sql"
    model.write_text(
        model.read_text().replace(
            "sum(spend) as spend,",
            "min(reach) as least_reach,\n        sum(spend) as spend,",
        )
    )
    contract = folder / "candidate_monthly_campaign_metrics.yml"
    contract.write_text(
        contract.read_text().replace(
            "      - {name: days_without_receipt,",
            "      - {name: least_reach, data_type: bigint, description: The least.}\n"
            "      - {name: days_without_receipt,",
        )
    )
    assert copied.build("--full-refresh").exit_code == 0
    assert warehouse.rows(
        "select client_id, least_reach, spend from published.monthly_campaign_metrics order by 1"
    ) == [("acme", 800, 30), ("borealis", 800, 30)]
    assert warehouse.value("select count(*) from history.monthly_campaign_metrics") == 2


def test_the_publication_alone_is_refused(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    ended = dbt("run", "-s", "publication")
    assert ended.exit_code == 1
    assert "Not built in this run, so not published" in ended.messages["publication"]


def test_a_build_that_left_out_a_node_is_not_published(
    warehouse: Warehouse, dbt: Dbt, two_clients: None
) -> None:
    before = rows_with_xmin(warehouse)
    put_day(warehouse, "acme", SECOND, campaign("c1", **purchases(5)))
    ended = dbt("run", "-s", "+publication", "--exclude", "audit_findings")
    assert ended.exit_code == 1
    assert (
        "Not built in this run, so not published: audit_findings" in ended.messages["publication"]
    )
    assert rows_with_xmin(warehouse) == before
