"""The latest build of a client-month: which builds count, and why it left the month out."""

from databases import Warehouse

BUILDS = """
insert into ops.builds (owner, invocation_id, is_full, as_of, state, finished_at)
values ('test', %(number)s, false, now(), %(state)s, now())
returning build_id
"""
MONTHS = """
insert into ops.build_client_months (build_id, client_id, month, version, left_out)
values (%(build)s, 'acme', '2026-11-01', 1, %(left_out)s)
"""


def add_build(warehouse: Warehouse, number: int, state: str, left_out: str | None) -> int:
    with warehouse.connect() as connection:
        row = connection.execute(BUILDS, {"number": str(number), "state": state}).fetchone()
        assert row is not None
        connection.execute(MONTHS, {"build": row[0], "left_out": left_out})
    return int(row[0])


def test_builds_that_failed_do_not_count_and_rollbacks_do(warehouse: Warehouse) -> None:
    latest = "select build_id, left_out from ops.latest_build_of('acme', '2026-11-01')"
    assert warehouse.rows(latest) == []
    build = add_build(warehouse, 1, "published", None)
    assert warehouse.rows(latest) == [(build, None)]
    build = add_build(warehouse, 2, "unchanged", "split")
    assert warehouse.rows(latest) == [(build, "split")]
    add_build(warehouse, 3, "failed", None)
    add_build(warehouse, 4, "superseded", None)
    assert warehouse.rows(latest) == [(build, "split")]
    build = add_build(warehouse, 5, "rolled_back", None)
    assert warehouse.rows(latest) == [(build, None)]
