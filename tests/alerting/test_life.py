"""The life of an alert: acknowledged, told again, raised, muted, closed by hand, opened again."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import worlds
from alerting import states
from alerting.conftest import Receivers
from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, put_day

from orchestration.alerting import operators
from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import Evaluation, evaluate
from orchestration.errors import UsageError
from orchestration.settings import Settings
from orchestration.warehouse.connection import connect

BACK = """
update ops.alerts set (opened_at, notified_at, raised_at, last_seen_at, resolved_at) = (
    opened_at - %(by)s, notified_at - %(by)s, raised_at - %(by)s, last_seen_at - %(by)s,
    resolved_at - %(by)s
)
"""


def pass_hours(world: Warehouse, hours: float) -> None:
    """As if so much time had gone by since everything about alerts was written."""
    world.execute(BACK, {"by": timedelta(hours=hours)})


def told(world: Warehouse, settings: Settings, receivers: Receivers) -> list[str]:
    """What an evaluation and a delivery tell."""
    receivers.forget()
    evaluate(settings)
    assert deliver(settings).failed == 0
    slack, mail, webhook = receivers.counts()
    assert slack == mail == webhook
    return receivers.titles()


@pytest.fixture
def settings(world: Warehouse, receivers: Receivers) -> Settings:
    """A healthy world, all destinations set up."""
    states.healthy(world)
    return receivers.settings(world)


def test_reminders_come_by_severity_until_somebody_acknowledges(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    assert told(world, settings, receivers) == ["Acme (acme): The daily collection is late"]
    pass_hours(world, 3.9)
    assert told(world, settings, receivers) == []
    pass_hours(world, 0.2)
    assert told(world, settings, receivers) == ["Still: Acme (acme): The daily collection is late"]
    assert told(world, settings, receivers) == []
    with connect(settings) as connection:
        assert operators.acknowledge(connection, [1], "anna") == [1]
        assert operators.acknowledge(connection, [1], "bert") == []
    pass_hours(world, 100)
    assert told(world, settings, receivers) == []
    assert world.rows("select state, acknowledged_by, severity from ops.alerts") == [
        ("acknowledged", "anna", "critical")
    ]
    states.day_came(world)
    assert told(world, settings, receivers) == ["Acme (acme): The daily collection is complete"]


def test_what_nobody_acknowledges_rises_one_severity_after_another(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    worlds.quarantine_waits(world)
    assert told(world, settings, receivers) == ["Acme (acme): The gate refused answers of Meta"]
    pass_hours(world, 73)
    assert told(world, settings, receivers) == [
        "Now high: Acme (acme): The gate refused answers of Meta"
    ]
    assert told(world, settings, receivers) == []
    pass_hours(world, 25)
    assert told(world, settings, receivers) == [
        "Now critical: Acme (acme): The gate refused answers of Meta"
    ]
    pass_hours(world, 5)
    assert told(world, settings, receivers) == [
        "Still: Acme (acme): The gate refused answers of Meta"
    ]
    assert world.rows("select severity, times_seen from ops.alerts") == [("critical", 5)]


def test_zero_hours_are_never(world: Warehouse, receivers: Receivers) -> None:
    states.healthy(world)
    settings = receivers.settings(world, alert_remind_hours="0,0,0", alert_raise_hours="0,0")
    worlds.quarantine_waits(world)
    assert len(told(world, settings, receivers)) == 1
    pass_hours(world, 1000)
    assert told(world, settings, receivers) == []


def test_what_returns_within_a_day_is_the_same_alert_opened_again(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    told(world, settings, receivers)
    states.day_came(world)
    told(world, settings, receivers)
    states.day_lost(world)
    assert told(world, settings, receivers) == ["Again: Acme (acme): The daily collection is late"]
    note = receivers.webhook.requests[0].document["data"]["note"]
    assert note == "It was resolved before; it has now opened twice."
    assert world.rows("select state, times_opened, times_seen from ops.alerts") == [("open", 2, 1)]
    states.day_came(world)
    told(world, settings, receivers)
    pass_hours(world, 25)
    states.day_lost(world)
    told(world, settings, receivers)
    assert world.rows("select state from ops.alerts order by alert_id") == [
        ("resolved",),
        ("open",),
    ]


def test_closed_by_hand_it_opens_again_while_the_fact_stands(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    told(world, settings, receivers)
    with connect(settings) as connection:
        assert not operators.resolve(connection, settings, 1, "anna", "it will come")
    assert told(world, settings, receivers) == [
        "Closed by anna: The daily collection is late",
        "Again: Acme (acme): The daily collection is late",
    ]
    with connect(settings) as connection, pytest.raises(UsageError, match="No alert 7"):
        operators.resolve(connection, settings, 7, "anna", "why")


def test_a_mute_keeps_silent_and_tells_at_its_end_what_still_stands(
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
    assert told(world, settings, receivers) == ["Borealis (borealis): The daily collection is late"]
    assert world.value("select count(*) from ops.alerts where state = 'open'") == 2
    with connect(settings) as connection:
        operators.unmute(connection, mute)
        with pytest.raises(UsageError, match="No mute"):
            operators.unmute(connection, mute)
    assert told(world, settings, receivers) == ["Acme (acme): The daily collection is late"]


def test_what_heals_under_a_mute_is_never_told(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    with connect(settings) as connection:
        later = world.value("select now()") + timedelta(hours=1)
        operators.mute(connection, None, None, until=later, by="anna", why="a move")
    states.day_lost(world)
    assert told(world, settings, receivers) == []
    states.day_came(world)
    assert told(world, settings, receivers) == []
    assert world.value("select state from ops.alerts") == "resolved"


def many_clients(world: Warehouse, count: int) -> None:
    """So many clients more, with a week in order."""
    for number in range(count):
        client_id = add_client(world, f"client-{number:02}", owed_since=worlds.WEEK[-1])
        for day in worlds.WEEK:
            put_day(world, client_id, day)
    world.execute("update ops.client_months set published_version = version")


def test_many_clients_with_the_same_cause_are_one_message(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    many_clients(world, 24)
    states.day_lost(world)
    world.execute(
        "delete from ops.slice_state where date_day = %s and client_id like 'client-%%'",
        [LATEST_DUE_DAY],
    )
    assert told(world, settings, receivers) == ["25 clients: The daily collection is late"]
    content = receivers.webhook.requests[0].document["data"]
    assert len(content["items"]) == 20
    assert content["more"] == 5
    assert len(content["alerts"]) == 25
    assert content["do"].endswith("meta-ads run --client CLIENT")
    # Those that heal together are told together; the others stand.
    for number in range(3):
        put_day(world, f"client-{number:02}", LATEST_DUE_DAY)
    world.execute("update ops.client_months set published_version = version")
    assert told(world, settings, receivers) == ["3 clients: The daily collection is complete"]
    assert world.value("select count(*) from ops.alerts where state = 'open'") == 22


def test_a_cause_silences_what_follows_from_it_and_is_as_bad_as_that(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    failing = states.failing("BudgetExhaustedError", "acme", reason="too many calls")
    failing(world)
    assert told(world, settings, receivers) == [
        "Acme (acme): Meta throttles calls for longer than a run may wait"
    ]
    # Hours later: the day is late, the cache old, the failure open, all because of that.
    states.day_lost(world)
    worlds.cache_is(7)(world)
    world.execute("update ops.failed_collections set failed_at = failed_at - interval '2 hours'")
    assert told(world, settings, receivers) == [
        "Now critical: Acme (acme): Meta throttles calls for longer than a run may wait"
    ]
    assert world.rows("select rule, severity from ops.alerts") == [("throttled", "critical")]
    states.answered("acme")(world)
    assert told(world, settings, receivers) == [
        "Acme (acme): Calls are no longer throttled",
        "Acme (acme): The daily collection is late",
        "Acme (acme): The figures of the current month are old",
    ]


def test_an_alert_that_something_else_explains_later_stays_as_it_is(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    told(world, settings, receivers)
    states.failing("TokenDeadError", "acme")(world)
    assert told(world, settings, receivers) == [
        "Meta refuses an access token (META_ACCESS_TOKEN, 1 client)"
    ]
    assert world.rows("select rule, state from ops.alerts order by alert_id") == [
        ("daily_collection", "open"),
        ("token_dead", "open"),
    ]
    pass_hours(world, 5)
    assert told(world, settings, receivers) == [
        "Still: Meta refuses an access token (META_ACCESS_TOKEN, 1 client)"
    ]


def test_a_day_once_told_of_stays_until_it_is_there_or_waived(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    """Time alone resolves nothing: neither the next day nor the end of any window."""
    states.day_lost(world)
    told(world, settings, receivers)
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


def test_days_left_to_a_person_are_told_with_all_their_tries_and_a_step_more_severe(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    worlds.quarantine_waits(world)
    told(world, settings, receivers)
    day = worlds.WEEK[2]
    for hour in range(9):
        world.execute(
            "insert into ops.receipts (client_id, level, date_day, state, received_at, reason) "
            "values ('acme', 'campaign', %s, 'refused', %s, 'formats')",
            [day, f"2026-11-15T{hour:02}:10:00Z"],
        )
    world.execute("update ops.slice_state set failed_attempts = 9 where last_attempt = 'refused'")
    assert told(world, settings, receivers) == [
        "Now high: Acme (acme): The gate refused answers of Meta"
    ]
    assert receivers.webhook.requests[0].document["data"]["items"][0]["text"] == (
        "2026-11-12: refused by formats (earlier rows are kept); 9 attempts failed, no more "
        "follow: 2026-11-12 at 2026-11-15 00:10, 01:10, 02:10, 03:10, 04:10, 05:10, 06:10, 07:10, "
        "08:10 UTC"
    )


def test_an_outage_lasts_until_everybody_was_asked_again(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.failing("TransientError", "acme", "borealis", reason="HTTP 503")(world)
    assert told(world, settings, receivers) == ["The Insights API does not answer (2 clients)"]
    # The first of them is answered: the other one had no turn yet, and is no new matter.
    states.answered("acme")(world)
    world.execute("update ops.failed_collections set failed_at = failed_at - interval '2 hours'")
    assert told(world, settings, receivers) == []
    assert world.rows("select rule, state from ops.alerts") == [("api_unreachable", "open")]
    states.answered("borealis")(world)
    assert told(world, settings, receivers) == ["The Insights API answers again (1 client)"]


def test_one_client_alone_that_gets_no_answer_is_no_outage(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.answered("borealis")(world)
    states.failing("TransientError", "acme", reason="HTTP 500")(world)
    world.execute("update ops.slice_state set last_attempt = 'failed' where client_id = 'acme'")
    assert told(world, settings, receivers) == []
    world.execute("update ops.failed_collections set failed_at = failed_at - interval '1 hour'")
    assert told(world, settings, receivers) == ["Acme (acme): Collections failed"]


def test_a_client_that_leaves_the_clients_file_takes_its_alerts_along(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    told(world, settings, receivers)
    world.execute("update ops.clients set is_listed = false where client_id = 'acme'")
    assert len(told(world, settings, receivers)) == 1
    assert world.value("select state from ops.alerts") == "resolved"


def test_a_client_that_pauses_has_no_dead_token_any_more(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.failing("TokenDeadError", "acme")(world)
    told(world, settings, receivers)
    world.execute("update ops.clients set status = 'paused' where client_id = 'acme'")
    assert told(world, settings, receivers) == [
        "The access token is no longer refused (META_ACCESS_TOKEN, 1 client)"
    ]


def test_a_version_is_told_of_before_its_year_is_over(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    evaluate(settings.model_copy(update={"api_version": "v25.0"}))
    assert world.value("select count(*) from ops.alerts") == 0
    later = {"api_version": "v25.0", "now_override": datetime(2026, 12, 20, tzinfo=UTC)}
    evaluate(receivers.settings(world, **later))
    found = world.rows("select severity, detail from ops.alerts where rule = 'api_version_ending'")
    assert found == [("low", "v25.0 ends about 2027-02-18")]


def test_an_alert_of_a_rule_that_is_no_more_ends_without_a_word(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    world.execute(
        "insert into ops.alerts (fingerprint, rule, severity, subject, notified_at) "
        "values ('old::', 'old', 'high', 'of another version', now())"
    )
    assert told(world, settings, receivers) == []
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


def test_figures_are_told_only_where_they_are_allowed(
    world: Warehouse, receivers: Receivers
) -> None:
    states.healthy(world)
    settings = receivers.settings(world, alert_figures="true")
    states.final_month_changed(world)
    told(world, settings, receivers)
    assert "spend 1,234.56 to 1,300.00" in receivers.mail.mails[0].part("plain")


def test_a_secret_that_an_error_quotes_is_taken_out(world: Warehouse, receivers: Receivers) -> None:
    states.healthy(world)
    settings = receivers.settings(world, access_token="EAAB-a-token-of-meta")
    quoted = "Malformed access token EAAB-a-token-of-meta; see a-secret-of-the-webhook"
    states.failing("PermissionDeniedError", "acme", reason=quoted)(world)
    told(world, settings, receivers)
    everything = str(world.rows("select content::text from ops.alert_messages"))
    everything += str(world.rows("select detail, facts::text from ops.alerts"))
    everything += receivers.mail.mails[0].part("html") + str(receivers.webhook.requests[0].body)
    assert "Malformed access token ***; see ***" in everything
    assert "EAAB-a-token" not in everything
    assert "a-secret-of-the-webhook" not in everything


def test_days_that_nobody_asked_for_are_told_only_if_they_stay_so(
    world: Warehouse, receivers: Receivers
) -> None:
    """A new client owes a lot until the next run: nobody is woken for that."""
    states.healthy(world)
    world.execute("truncate ops.alerts_pending")
    settings = receivers.settings(world, alert_pending_minutes=15)
    add_client(world, "cobalt", owed_since=worlds.WEEK[-1])
    assert told(world, settings, receivers) == []
    for day in worlds.WEEK:
        put_day(world, "cobalt", day)
    world.execute("update ops.client_months set published_version = version")
    assert told(world, settings, receivers) == []
    assert world.rows("select fingerprint from ops.alerts_pending") == []
    # Nobody asks at all.
    states.day_lost(world)
    assert told(world, settings, receivers) == []
    world.execute("update ops.alerts_pending set first_seen_at = now() - interval '15 minutes'")
    assert told(world, settings, receivers) == ["Acme (acme): The daily collection is late"]
    # What was asked for in vain is told at once.
    worlds.refused_without_data(world, "borealis", LATEST_DUE_DAY)
    assert told(world, settings, receivers) == ["Borealis (borealis): The daily collection is late"]
    assert world.value("select count(*) from ops.alerts_pending") == 0


def test_a_new_warehouse_that_never_collected_is_told_of_after_two_hours(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    worlds.empty(world)
    world.execute("update ops.migrations set applied_at = now()")
    assert told(world, settings, receivers) == []
    world.execute("update ops.migrations set applied_at = now() - interval '3 hours'")
    assert told(world, settings, receivers) == ["The daily collection is late"]
    item: dict[str, Any] = receivers.webhook.requests[0].document["data"]["items"][0]
    assert item["text"] == "no client is known: nothing was ever collected here"
