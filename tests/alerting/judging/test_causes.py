"""One cause is one message, however many alerts follow from it and however many clients it has."""

import states
import worlds
from alert_receivers import Receivers
from databases import Warehouse
from factories import LATEST_DUE_DAY, add_client, put_day
from steps import age_alerts, sent_titles

from orchestration.settings import Settings


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
    assert sent_titles(world, settings, receivers) == ["25 clients: The daily collection is late"]
    content = receivers.webhook.requests[0].document["data"]
    assert len(content["items"]) == 20
    assert content["more"] == 5
    assert len(content["alerts"]) == 25
    assert content["do"].endswith("meta-ads run --client CLIENT")
    # Alerts that are resolved together are one message; the others stay open.
    for number in range(3):
        put_day(world, f"client-{number:02}", LATEST_DUE_DAY)
    world.execute("update ops.client_months set published_version = version")
    assert sent_titles(world, settings, receivers) == [
        "3 clients: The daily collection is complete"
    ]
    assert world.value("select count(*) from ops.alerts where state = 'open'") == 22


def test_a_cause_replaces_what_follows_from_it_and_takes_over_its_severity(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    failing = states.failing("BudgetExhaustedError", "acme", reason="too many calls")
    failing(world)
    assert sent_titles(world, settings, receivers) == [
        "Acme (acme): Meta throttles calls for longer than a run may wait"
    ]
    # Hours later: the day is late, the cache old, the failure open, all because of that.
    states.day_lost(world)
    worlds.cache_is(7)(world)
    world.execute("update ops.failed_collections set failed_at = failed_at - interval '2 hours'")
    assert sent_titles(world, settings, receivers) == [
        "Now critical: Acme (acme): Meta throttles calls for longer than a run may wait"
    ]
    assert world.rows("select rule, severity from ops.alerts") == [("throttled", "critical")]
    states.answered("acme")(world)
    assert sent_titles(world, settings, receivers) == [
        "Acme (acme): Calls are no longer throttled",
        "Acme (acme): The daily collection is late",
        "Acme (acme): The figures of the current month are old",
    ]


def test_an_open_alert_that_gets_a_cause_later_stays_as_it_is(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.day_lost(world)
    sent_titles(world, settings, receivers)
    states.failing("TokenDeadError", "acme")(world)
    assert sent_titles(world, settings, receivers) == [
        "Meta refuses an access token (META_ACCESS_TOKEN, 1 client)"
    ]
    assert world.rows("select rule, state from ops.alerts order by alert_id") == [
        ("daily_collection", "open"),
        ("token_dead", "open"),
    ]
    age_alerts(world, 5)
    assert sent_titles(world, settings, receivers) == [
        "Still: Meta refuses an access token (META_ACCESS_TOKEN, 1 client)"
    ]


def test_an_outage_lasts_until_all_its_clients_were_asked_again(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.failing("TransientError", "acme", "borealis", reason="HTTP 503")(world)
    assert sent_titles(world, settings, receivers) == [
        "The Insights API does not answer (2 clients)"
    ]
    # The first of them is answered: the other one had no turn yet, and is no new matter.
    states.answered("acme")(world)
    world.execute("update ops.failed_collections set failed_at = failed_at - interval '2 hours'")
    assert sent_titles(world, settings, receivers) == []
    assert world.rows("select rule, state from ops.alerts") == [("api_unreachable", "open")]
    states.answered("borealis")(world)
    assert sent_titles(world, settings, receivers) == ["The Insights API answers again (1 client)"]


def test_one_client_alone_that_gets_no_answer_is_no_outage(
    world: Warehouse, receivers: Receivers, settings: Settings
) -> None:
    states.answered("borealis")(world)
    states.failing("TransientError", "acme", reason="HTTP 500")(world)
    world.execute("update ops.slice_state set last_attempt = 'failed' where client_id = 'acme'")
    assert sent_titles(world, settings, receivers) == []
    world.execute("update ops.failed_collections set failed_at = failed_at - interval '1 hour'")
    assert sent_titles(world, settings, receivers) == ["Acme (acme): Collections failed"]
