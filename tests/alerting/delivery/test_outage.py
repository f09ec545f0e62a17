"""The warehouse cannot be reached: one alert all the same, stored in the warehouse afterwards."""

import os
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from typing import Any

import orjson
import pytest
import states
from alert_receivers import Receivers
from databases import Warehouse
from receivers import closed_port

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate
from orchestration.settings import Settings


@pytest.fixture
def away(world: Warehouse, receivers: Receivers) -> Settings:
    """Settings with a server that does not exist, while the warehouse itself is healthy."""
    states.healthy(world)
    rmtree(world.home / "alerts", ignore_errors=True)
    url = f"postgresql://user:a-password-of-postgres@127.0.0.1:{closed_port()}/gone"
    return receivers.settings(world, warehouse_url=url)


def kept(world: Warehouse) -> Any:
    return orjson.loads((world.home / "alerts" / "unreachable.json").read_bytes())


def test_the_second_evaluation_opens_the_alert_which_the_warehouse_resolves_later(
    world: Warehouse, receivers: Receivers, away: Settings
) -> None:
    assert "cannot be reached" in evaluate(away).unreachable
    assert "cannot be reached" in deliver(away).unreachable
    assert receivers.counts() == (0, 0, 0)
    for _ in range(3):
        evaluate(away)
        deliver(away)
    assert receivers.counts() == (1, 1, 1)
    assert receivers.titles() == ["The warehouse cannot be reached or written to"]
    assert receivers.subjects() == ["[CRITICAL] The warehouse cannot be reached or written to"]
    messages = str(receivers.webhook.requests[0].body) + receivers.mail.mails[0].part("plain")
    assert "a-password-of-postgres" not in messages + str(kept(world))

    back = receivers.settings(world)
    evaluate(back)
    deliver(back)
    assert receivers.titles() == [
        "The warehouse cannot be reached or written to",
        "The warehouse can be reached and written to again",
    ]
    assert world.rows(
        "select rule, severity, state, times_seen, since < resolved_at from ops.alerts"
    ) == [("warehouse_unreachable", "critical", "resolved", 4, True)]
    assert world.rows(
        "select kind, state, count(*), count(receipt) from ops.alert_messages group by 1, 2 "
        "order by 1"
    ) == [("opened", "sent", 3, 3), ("resolved", "sent", 3, 3)]
    evaluate(back)
    deliver(back)
    assert receivers.counts() == (2, 2, 2)


def test_a_server_that_restarts_is_no_alert(
    world: Warehouse, receivers: Receivers, away: Settings
) -> None:
    evaluate(away)
    back = receivers.settings(world)
    evaluate(back)
    evaluate(away)
    deliver(away)
    evaluate(back)
    deliver(back)
    assert receivers.counts() == (0, 0, 0)
    assert world.value("select count(*) from ops.alerts") == 0


def test_what_could_not_be_sent_meanwhile_is_sent_before_its_end(
    world: Warehouse, receivers: Receivers, away: Settings
) -> None:
    receivers.webhook.answer(503)
    receivers.slack.answer(404)
    for _ in range(2):
        evaluate(away)
    deliver(away)
    assert len(receivers.subjects()) == 1
    back = receivers.settings(world)
    evaluate(back)
    deliver(back)
    assert receivers.titles() == [
        "The warehouse cannot be reached or written to",
        "The warehouse cannot be reached or written to",
        "The warehouse can be reached and written to again",
    ]
    keys = [request.headers["webhook-id"] for request in receivers.webhook.requests]
    assert keys[0] == keys[1]


def test_killed_between_the_commit_and_the_file_it_becomes_no_second_alert(
    world: Warehouse, receivers: Receivers, away: Settings
) -> None:
    for _ in range(2):
        evaluate(away)
    before = (world.home / "alerts" / "unreachable.json").read_bytes()
    back = receivers.settings(world)
    evaluate(back)
    (world.home / "alerts" / "unreachable.json").write_bytes(before)
    evaluate(back)
    assert world.value("select count(*) from ops.alerts") == 1
    assert not (world.home / "alerts" / "unreachable.json").exists()


def test_a_reminder_comes_after_hours(
    world: Warehouse, receivers: Receivers, away: Settings
) -> None:
    for _ in range(2):
        evaluate(away)
    deliver(away)
    document = kept(world)
    document["told_at"] = "2020-01-01T00:00:00+00:00"
    (world.home / "alerts" / "unreachable.json").write_bytes(orjson.dumps(document))
    evaluate(away)
    deliver(away)
    assert receivers.titles()[1:] == ["Still: The warehouse cannot be reached or written to"]


def test_without_any_disk_the_alert_is_sent_at_once_and_once(
    world: Warehouse,
    receivers: Receivers,
    away: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fill(world.home / "alerts")
    fill(spare_folder(tmp_path, world.home, monkeypatch))
    assert "cannot be reached" in evaluate(away).unreachable
    assert receivers.counts() == (1, 1, 1)
    for _ in range(3):
        deliver(away)
        evaluate(away)
    assert receivers.counts() == (1, 1, 1)

    back = receivers.settings(world)
    evaluate(back)
    deliver(back)
    assert receivers.titles()[-1] == "The warehouse can be reached and written to again"
    assert world.value("select state from ops.alerts") == "resolved"


def test_where_the_state_folder_is_full_another_disk_keeps_it(
    world: Warehouse,
    receivers: Receivers,
    away: Settings,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    evaluate(away)
    fill(world.home / "alerts")
    spare = spare_folder(tmp_path, world.home, monkeypatch)
    for _ in range(3):
        evaluate(away)
        deliver(away)
    assert receivers.counts() == (1, 1, 1)
    assert orjson.loads((spare / "unreachable.json").read_bytes())["sights"] == 4
    assert not (world.home / "alerts" / "unreachable.json").exists()


@pytest.mark.parametrize("content", [b"", b'{"outage_id": "half', b'{"other": 1}', b"\xff\x00"])
def test_a_file_that_is_half_written_counts_as_none_and_is_said(
    world: Warehouse,
    receivers: Receivers,
    away: Settings,
    content: bytes,
    caplog: pytest.LogCaptureFixture,
) -> None:
    evaluate(away)
    (world.home / "alerts" / "unreachable.json").write_bytes(content)
    for _ in range(2):
        evaluate(away)
        deliver(away)
    assert receivers.counts() == (1, 1, 1)
    assert "unreachable.json cannot be read" in caplog.text


def fill(folder: Path) -> None:
    """No file of an outage can be written there any more."""
    (folder / "unreachable.json.new").mkdir(parents=True)


def spare_folder(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the file of an outage goes beside the state folder."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    name = sha256(os.fsencode(home)).hexdigest()[:12]
    return tmp_path / f"meta-ads-alerts-{os.getuid()}-{name}"
