"""`meta-ads alerts`, as a person and cron call it."""

import json
from typing import Any

import pytest
import states
from alert_receivers import Receivers
from databases import Warehouse
from receivers import Answer, closed_port


@pytest.fixture
def alerts(world: Warehouse, receivers: Receivers) -> Any:
    """Calls a command against a healthy world, all destinations set up."""
    states.healthy(world)
    world.environment = receivers.environment()

    def call(*arguments: str, code: int = 0, **environment: str) -> str:
        done = world.run("alerts", *arguments, **environment)
        assert done.returncode == code, done.stdout + done.stderr
        assert "Traceback" not in done.stderr
        assert "a-secret-of" not in done.stdout + done.stderr
        return done.stdout if code == 0 else done.stdout + done.stderr

    yield call
    world.environment = {}


def test_an_alert_is_seen_through_from_the_command_line(
    world: Warehouse, receivers: Receivers, alerts: Any
) -> None:
    states.day_lost(world)
    assert alerts("evaluate") == "1 alert open; 1 opened; 3 messages written.\n"
    assert json.loads(alerts("evaluate", "--json")) == {
        "standing": 1,
        "events": {},
        "messages": 0,
        "unreachable": None,
    }
    assert alerts("deliver") == "3 sent, 0 tried again later, 0 given up.\n"
    assert receivers.counts() == (1, 1, 1)
    listed = alerts("list")
    assert "critical" in listed
    assert "The daily collection is late" in listed
    assert "2026-11-14: never asked" in listed
    assert alerts("ack", "1") == "Acknowledged: 1. They stay open until their cause is gone.\n"
    (one,) = json.loads(alerts("list", "--json"))["alerts"]
    assert (one["state"], one["rule"], one["client_id"]) == (
        "acknowledged",
        "daily_collection",
        "acme",
    )
    said = alerts("mute", "daily_collection", "--client", "acme", "--for", "2", "--reason", "x")
    assert said.startswith("Mute 1, until ")
    assert "Mute 1: daily_collection of acme until" in alerts("list")
    assert alerts("unmute", "1").startswith("Mute 1 has ended")
    said = alerts("resolve", "1", "--reason", "it will come")
    assert said == "Alert 1 is closed; it opens again if its cause is still there.\n"
    assert "closed by" in alerts("list", "--all")


def test_wrong_use_is_one_sentence(alerts: Any) -> None:
    assert "No alert 77" in alerts("ack", "77", code=2)
    assert "--for HOURS or --until" in alerts("mute", "--reason", "x", code=2)
    assert "No rule nothing" in alerts("mute", "nothing", "--for", "1", "--reason", "x", code=2)
    assert "was not given up" in alerts("deliver", "--again", "9", code=2)
    assert "No destination pigeon" in alerts("test", "pigeon", code=2)


def test_a_test_says_what_the_destinations_answer_and_whether_there_are_any(
    receivers: Receivers, alerts: Any
) -> None:
    receivers.slack.answer(Answer(403, body=b"invalid_token"))
    said = alerts("test", code=1)
    assert "slack: " in said
    assert "invalid_token" in said
    assert "email: accepted: 250 OK queued as 1234" in said
    assert receivers.counts() == (1, 1, 1)
    off = dict.fromkeys(receivers.environment(), "")
    assert "No destination is set up" in alerts("test", code=2, **off)


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("META_ADS_SLACK_WEBHOOK_URL", "no url"),
        ("META_ADS_WEBHOOK_URL", "example.com/hook"),
        ("META_ADS_SMTP_URL", "mail.example.com"),
        ("META_ADS_ALERT_EMAIL_TO", ""),
    ],
)
def test_an_address_that_is_none_is_wrong_use_though_the_others_work(
    receivers: Receivers, alerts: Any, variable: str, value: str
) -> None:
    said = alerts("test", code=2, **{variable: value})
    assert f"cannot be used as it is set up: {said.rpartition('set up: ')[2].split(':')[0]}" in said
    assert variable in said.rpartition("set up: ")[2]
    assert "accepted" in said
    assert sum(receivers.counts()) == 2


def test_without_a_warehouse_it_is_exit_code_3(alerts: Any) -> None:
    gone = f"postgresql://nobody:a-secret-of-postgres@127.0.0.1:{closed_port()}/gone"
    assert "cannot be reached" in alerts("evaluate", code=3, WAREHOUSE_URL=gone)
    assert "cannot be reached" in alerts("deliver", code=3, WAREHOUSE_URL=gone)
