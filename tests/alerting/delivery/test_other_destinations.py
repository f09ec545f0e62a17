"""What a destination does not accept goes to the next one, and says so."""

from datetime import timedelta

import states
from alert_receivers import Receivers
from databases import Warehouse
from factories import write_clients
from receivers import Answer
from steps import age_messages, open_one_alert

from orchestration.alerting import operators
from orchestration.alerting.delivery import outbox
from orchestration.alerting.delivery.deliver import Delivery, deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect


def test_what_a_destination_refuses_for_good_goes_to_the_next_one_and_says_so(
    world: Warehouse, receivers: Receivers
) -> None:
    states.healthy(world)
    write_clients(world.home / "clients.yml", "client_id: acme, name: Acme, ad_account_id: act_1")
    with (world.home / "clients.yml").open("a") as file:
        file.write("alerts:\n  - {route: default, slack: {from: low}}\n")
    settings = receivers.settings(world, clients_file=world.home / "clients.yml")
    receivers.slack.default = Answer(404, body=b"no_service")
    try:
        open_one_alert(world, settings)
        assert deliver(settings) == Delivery(sent=1, failed=1)
        (mail,) = receivers.mail.mails
        assert "Acme (acme): The daily collection is late" in str(mail.message["Subject"])
        assert "slack did not accept this message" in mail.part("plain")
        assert "no_service" in mail.part("plain")
        # The failing destination is an alert, too, which is not sent to that destination.
        evaluate(settings)
        assert world.rows("select rule, severity, detail from ops.alerts order by alert_id")[1][
            :2
        ] == ("destination_failing", "high")
        assert "a-secret-of-slack" not in str(world.rows("select * from ops.alert_messages"))
    finally:
        receivers.slack.default = Answer()
    assert world.rows(
        "select destination, state from ops.alert_messages where kind = 'opened' "
        "and rule = 'daily_collection' order by message_id"
    ) == [("slack", "refused"), ("email", "sent")]
    (row,) = world.rows("select replay from ops.recovery_log where kind = 'message'")
    # Once mended, a test says so, and what was given up can be sent again.
    with connect(settings, autocommit=True) as connection:
        tried = operators.try_destinations(connection, settings, ["slack"])
        assert tried[0].receipt
        assert outbox.send_again(connection, int(row[0].rpartition(" ")[2]))
    evaluate(settings)
    deliver(settings)
    assert world.rows("select state from ops.alerts where rule = 'destination_failing'") == [
        ("resolved",)
    ]


def test_what_the_other_destinations_have_is_not_sent_to_them_twice(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    open_one_alert(world, settings)
    receivers.slack.answer(Answer(403, body=b"invalid_token"))
    assert deliver(settings) == Delivery(sent=2, failed=1)
    evaluate(settings)
    assert deliver(settings).sent == 2
    assert receivers.titles() == [
        "Acme (acme): The daily collection is late",
        "Alerts do not reach a destination (slack)",
    ]
    assert len(receivers.slack.requests) == 1


def test_a_destination_that_is_silent_for_an_hour_is_passed_over(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    only_slack = settings.model_copy(update={"webhook_url": None, "smtp_url": None})
    open_one_alert(world, only_slack)
    receivers.slack.default = Answer(503)
    try:
        deliver(only_slack)
        age_messages(world, timedelta(minutes=61))
        # There is no other one: it is tried on.
        assert deliver(only_slack).failed == 0
        age_messages(world, timedelta(minutes=1))
        done = deliver(settings)
        assert (done.sent, done.failed) == (1, 1)
        assert receivers.subjects() == ["[CRITICAL] Acme (acme): The daily collection is late"]
    finally:
        receivers.slack.default = Answer()
    assert world.rows("select destination, state from ops.alert_messages order by 1") == [
        ("email", "sent"),
        ("slack", "expired"),
    ]


def test_a_destination_that_was_switched_off_gives_up_what_waits_for_it(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    open_one_alert(world, settings)
    off = settings.model_copy(update={"slack_webhook_url": None})
    assert deliver(off) == Delivery(sent=2, failed=1)
    assert world.rows("select destination, is_on, note from ops.alert_destinations order by 1")[
        1
    ] == ("slack", False, "META_ADS_SLACK_WEBHOOK_URL is not set")
