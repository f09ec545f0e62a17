"""Fourteen months of data in which nothing is wrong: nobody is woken."""

from alert_receivers import Receivers
from databases import Warehouse

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate

CLIENTS = ("acme-outdoor", "kiwi-trail-gear")
"""Two currencies, half a day apart."""


def test_fourteen_months_in_order_open_nothing_above_low(
    demo: Warehouse, receivers: Receivers
) -> None:
    only = [option for client in CLIENTS for option in ("--client", client)]
    done = demo.run("run", "--since", "2025-09-15", *only)
    assert done.returncode == 0, done.stderr
    assert demo.value("select count(*) from ops.slice_state where level = 'campaign'") >= 2 * 400
    # The other clients of the file owe their days: they are not what this is about.
    demo.execute("update ops.clients set is_listed = client_id = any(%s)", [list(CLIENTS)])
    settings = receivers.settings(demo)
    for _ in range(2):
        evaluate(settings)
        deliver(settings)
    assert demo.rows("select rule, detail from ops.alerts where severity <> 'low'") == []
    kinds = demo.rows("select distinct kind from ops.alert_messages")
    assert kinds in ([], [("digest",)])
