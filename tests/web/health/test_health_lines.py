"""The lines of the Data Health panel, and how far the checks may look."""

import re
from typing import Any

import worlds
from databases import Warehouse
from worlds import WEEK

from orchestration.health.checks import read_health
from orchestration.health.panel import lines
from orchestration.warehouse.connection import connect


def test_the_lines_about_data_name_what_is_held_and_what_nothing_proves(world: Warehouse) -> None:
    def lines_by_name() -> dict[str, Any]:
        with connect(world.settings()) as connection:
            return {line.name: line for line in lines(read_health(connection))}

    worlds.healthy(world)
    worlds.no_conversions_yet(world)
    worlds.data_vanished(world)
    by_name = lines_by_name()
    assert by_name["splitData"].summary == "(1 client unproven)"
    assert by_name["splitData"].notes == [f"acme: no conversions yet, {WEEK[-1]} to {WEEK[0]}"]
    assert by_name["quarantine"].summary == "(1 day to decide about)"
    assert by_name["quarantine"].notes == [
        f"acme {WEEK[2]}: Less came than stands for the day, and the loss is more than Meta's "
        "corrections explain; earlier data stand"
    ]
    worlds.split_is_refused(world)
    assert lines_by_name()["splitData"].summary == "(1 issue, 1 client unproven)"


def test_the_line_of_the_alerts_says_where_they_go(world: Warehouse) -> None:
    def line() -> Any:
        with connect(world.settings()) as connection:
            alerting = {line.name: line for line in lines(read_health(connection))}["alerting"]
        return re.sub(r"[\d-]+T[\d:]+Z", "then", alerting.summary), [
            re.sub(r"[\d-]+T[\d:]+Z", "then", note) for note in alerting.notes
        ]

    worlds.healthy(world)
    assert line() == ("(evaluated then, delivered then; slack)", [])
    worlds.slack_fails(1)(world)
    worlds.webhook_is_off(world)
    worlds.destination(world, "email")
    assert line() == (
        "(evaluated then, delivered then; email, slack; webhook off)",
        ["slack fails since then: HTTP 500: no such channel", "webhook is off: no URL is set"],
    )
    for number in range(4):
        worlds.destination(world, f"slack:route-{number}")
    assert line()[0] == "(evaluated then, delivered then; 6 destinations; webhook off)"
    worlds.healthy(world)
    worlds.slack_is_off(world)
    assert line() == (
        "(evaluated then, delivered then; on the dashboard only; slack off)",
        [
            "no destination is on: alerts show on the dashboard only",
            "slack is off: no URL is set",
        ],
    )


def test_the_checks_can_look_further_back_and_list_everything(world: Warehouse) -> None:
    worlds.healthy(world)
    worlds.gap_is_old(world)
    for day in WEEK[:2]:
        worlds.refused(world, "acme", day, "formats")
    with connect(world.settings()) as connection:
        checks = read_health(connection).checks
        assert (checks["missingDays"]["gapCount"], len(checks["quarantine"]["days"])) == (2, 2)
        near = read_health(connection, gap_days=4, most=1).checks
        assert [gap["days"] for gap in near["missingDays"]["gaps"]] == [[str(WEEK[3])]]
        assert (near["quarantine"]["waitingCount"], len(near["quarantine"]["days"])) == (2, 1)
        world.execute("update ops.clients set owed_since = owed_since - 10")
        far = read_health(connection, gap_days=35, most=2**31 - 1).checks
        assert far["missingDays"]["gapCount"] == 2 * 10 + 2
