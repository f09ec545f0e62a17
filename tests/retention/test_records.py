"""Old records of builds, messages, failures and reads go; what somebody still asks for stays."""

from typing import Any

import pytest
from databases import Warehouse
from factories import add_client

from orchestration.retention.prune import prune
from orchestration.warehouse.ledger.recovery import open_entries

BUILDS = """
insert into ops.builds (build_id, owner, is_full, as_of, started_at, finished_at, state,
    invocation_id)
overriding system value
select b.id, 'o', false, b.at, b.at, b.at, b.state, 'i' || b.id
from (values
    (1, '2024-01-01'::timestamptz, 'published'), (2, '2024-01-02', 'failed'),
    (3, '2024-01-03', 'published'), (4, '2024-01-04', 'rolled_back'),
    (5, '2024-01-05', 'unchanged'), (6, clock_timestamp(), 'failed')
) as b (id, at, state)
"""
OF_BUILDS = """
insert into ops.build_client_months (build_id, client_id, month, version, left_out)
values
    (1, 'acme', '2023-10-01', 1, null), (1, 'acme', '2023-11-01', 2, 'split'),
    (1, 'acme', '2023-12-01', 3, null), (2, 'acme', '2023-10-01', 4, null),
    (3, 'acme', '2023-10-01', 5, null), (3, 'acme', '2023-11-01', 6, 'split'),
    (4, 'acme', '2023-11-01', 6, null), (4, 'acme', '2023-12-01', 3, null),
    (5, 'acme', '2023-09-01', 7, 'totals'), (6, 'acme', '2023-10-01', 8, null)
"""
MONTHS = """
insert into ops.client_months (client_id, month, version, published_version) values
    ('acme', '2023-10-01', 8, 5), ('acme', '2023-11-01', 6, null), ('acme', '2023-12-01', 3, 3),
    ('acme', '2023-09-01', 7, null)
"""
ABOUT_MONTHS = """
select m.month, l.build_id, l.left_out, u.version
from ops.client_months as m
left join lateral ops.latest_build_of(m.client_id, m.month) as l on true
left join ops.unbuilt_months as u on m.client_id = u.client_id and m.month = u.month
order by 1
"""
MESSAGES = """
insert into ops.alert_messages (message_id, destination, kind, alert_ids, content, state,
    created_at, not_before, sent_at, instead_of)
overriding system value
select m.id, m.destination, m.kind, m.alerts, '{}', m.state, m.at, m.at,
    case when m.state = 'sent' then m.at end, m.instead_of
from (values
    (1, 'slack', 'opened', '{1}'::bigint[], 'sent', '2024-01-01'::timestamptz, null::bigint),
    (2, 'slack', 'opened', '{2}', 'refused', '2024-01-01', null),
    (3, 'email', 'opened', '{2}', 'sent', '2024-01-01', 2),
    (4, 'slack', 'opened', '{3}', 'expired', '2024-01-01', null),
    (5, 'slack', 'digest', '{}', 'sent', '2024-01-01', null),
    (6, 'slack', 'digest', '{}', 'sent', '2024-01-02', null),
    (7, 'slack', 'opened', '{4}', 'waiting', '2024-01-01', null),
    (300, 'slack', 'opened', '{5}', 'refused', clock_timestamp(), null),
    (301, 'email', 'opened', '{5}', 'sent', '2024-01-01', null),
    (302, 'email', 'opened', '{6}', 'sent', clock_timestamp(), 1),
    (303, 'slack', 'opened', '{7}', 'expired', '2024-01-01', null),
    (304, 'email', 'opened', '{7}', 'sent', clock_timestamp(), 303)
) as m (id, destination, kind, alerts, state, at, instead_of)
"""


@pytest.fixture
def ledger(warehouse: Warehouse) -> Warehouse:
    """A warehouse with one client and no days."""
    add_client(warehouse, "acme")
    return warehouse


def pruned(warehouse: Warehouse, **changes: Any) -> dict[str, int]:
    """Prune, and say how many rows went by each rule that found some."""
    done = prune(warehouse.settings(**changes), 600)
    assert all(each.is_done for each in done)
    return {each.rule.name: each.rows for each in done if each.rows}


def test_of_old_builds_stays_what_says_whether_a_month_is_built_or_left_out(
    ledger: Warehouse,
) -> None:
    for statement in (BUILDS, OF_BUILDS, MONTHS):
        ledger.execute(statement)
    ledger.execute("insert into ops.build_nodes (build_id, node) values (3, 'm'), (6, 'm')")
    before = ledger.rows(ABOUT_MONTHS)
    assert [row[1] for row in before] == [5, 3, 4, 4]
    assert pruned(ledger) == {"builds": 4, "build_nodes": 1}
    assert ledger.rows(ABOUT_MONTHS) == before
    left = "select build_id, extract(month from month)::integer from ops.build_client_months"
    # Of build 3 the reason also stays why the present data of November are in no mart.
    assert ledger.rows(f"{left} order by 1, 2") == [
        (3, 10),
        (3, 11),
        (4, 11),
        (4, 12),
        (5, 9),
        (6, 10),
    ]
    assert ledger.value("select count(*) from ops.builds") == 6


def test_what_a_build_that_runs_may_ask_for_stays(ledger: Warehouse) -> None:
    for statement in (BUILDS, OF_BUILDS, MONTHS):
        ledger.execute(statement)
    ledger.execute("update ops.builds set state = 'running', finished_at = null where build_id = 1")
    assert pruned(ledger) == {}


def test_messages_go_once_nobody_needs_them_and_open_ones_stay_open(ledger: Warehouse) -> None:
    ledger.execute(MESSAGES)
    digest = "select max(created_at) from ops.alert_messages where kind = 'digest'"
    with ledger.connect() as connection:
        before = open_entries(connection), ledger.value(digest)
    assert [entry["entry"] for entry in before[0]] == ["message-4"]
    # 2 was made good by 3, and 303 by 304: they go, and what proved it when it is old, too.
    assert pruned(ledger) == {"messages": 5}
    ids = "select message_id, instead_of from ops.alert_messages order by 1"
    assert ledger.rows(ids) == [
        (4, None), (6, None), (7, None), (300, None), (301, None), (302, None), (304, None),
    ]  # fmt: skip
    with ledger.connect() as connection:
        assert (open_entries(connection), ledger.value(digest)) == before


def test_counts_of_reads_add_up_to_what_they_were(ledger: Warehouse) -> None:
    ledger.execute(
        "insert into serving.cache_reads (minute, hits, misses, stale) values "
        "('2024-02-01T00:00Z', 1, 1, 1), ('2024-02-05T10:00Z', 2, 0, 0), "
        "('2024-02-29T23:59Z', 4, 0, 2), ('2024-03-10T00:00Z', 8, 0, 0), "
        "(date_trunc('minute', clock_timestamp()), 16, 0, 0)"
    )
    assert pruned(ledger) == {"cache_reads": 3}
    counts = (
        "select minute::date::text, hits, misses, stale from serving.cache_reads order by minute"
    )
    assert ledger.rows(counts)[:2] == [("2024-02-01", 7, 1, 3), ("2024-03-01", 8, 0, 0)]
    assert ledger.value("select sum(hits) from serving.cache_reads") == 31
    assert pruned(ledger) == {}


def test_closed_faults_go_and_open_ones_stay(ledger: Warehouse) -> None:
    ledger.execute(
        "insert into ops.batches (client_id, since, until, state, api_version, asked_at) "
        "values ('acme', '2024-01-01', '2024-01-02', 'failed', 'v1', '2024-01-03')"
    )
    closings = "(values (null), (clock_timestamp()), ('2024-02-01'::timestamptz)) as c (at)"
    ledger.execute(
        "insert into ops.failed_collections (batch_id, client_id, since, until, error, reason, "
        "failed_at, closed_at) select b.batch_id, 'acme', b.since, b.until, 'E', 'r', b.asked_at, "
        f"c.at from ops.batches as b cross join {closings}"
    )
    ledger.execute(
        "insert into ops.run_failures (run_id, job, error, reason, failed_at, closed_at) "
        "select coalesce(c.at::text, 'open'), 'build_only', 'E', 'r', '2024-01-01', c.at "
        f"from {closings}"
    )
    # The violations of a day go together, when all of them were closed long ago.
    ledger.execute(
        "insert into quarantine.violations (batch_id, client_id, date_day, rule, severity, detail, "
        "closed_at) select b.batch_id, 'acme', v.day::date, 'r', v.severity, 'd', "
        "v.at::timestamptz from ops.batches as b cross join (values "
        "('2024-01-01', 'blocking', '2024-02-01'), "
        "('2024-01-01', 'warning', '2024-02-01'), ('2024-01-02', 'blocking', '2024-02-01'), "
        "('2024-01-02', 'warning', null)) as v (day, severity, at)"
    )
    with ledger.connect() as connection:
        before = open_entries(connection)
    assert [entry["kind"] for entry in before] == ["run", "collection"]
    assert pruned(ledger) == {"failures": 1, "run_failures": 1, "violations": 2}
    with ledger.connect() as connection:
        assert open_entries(connection) == before
