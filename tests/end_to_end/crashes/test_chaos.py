"""A short crash campaign: kills, pauses, full disks and faults, and no promise is broken.

`make chaos` is the long one; docs/chaos.md has a report of half an hour.
"""

from datetime import date
from pathlib import Path

import psycopg
import pytest

from benchmarks.chaos.campaign import Plan, report, run_campaign
from benchmarks.chaos.counts import Counts
from benchmarks.chaos.ending import compare_with_truth, find_secrets
from benchmarks.chaos.readers import Readers
from benchmarks.chaos.world import TOKEN, World

# It finds its victims by their command lines.
pytestmark = pytest.mark.usefixtures("as_installed")
PLAN = Plan(
    seconds=25,
    seed=20261115,
    kills=25,
    clients=3,
    first_day=date(2026, 11, 1),
    pause_seconds=0.6,
    with_daemon=False,
)
BROKEN = {
    "torn reads": "delete from published.monthly_conversion_metrics where client_id = 'c1001'",
    "lost client-days": "delete from ops.slice_state where client_id = 'c1001' "
    "and date_day = '2026-11-03'",
    "doubled rows": "alter table staging.control_totals drop constraint control_totals_pkey; "
    "insert into staging.control_totals select * from staging.control_totals limit 1",
    "lost alerts": "insert into ops.alerts (fingerprint, rule, severity, subject, detail) "
    "values ('f', 'split_data', 'high', 's', 'd')",
}
"""What breaks each promise."""


def test_a_short_campaign_finds_nothing_and_what_is_broken_afterwards_is_found(
    open_folder: Path,
) -> None:
    seen: list[str] = []

    def afterwards(world: World, counts: Counts, readers: Readers) -> None:
        assert counts.is_clean, report(PLAN, counts)
        assert counts.killed.total() > 5, report(PLAN, counts)
        assert counts.paused.total() > 0
        assert min(counts.reads[name] for name in readers.questions) > 0
        seen.append(report(PLAN, counts))
        for kind, statement in BROKEN.items():
            break_it(world, statement)
            readers.ask_everything()
            assert counts.wrong[kind], kind
        break_it(world, "update published.daily_campaign_performance set spend = spend + 1")
        compare_with_truth(world, counts)
        assert any("in truth" in sentence for sentence in counts.wrong["other"])
        (world.home / "outputs" / "run.log").write_text(f"the token is {TOKEN}")
        find_secrets(world, counts)
        assert counts.wrong["secrets"]

    run_campaign(PLAN, open_folder, afterwards=afterwards)
    assert "lost client-days:" in seen[0]
    assert not (open_folder / "state").exists()


def break_it(world: World, statement: str) -> None:
    with psycopg.connect(world.server.ensure_running()) as connection:
        connection.execute("select set_config('meta_ads.publishing', 'yes', true)")
        connection.execute(statement)
