"""The warehouse is read-only: one alert, kept in a file, resolved once it is writable again."""

import psycopg
import pytest
import states
from alert_receivers import Receivers
from databases import Warehouse

from orchestration.alerting.delivery.deliver import deliver
from orchestration.alerting.evaluate import evaluate


def turn(world: Warehouse, state: str) -> None:
    """As a host does it: for every session from now on."""
    with psycopg.connect(world.url, autocommit=True) as connection:
        connection.execute("set default_transaction_read_only = off")
        name = connection.info.dbname
        connection.execute(
            f"alter database {name} set default_transaction_read_only = {state}".encode()
        )


@pytest.mark.parametrize("evaluations", [2, 4])
def test_a_read_only_warehouse_is_one_alert_however_long_it_stays(
    world: Warehouse, receivers: Receivers, evaluations: int
) -> None:
    states.healthy(world)
    settings = receivers.settings(world)
    turn(world, "on")
    try:
        for _ in range(evaluations):
            assert "is read-only" in evaluate(settings).unreachable
            assert "is read-only" in deliver(settings).unreachable
    finally:
        turn(world, "off")
    assert receivers.counts() == (1, 1, 1)
    mail = receivers.mail.mails[0].part("plain")
    assert "default_transaction_read_only" in mail
    evaluate(settings)
    deliver(settings)
    assert receivers.counts() == (2, 2, 2)
    assert receivers.titles()[-1].endswith("written to again")
    assert world.rows("select rule, state from ops.alerts") == [
        ("warehouse_unreachable", "resolved")
    ]
