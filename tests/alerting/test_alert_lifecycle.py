"""Alerts open, are raised, get reminders until somebody acknowledges them, and open again."""

from datetime import timedelta

import pytest
import states
import worlds
from alert_receivers import Receivers
from databases import Warehouse
from factories import LATEST_DUE_DAY
from steps import age_alerts, sent_titles

from orchestration.alerting import operators
from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import Evaluation, evaluate
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect


def test_reminders_come_by_severity_until_somebody_acknowledges(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    assert sent_titles(world, settings, receivers) == ["Acme (acme): The daily collection is late"]
    age_alerts(world, 3.9)
    assert sent_titles(world, settings, receivers) == []
    age_alerts(world, 0.2)
    assert sent_titles(world, settings, receivers) == [
        "Still: Acme (acme): The daily collection is late"
    ]
    assert sent_titles(world, settings, receivers) == []
    with connect(settings) as connection:
        assert operators.acknowledge(connection, [1], "anna") == [1]
        assert operators.acknowledge(connection, [1], "bert") == []
    age_alerts(world, 100)
    assert sent_titles(world, settings, receivers) == []
    assert world.rows("select state, acknowledged_by, severity from ops.alerts") == [
        ("acknowledged", "anna", "critical")
    ]
    states.day_came(world)
    assert sent_titles(world, settings, receivers) == [
        "Acme (acme): The daily collection is complete"
    ]


def test_what_nobody_acknowledges_is_raised_one_severity_after_another(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    worlds.quarantine_waits(world)
    assert sent_titles(world, settings, receivers) == [
        "Acme (acme): The gate refused answers from Meta"
    ]
    age_alerts(world, 73)
    assert sent_titles(world, settings, receivers) == [
        "Now high: Acme (acme): The gate refused answers from Meta"
    ]
    assert sent_titles(world, settings, receivers) == []
    age_alerts(world, 25)
    assert sent_titles(world, settings, receivers) == [
        "Now critical: Acme (acme): The gate refused answers from Meta"
    ]
    age_alerts(world, 5)
    assert sent_titles(world, settings, receivers) == [
        "Still: Acme (acme): The gate refused answers from Meta"
    ]
    assert world.rows("select severity, times_seen from ops.alerts") == [("critical", 5)]


def test_zero_hours_are_never(world: Warehouse, receivers: Receivers) -> None:
    states.healthy(world)
    settings = receivers.settings(world, alert_remind_hours="0,0,0", alert_raise_hours="0,0")
    worlds.quarantine_waits(world)
    assert len(sent_titles(world, settings, receivers)) == 1
    age_alerts(world, 1000)
    assert sent_titles(world, settings, receivers) == []


def test_what_returns_within_a_day_is_the_same_alert_opened_again(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    sent_titles(world, settings, receivers)
    states.day_came(world)
    sent_titles(world, settings, receivers)
    states.day_lost(world)
    assert sent_titles(world, settings, receivers) == [
        "Again: Acme (acme): The daily collection is late"
    ]
    note = receivers.webhook.requests[0].document["data"]["note"]
    assert note == "It was resolved before; it has now opened twice."
    assert world.rows("select state, times_opened, times_seen from ops.alerts") == [("open", 2, 1)]
    states.day_came(world)
    sent_titles(world, settings, receivers)
    age_alerts(world, 25)
    states.day_lost(world)
    sent_titles(world, settings, receivers)
    assert world.rows("select state from ops.alerts order by alert_id") == [
        ("resolved",),
        ("open",),
    ]


def test_an_alert_closed_by_hand_opens_again_while_its_cause_exists(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    sent_titles(world, settings, receivers)
    with connect(settings) as connection:
        assert not operators.resolve(connection, settings, 1, "anna", "it will come")
    assert sent_titles(world, settings, receivers) == [
        "Closed by anna: The daily collection is late",
        "Again: Acme (acme): The daily collection is late",
    ]
    with connect(settings) as connection, pytest.raises(UsageError, match="No alert 7"):
        operators.resolve(connection, settings, 7, "anna", "why")


def test_a_mute_sends_nothing_and_at_its_end_what_is_still_open(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    with connect(settings) as connection:
        now = world.value("select now()")
        later = now + timedelta(hours=1)
        planned = {"by": "anna", "why": "planned"}
        mute = operators.mute(connection, "daily_collection", "acme", until=later, **planned)
        with pytest.raises(UsageError, match="No rule daily"):
            operators.mute(connection, "daily", None, until=later, **planned)
        with pytest.raises(UsageError, match="No client nobody"):
            operators.mute(connection, None, "nobody", until=later, **planned)
        with pytest.raises(UsageError, match="already over"):
            operators.mute(connection, None, None, until=now - timedelta(hours=1), **planned)
    states.day_lost(world)
    worlds.lose_day(world, "borealis", LATEST_DUE_DAY)
    assert sent_titles(world, settings, receivers) == [
        "Borealis (borealis): The daily collection is late"
    ]
    assert world.value("select count(*) from ops.alerts where state = 'open'") == 2
    with connect(settings) as connection:
        operators.unmute(connection, mute)
        with pytest.raises(UsageError, match="No mute"):
            operators.unmute(connection, mute)
    assert sent_titles(world, settings, receivers) == ["Acme (acme): The daily collection is late"]


def test_what_opens_and_resolves_under_a_mute_is_never_sent(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    with connect(settings) as connection:
        later = world.value("select now()") + timedelta(hours=1)
        operators.mute(connection, None, None, until=later, by="anna", why="a move")
    states.day_lost(world)
    assert sent_titles(world, settings, receivers) == []
    states.day_came(world)
    assert sent_titles(world, settings, receivers) == []
    assert world.value("select state from ops.alerts") == "resolved"


def test_an_alert_of_an_unknown_rule_is_resolved_without_a_message(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    world.execute(
        "insert into ops.alerts (fingerprint, rule, severity, subject, notified_at) "
        "values ('old::', 'old', 'high', 'of another version', now())"
    )
    assert sent_titles(world, settings, receivers) == []
    assert world.value("select state from ops.alerts") == "resolved"


def test_two_evaluations_at_once_open_each_alert_once(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    from concurrent.futures import ThreadPoolExecutor

    states.day_lost(world)
    worlds.cache_is(7)(world)
    with ThreadPoolExecutor(4) as pool:
        done: list[Evaluation] = list(pool.map(evaluate, [settings] * 8))
    assert sorted(one.events["opened"] for one in done) == [0] * 7 + [2]
    assert world.rows("select times_seen from ops.alerts") == [(8,), (8,)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(deliver, [settings] * 4))
    assert receivers.counts() == (2, 2, 2)
