"""Days of a range that Meta does not keep, or that have not begun, are named."""

import json
from pathlib import Path

import pytest
from databases import Warehouse
from factories import write_clients

RUN = ("collect", "--client", "acme-outdoor", "--json")


def test_a_range_that_meta_no_longer_keeps_is_wrong_use(demo: Warehouse) -> None:
    done = demo.run("collect", "--since", "2020-01-01", "--until", "2020-02-01")
    assert done.returncode == 2
    assert "No day of this range can be asked for" in done.stderr
    assert "2020-01-01 to 2020-02-01: Meta keeps 37 months (16 clients)" in done.stderr
    assert demo.value("select count(*) from ops.run_failures") == 0


@pytest.mark.parametrize("since", ["2026-11-15", "2027-03-01"])
def test_a_range_that_begins_after_the_latest_due_day_is_wrong_use(
    demo: Warehouse, since: str
) -> None:
    done = demo.run(*RUN, "--since", since)
    assert done.returncode == 2
    assert f"{since}: not " in done.stderr


def test_what_is_left_out_is_named_with_the_reason(demo: Warehouse, tmp_path: Path) -> None:
    clients = write_clients(
        tmp_path / "clients.yml",
        "client_id: a, name: A, ad_account_id: act_1001, starts_on: 2026-11-13",
        "client_id: b, name: B, ad_account_id: act_1002, status: paused",
        "client_id: c, name: C, ad_account_id: act_1003, ends_on: 2026-11-14",
    )
    done = demo.run(
        *("collect", "--json", "--since", "2026-11-12", "--until", "2026-11-20"),
        META_ADS_CLIENTS=str(clients),
    )
    assert done.returncode in (0, 1), done.stderr
    parts = json.loads(done.stdout)["left_out_of_range"]
    found = {(p["client_ids"][0], p["since"], p["until"], p["reason"].split()[0]) for p in parts}
    assert found == {
        ("a", "2026-11-12", "2026-11-12", "before"),
        ("a", "2026-11-16", "2026-11-20", "not"),
        ("b", "2026-11-12", "2026-11-20", "status:"),
        ("c", "2026-11-15", "2026-11-20", "after"),
    }
    assert "6 client-days of this range are asked for. Left out:\n" in done.stderr
    assert "2026-11-16 to 2026-11-20: not begun yet" in done.stderr
