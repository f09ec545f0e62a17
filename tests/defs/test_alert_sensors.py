"""The sensors that evaluate and deliver alerts: what the command line does, in Dagster's daemon."""

import worlds
from databases import Warehouse
from receivers import HttpReceiver, closed_port
from scenes import told

SCENE = """
import os, sys

def skipped(sensor):
    done = evaluate(sensor)
    assert not done.run_requests
    return done.skip_message

told["evaluated"] = skipped(sensors.alert_on_findings)
told["delivered"] = skipped(sensors.deliver_alerts)
told["again"] = skipped(sensors.alert_on_findings), skipped(sensors.deliver_alerts)
told["heavy"] = [name for name in ("great_expectations", "pandas") if name in sys.modules]
os.environ["WAREHOUSE_URL"] = os.environ["GONE"]
told["away"] = [skipped(sensors.alert_on_findings), skipped(sensors.alert_on_findings)]
told["told"] = skipped(sensors.deliver_alerts)
"""


def test_they_open_tell_once_and_say_in_one_sentence_what_they_did(warehouse: Warehouse) -> None:
    worlds.healthy(warehouse)
    worlds.gap_is_old(warehouse)
    with HttpReceiver() as slack:
        found = told(
            warehouse,
            SCENE,
            META_ADS_SLACK_WEBHOOK_URL=f"{slack.url}/services/T/B/a-secret-of-slack",
            META_ADS_ALERT_HEARTBEAT_HOURS="0",
            META_ADS_ALERT_PENDING_MINUTES="0",
            GONE=f"postgresql://nobody:a-password@127.0.0.1:{closed_port()}/gone",
        )
        messages = [request.document["text"] for request in slack.requests]
    assert found["evaluated"] == "1 alert open; 1 opened."
    assert found["delivered"] == "1 sent, 0 tried again later, 0 given up."
    assert found["again"] == [
        "1 alert open; nothing new.",
        "0 sent, 0 tried again later, 0 given up.",
    ]
    assert found["heavy"] == []
    assert all("cannot be reached" in said for said in found["away"])
    assert "cannot be reached" in found["told"]
    assert "a-password" not in str(found)
    assert len(messages) == 2
    assert "Acme (acme): Days are missing" in messages[0]
    assert "The warehouse cannot be reached" in messages[1]
