"""Delivery: tried again, never out of order, never lost; refused for good, it goes elsewhere."""

from datetime import datetime, timedelta

import pytest
import worlds
from alerting import states
from alerting.conftest import Receivers
from databases import Warehouse
from factories import write_clients
from receivers import Answer

from orchestration.alerting import operators
from orchestration.alerting.delivery import outbox
from orchestration.alerting.delivery.attempt import pause
from orchestration.alerting.delivery.deliver import Delivery, deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.alerting.quiet_hours import quiet_until
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

MESSAGES = "select destination, kind, state, attempts from ops.alert_messages order by message_id"


@pytest.fixture
def settings(world: Warehouse, receivers: Receivers) -> Settings:
    """A healthy world, all destinations set up."""
    states.healthy(world)
    return receivers.settings(world)


def opened(world: Warehouse, settings: Settings) -> None:
    """One alert, its messages in the outbox."""
    states.day_lost(world)
    evaluate(settings)


def pass_time(world: Warehouse, span: timedelta) -> None:
    """As if the outbox had waited so long."""
    world.execute(
        "update ops.alert_messages set (created_at, not_before) "
        "= (created_at - %(by)s, not_before - %(by)s)",
        {"by": span},
    )
    world.execute("update ops.alert_destinations set failing_since = failing_since - %s", [span])


def test_the_pauses_are_those_of_the_settings_and_then_grow() -> None:
    pauses = [pause(attempts, (2.0, 4.0, 8.0), None) for attempts in range(1, 12)]
    assert pauses == [2, 4, 8, 30, 60, 120, 240, 480, 900, 900, 900]
    assert pause(1, (2.0, 4.0, 8.0), 77.0) == 77
    assert pause(5, (2.0, 4.0, 8.0), 1.0) == 60


def test_a_fault_that_passes_is_tried_again_with_the_same_key(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    opened(world, settings)
    receivers.webhook.answer(503, Answer("close"))
    receivers.slack.answer(500)
    receivers.mail.refuse["DATA"] = "451 try later"
    assert deliver(settings) == Delivery(sent=2, delayed=7)
    assert world.rows(MESSAGES) == [
        ("email", "opened", "waiting", 4),
        ("slack", "opened", "sent", 2),
        ("webhook", "opened", "sent", 3),
    ]
    keys = {request.headers["webhook-id"] for request in receivers.webhook.requests}
    assert len(keys) == 1
    receivers.mail.refuse.clear()
    pass_time(world, timedelta(minutes=1))
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
    opened(world, settings)
    assert deliver(settings, seconds=10) == Delivery(sent=2, delayed=1)
    assert len(receivers.slack.requests) == 1
    left = "select not_before - clock_timestamp() from ops.alert_messages where state = 'waiting'"
    assert timedelta(seconds=110) < world.value(left) <= timedelta(seconds=120)
    pass_time(world, timedelta(seconds=121))
    assert deliver(settings) == Delivery(sent=1)


def test_nothing_overtakes_what_its_destination_has_not_taken_yet(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    opened(world, settings)
    receivers.webhook.answer(503)
    slow = settings.model_copy(update={"retry_delays": (300.0, 300.0, 300.0)})
    deliver(slow)
    states.day_came(world)
    evaluate(settings)
    deliver(slow)
    assert len(receivers.titles()) == 1
    assert len(receivers.subjects()) == 2
    pass_time(world, timedelta(minutes=6))
    deliver(settings)
    assert receivers.titles()[1:] == [
        "Acme (acme): The daily collection is late",
        "Acme (acme): The daily collection is complete",
    ]


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
        opened(world, settings)
        assert deliver(settings) == Delivery(sent=1, failed=1)
        (mail,) = receivers.mail.mails
        assert "Acme (acme): The daily collection is late" in str(mail.message["Subject"])
        assert "slack did not accept this message" in mail.part("plain")
        assert "no_service" in mail.part("plain")
        # The destination itself is an alert; nobody is told of it where it fails.
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


def test_what_others_have_as_well_is_not_sent_to_them_twice(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    opened(world, settings)
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
    opened(world, only_slack)
    receivers.slack.default = Answer(503)
    try:
        deliver(only_slack)
        pass_time(world, timedelta(minutes=61))
        # There is no other one: it is tried on.
        assert deliver(only_slack).failed == 0
        pass_time(world, timedelta(minutes=1))
        done = deliver(settings)
        assert (done.sent, done.failed) == (1, 1)
        assert receivers.subjects() == ["[CRITICAL] Acme (acme): The daily collection is late"]
    finally:
        receivers.slack.default = Answer()
    assert world.rows("select destination, state from ops.alert_messages order by 1") == [
        ("email", "sent"),
        ("slack", "expired"),
    ]


def test_what_waited_for_the_end_of_quiet_hours_has_not_failed_for_so_long(
    world: Warehouse, receivers: Receivers
) -> None:
    states.healthy(world)
    settings = receivers.settings(world, alert_quiet_hours="0-24", webhook_url=None, smtp_url=None)
    worlds.quarantine_waits(world)
    evaluate(settings)
    pass_time(world, timedelta(days=2))
    receivers.slack.answer(503)
    assert deliver(receivers.settings(world)) == Delivery(sent=1, delayed=1)
    assert receivers.counts() == (2, 0, 0)


def test_a_destination_that_was_switched_off_gives_up_what_waits_for_it(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    opened(world, settings)
    off = settings.model_copy(update={"slack_webhook_url": None})
    assert deliver(off) == Delivery(sent=2, failed=1)
    assert world.rows("select destination, is_on, note from ops.alert_destinations order by 1")[
        1
    ] == ("slack", False, "META_ADS_SLACK_WEBHOOK_URL is not set")


def test_routes_lead_by_client_owner_and_severity(
    world: Warehouse, receivers: Receivers, monkeypatch: pytest.MonkeyPatch
) -> None:
    states.healthy(world)
    monkeypatch.setenv("RETAIL_SLACK_URL", f"{receivers.slack.url}/services/retail")
    path = write_clients(
        world.home / "clients.yml",
        "client_id: acme, name: Acme, ad_account_id: act_1, alerts: retail",
        "client_id: borealis, name: Borealis, ad_account_id: act_2, owner: anna",
    )
    with path.open("a") as file:
        file.write(
            "alerts:\n"
            "  - {route: retail, slack: {from: high, url_env: RETAIL_SLACK_URL}}\n"
            "  - {route: annas, owners: [anna], email: {from: low, to: [anna@agency.example]}}\n"
            "  - {route: default, webhook: {from: critical}}\n"
        )
    world.execute("update ops.clients set alert_route = 'retail' where client_id = 'acme'")
    world.execute("update ops.clients set owner = 'anna' where client_id = 'borealis'")
    settings = receivers.settings(world, clients_file=path)
    # Medium: below what the retail route wants.
    worlds.quarantine_waits(world)
    worlds.refused(world, "borealis", worlds.WEEK[3], "formats")
    evaluate(settings)
    deliver(settings)
    assert receivers.counts() == (0, 1, 0)
    assert receivers.mail.mails[0].recipients == ("anna@agency.example",)
    # What concerns both goes the default way as well.
    receivers.forget()
    states.failing("TokenDeadError", "acme", "borealis")(world)
    evaluate(settings)
    deliver(settings)
    assert receivers.counts() == (1, 1, 1)
    assert receivers.slack.requests[0].path == "/services/retail"


def test_quiet_hours_hold_back_what_can_wait(world: Warehouse, receivers: Receivers) -> None:
    states.healthy(world)
    settings = receivers.settings(world, alert_quiet_hours="0-24")
    worlds.quarantine_waits(world)
    worlds.lose_day(world, "borealis", worlds.WEEK[0])
    evaluate(settings)
    deliver(settings)
    assert receivers.titles() == ["Borealis (borealis): The daily collection is late"]
    pass_time(world, timedelta(days=1))
    deliver(settings)
    assert receivers.titles()[1:] == ["Acme (acme): The gate refused answers of Meta"]


@pytest.mark.parametrize(
    ("quiet", "zone", "now", "until"),
    [
        (None, "UTC", "2026-11-15T03:00:00+00:00", None),
        ("20-8", "UTC", "2026-11-15T03:00:00+00:00", "2026-11-15T08:00:00+00:00"),
        ("20-8", "UTC", "2026-11-15T20:00:00+00:00", "2026-11-16T08:00:00+00:00"),
        ("20-8", "UTC", "2026-11-15T08:00:00+00:00", None),
        ("20-8", "Europe/Berlin", "2026-11-15T19:30:00+00:00", "2026-11-16T07:00:00+00:00"),
        ("12-14", "UTC", "2026-11-15T13:59:00+00:00", "2026-11-15T14:00:00+00:00"),
        ("12-14", "UTC", "2026-11-15T14:00:00+00:00", None),
        ("22-24", "UTC", "2026-11-15T23:00:00+00:00", "2026-11-16T00:00:00+00:00"),
        ("0-24", "UTC", "2026-11-15T23:00:00+00:00", "2026-11-16T00:00:00+00:00"),
        ("8-8", "UTC", "2026-11-15T08:00:00+00:00", "2026-11-16T08:00:00+00:00"),
    ],
)
def test_the_end_of_quiet_hours(
    world: Warehouse, quiet: str | None, zone: str, now: str, until: str | None
) -> None:
    settings = world.settings(alert_quiet_hours=quiet, alert_timezone=zone)
    found = quiet_until(datetime.fromisoformat(now), settings)
    assert found == (datetime.fromisoformat(until) if until else None)


def test_a_sign_of_life_goes_through_every_destination_once_in_its_interval(
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


def test_evaluation_and_delivery_leave_signs_of_life(world: Warehouse, settings: Settings) -> None:
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
