"""What evaluations find: days until they come, clients that leave; what messages leave out."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import states
import worlds
from alert_receivers import Receivers
from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, campaign, put_day
from states import Make
from steps import sent_titles

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.alerting.messages.rules.rule import HAS_PUBLISHED
from orchestration.settings import Settings


def test_a_day_that_an_alert_names_stays_until_it_has_come_or_is_waived(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    """Time alone resolves nothing: neither the next day nor the end of any window."""
    states.day_lost(world)
    sent_titles(world, settings, receivers)
    # Two months later by the calendar; the days in between came.
    later = receivers.settings(world, now_override="2027-01-10T12:00:00+00:00")
    for n in range(1, 57):
        for client_id in worlds.CLIENTS:
            put_day(world, client_id, LATEST_DUE_DAY + timedelta(days=n))
    world.execute("update ops.client_months set published_version = version")
    receivers.forget()
    evaluate(later)
    assert world.rows("select rule, state, facts -> 'days' from ops.alerts") == [
        ("daily_collection", "open", ["2026-11-14"])
    ]
    world.execute(
        "insert into ops.slice_state (client_id, level, date_day, state, last_attempt, "
        "last_attempt_at) values ('acme', 'campaign', %s, 'waived', 'waived', now())",
        [LATEST_DUE_DAY],
    )
    evaluate(later)
    deliver(later)
    assert receivers.titles() == ["Acme (acme): The daily collection is complete"]


@pytest.mark.parametrize(
    ("make", "day", "over"),
    [
        (states.day_lost, LATEST_DUE_DAY, "The daily collection is complete"),
        (
            states.refused("not_split"),
            worlds.WEEK[2],
            "Campaigns and conversions are complete again",
        ),
        (
            states.refused("control_totals_agree"),
            worlds.WEEK[2],
            "Campaigns add up to the account's own total again",
        ),
        (
            states.refused("standing_data_vanished"),
            worlds.WEEK[2],
            "The stored days agree with Meta's latest answer",
        ),
        (states.refused("formats"), worlds.WEEK[2], "No refused answers are left"),
    ],
)
def test_an_alert_about_a_day_ends_when_its_month_is_published_and_not_before(
    world: Warehouse, receivers: Receivers, settings: Settings, make: Make, day: date, over: str
) -> None:
    make(world)
    sent_titles(world, settings, receivers)
    states.reread_well(world)
    put_day(world, "acme", day, campaign())
    assert sent_titles(world, settings, receivers) == []
    assert world.rows("select state, detail from ops.alerts") == [
        ("open", f"{day}: in, and not published yet")
    ]
    world.execute("update ops.client_months set published_version = version")
    assert sent_titles(world, settings, receivers) == [f"Acme (acme): {over}"]
    content = receivers.webhook.requests[0].document["data"]
    assert content["does"] == HAS_PUBLISHED
    assert content["items"][0]["text"] == str(day)


def test_days_without_a_next_attempt_list_all_attempts_and_are_a_step_more_severe(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    worlds.quarantine_waits(world)
    sent_titles(world, settings, receivers)
    day = worlds.WEEK[2]
    for hour in range(9):
        world.execute(
            "insert into ops.receipts (client_id, level, date_day, state, received_at, reason) "
            "values ('acme', 'campaign', %s, 'refused', %s, 'formats')",
            [day, f"2026-11-15T{hour:02}:10:00Z"],
        )
    world.execute("update ops.slice_state set failed_attempts = 9 where last_attempt = 'refused'")
    assert sent_titles(world, settings, receivers) == [
        "Now high: Acme (acme): The gate refused answers from Meta"
    ]
    assert receivers.webhook.requests[0].document["data"]["items"][0]["text"] == (
        "2026-11-12: A value is not an id, a number or a date in Meta's form (earlier rows are "
        "kept); 9 attempts failed "
        "(2026-11-12 at 2026-11-15 00:10, 01:10, 02:10, 03:10, 04:10, 05:10, 06:10, 07:10, "
        "08:10 UTC), and no more follow"
    )


def test_alerts_of_a_client_that_leaves_the_clients_file_are_resolved(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    sent_titles(world, settings, receivers)
    world.execute("update ops.clients set is_listed = false where client_id = 'acme'")
    assert len(sent_titles(world, settings, receivers)) == 1
    assert world.value("select state from ops.alerts") == "resolved"


def test_a_client_that_pauses_has_no_dead_token_any_more(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.failing("TokenDeadError", "acme")(world)
    sent_titles(world, settings, receivers)
    world.execute("update ops.clients set status = 'paused' where client_id = 'acme'")
    assert sent_titles(world, settings, receivers) == [
        "The access token is no longer refused (META_ACCESS_TOKEN, 1 client)"
    ]


def test_the_end_of_a_version_is_found_before_its_year_is_over(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    evaluate(settings.model_copy(update={"api_version": "v25.0"}))
    assert world.value("select count(*) from ops.alerts") == 0
    later = {"api_version": "v25.0", "now_override": datetime(2026, 12, 20, tzinfo=UTC)}
    evaluate(receivers.settings(world, **later))
    found = world.rows("select severity, detail from ops.alerts where rule = 'api_version_ending'")
    assert found == [("low", "v25.0 ends about 2027-02-18")]


def test_days_that_nobody_asked_for_are_an_alert_only_if_they_stay_so(
    world: Warehouse, receivers: Receivers
) -> None:
    """A new client owes a lot until the next run: nobody is woken for that."""
    states.healthy(world)
    world.execute("truncate ops.alerts_pending")
    settings = receivers.settings(world, alert_pending_minutes=15)
    add_client(world, "cobalt", owed_since=worlds.WEEK[-1])
    assert sent_titles(world, settings, receivers) == []
    for day in worlds.WEEK:
        put_day(world, "cobalt", day)
    world.execute("update ops.client_months set published_version = version")
    assert sent_titles(world, settings, receivers) == []
    assert world.rows("select fingerprint from ops.alerts_pending") == []
    # Nobody asks at all.
    states.day_lost(world)
    assert sent_titles(world, settings, receivers) == []
    world.execute("update ops.alerts_pending set first_seen_at = now() - interval '15 minutes'")
    assert sent_titles(world, settings, receivers) == ["Acme (acme): The daily collection is late"]
    # Days with a failed attempt are an alert at once.
    worlds.refused_without_data(world, "borealis", LATEST_DUE_DAY)
    assert sent_titles(world, settings, receivers) == [
        "Borealis (borealis): The daily collection is late"
    ]
    assert world.value("select count(*) from ops.alerts_pending") == 0


def test_a_new_warehouse_that_never_collected_is_an_alert_after_two_hours(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    worlds.empty(world)
    world.execute("update ops.migrations set applied_at = now()")
    assert sent_titles(world, settings, receivers) == []
    world.execute("update ops.migrations set applied_at = now() - interval '3 hours'")
    assert sent_titles(world, settings, receivers) == ["The daily collection is late"]
    item: dict[str, Any] = receivers.webhook.requests[0].document["data"]["items"][0]
    assert item["text"] == "no client is known: nothing was ever collected here"


def test_figures_are_sent_only_where_they_are_allowed(
    world: Warehouse, receivers: Receivers
) -> None:
    states.healthy(world)
    settings = receivers.settings(world, alert_figures="true")
    states.final_month_changed(world)
    sent_titles(world, settings, receivers)
    assert "spend 1,234.56 to 1,300.00" in receivers.mail.mails[0].part("plain")


def test_a_secret_that_an_error_quotes_is_taken_out(world: Warehouse, receivers: Receivers) -> None:
    states.healthy(world)
    settings = receivers.settings(world, access_token="EAAB-a-token-of-meta")
    quoted = "Malformed access token EAAB-a-token-of-meta; see a-secret-of-the-webhook"
    states.failing("PermissionDeniedError", "acme", reason=quoted)(world)
    sent_titles(world, settings, receivers)
    everything = str(world.rows("select content::text from ops.alert_messages"))
    everything += str(world.rows("select detail, facts::text from ops.alerts"))
    everything += receivers.mail.mails[0].part("html") + str(receivers.webhook.requests[0].body)
    assert "Malformed access token ***; see ***" in everything
    assert "EAAB-a-token" not in everything
    assert "a-secret-of-the-webhook" not in everything
