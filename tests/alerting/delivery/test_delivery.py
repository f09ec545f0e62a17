"""Delivery: messages are sent again until they are accepted, in their order, and none is lost."""

from datetime import timedelta

import pytest
import states
from alert_receivers import Receivers
from databases import Warehouse
from receivers import Answer
from steps import age_messages, open_one_alert

from orchestration.alerting import operators
from orchestration.alerting.delivery.attempt import pause
from orchestration.alerting.delivery.deliver import Delivery, deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.cli.output.alerts import print_delivery
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

MESSAGES = "select destination, kind, state, attempts from ops.alert_messages order by message_id"


def test_the_pauses_are_those_of_the_settings_and_then_grow() -> None:
    pauses = [pause(attempts, (2.0, 4.0, 8.0), None) for attempts in range(1, 12)]
    assert pauses == [2, 4, 8, 30, 60, 120, 240, 480, 900, 900, 900]
    assert pause(1, (2.0, 4.0, 8.0), 77.0) == 77
    assert pause(5, (2.0, 4.0, 8.0), 1.0) == 60


def test_a_fault_that_passes_is_tried_again_with_the_same_key(
    world: Warehouse,
    receivers: Receivers,
    settings: Settings,
    capsys: pytest.CaptureFixture[str],
) -> None:
    open_one_alert(world, settings)
    receivers.webhook.answer(503, Answer("close"))
    receivers.slack.answer(500)
    receivers.mail.refuse["DATA"] = "451 try later"
    delivery = deliver(settings)
    assert delivery == Delivery(sent=2, delayed=1, reasons=("email: 451 try later",))
    print_delivery(delivery)
    said = "2 sent, 1 tried again later, 0 given up.\n  email: 451 try later\n"
    assert capsys.readouterr().out == said
    assert world.rows(MESSAGES) == [
        ("email", "opened", "waiting", 4),
        ("slack", "opened", "sent", 2),
        ("webhook", "opened", "sent", 3),
    ]
    keys = {request.headers["webhook-id"] for request in receivers.webhook.requests}
    assert len(keys) == 1
    receivers.mail.refuse.clear()
    age_messages(world, timedelta(minutes=1))
    assert deliver(settings).sent == 1
    assert keys == {
        str(world.value("select message_key from ops.alert_messages where destination = 'webhook'"))
    }
    assert (
        world.rows("select failing_since, last_error from ops.alert_destinations")
        == [(None, None)] * 3
    )
    receipts = world.rows("select receipt from ops.alert_messages order by message_id")
    assert "250 OK queued as 1234" in receipts[0][0]
    assert all("200" in receipt for (receipt,) in receipts[1:])


def test_slack_that_asks_for_a_pause_gets_it(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    receivers.slack.answer(Answer(429, {"Retry-After": "120"}, b"rate_limited"))
    open_one_alert(world, settings)
    reasons = ("slack: HTTP 429 Too Many Requests: rate_limited",)
    assert deliver(settings, seconds=10) == Delivery(sent=2, delayed=1, reasons=reasons)
    assert len(receivers.slack.requests) == 1
    left = "select not_before - clock_timestamp() from ops.alert_messages where state = 'waiting'"
    assert timedelta(seconds=110) < world.value(left) <= timedelta(seconds=120)
    age_messages(world, timedelta(seconds=121))
    assert deliver(settings) == Delivery(sent=1)


def test_no_message_overtakes_one_that_its_destination_has_not_accepted_yet(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    open_one_alert(world, settings)
    receivers.webhook.answer(503)
    slow = settings.model_copy(update={"retry_delays": (300.0, 300.0, 300.0)})
    deliver(slow)
    states.day_came(world)
    evaluate(settings)
    deliver(slow)
    assert len(receivers.titles()) == 1
    assert len(receivers.subjects()) == 2
    age_messages(world, timedelta(minutes=6))
    deliver(settings)
    assert receivers.titles()[1:] == [
        "Acme (acme): The daily collection is late",
        "Acme (acme): The daily collection is complete",
    ]


def test_every_destination_gets_one_heartbeat_in_its_interval(
    world: Warehouse, receivers: Receivers
) -> None:
    states.healthy(world)
    settings = receivers.settings(world, alert_heartbeat_hours=24)
    for _ in range(3):
        evaluate(settings)
        deliver(settings)
    assert receivers.counts() == (1, 1, 1)
    assert receivers.titles() == ["Alerting works: 0 alerts open"]
    world.execute(
        "update ops.alert_destinations set heartbeat_at = heartbeat_at - interval '24 hours'"
    )
    evaluate(settings)
    deliver(settings)
    assert receivers.counts() == (2, 2, 2)


def test_evaluation_and_delivery_leave_heartbeats_in_the_warehouse(
    world: Warehouse, settings: Settings
) -> None:
    world.execute("truncate ops.heartbeats")
    evaluate(settings)
    names = "select name, interval_seconds from ops.heartbeats order by name"
    assert world.rows(names) == [("alert_evaluation", 300)]
    deliver(settings)
    assert world.rows(names) == [("alert_delivery", 300), ("alert_evaluation", 300)]


def test_a_test_says_what_each_destination_answers(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    receivers.slack.answer(Answer(404, body=b"no_service"))
    with connect(settings.model_copy(update={"webhook_url": None}), autocommit=True) as connection:
        tried = operators.try_destinations(
            connection, settings.model_copy(update={"webhook_url": None})
        )
    by_name = {one.destination: one for one in tried}
    assert "no_service" in by_name["slack"].error
    assert "250" in by_name["email"].receipt
    assert by_name["webhook"].off == "META_ADS_WEBHOOK_URL is not set"
    assert world.rows(
        "select destination, failing_since is not null from ops.alert_destinations "
        "where is_on order by 1"
    ) == [("email", False), ("slack", True)]
