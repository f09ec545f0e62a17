"""Where messages go, by client, owner and severity, and when: quiet hours."""

from datetime import datetime, timedelta

import pytest
import states
import worlds
from alert_receivers import Receivers
from databases import Warehouse
from factories import write_clients
from steps import age_messages

from orchestration.alerting.delivery.deliver import Delivery, deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.alerting.quiet_hours import quiet_until


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
    age_messages(world, timedelta(days=1))
    deliver(settings)
    assert receivers.titles()[1:] == ["Acme (acme): The gate refused answers from Meta"]


def test_what_waited_for_the_end_of_quiet_hours_has_not_failed_for_so_long(
    world: Warehouse, receivers: Receivers
) -> None:
    states.healthy(world)
    settings = receivers.settings(world, alert_quiet_hours="0-24", webhook_url=None, smtp_url=None)
    worlds.quarantine_waits(world)
    evaluate(settings)
    age_messages(world, timedelta(days=2))
    receivers.slack.answer(503)
    assert deliver(receivers.settings(world)) == Delivery(sent=1)
    assert receivers.counts() == (2, 0, 0)


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
