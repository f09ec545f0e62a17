"""Collections from a sandbox that loses data: the sums that stand, the days that are named."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import requests
from databases import Warehouse
from places import Place

from orchestration.cli.actions.jobs import SERIOUS
from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.connection import connect
from orchestration.warehouse.ledger.summary import Trouble, troubles

ACCOUNTS = (1001, 1002)
"""Two shops: only shops are expected to have purchases and values."""

SINCE, UNTIL = date(2026, 10, 18), date(2026, 11, 14)
"""Four weeks: the first window of a new client, or a lookback that is read again."""

Sums = dict[tuple[str, date, str], tuple[Any, ...]]
SUMS = """
with arrays as (
    select c.client_id, c.date_day, c.level, 'count' as what, e.action_type, e.value
    from staging.conversions as c
    cross join jsonb_to_recordset(c.actions) as e (action_type text, value numeric)
    union all
    select c.client_id, c.date_day, c.level, 'value', e.action_type, e.value
    from staging.conversions as c
    cross join jsonb_to_recordset(c.action_values) as e (action_type text, value numeric)
),
told as (
    select
        client_id, date_day, level,
        array_agg((what, action_type, sum)::text order by what, action_type) as actions
    from (
        select client_id, date_day, level, what, action_type, trim_scale(sum(value)) as sum
        from arrays group by client_id, date_day, level, what, action_type
    ) as sums
    group by client_id, date_day, level
)
select d.client_id, d.date_day, d.level, d.delivery::text, t.actions
from (
    select client_id, date_day, level,
        (sum(spend), sum(impressions), sum(clicks), sum(link_clicks)) as delivery
    from staging.insights group by client_id, date_day, level
    union all
    select client_id, date_day, 'account', (spend, impressions, clicks, link_clicks)
    from staging.control_totals
) as d
left join told as t using (client_id, date_day, level)
"""


def client_of(account: int) -> str:
    return f"c{account}"


@dataclass(frozen=True)
class Seen:
    """Results of a collection: sums in staging, state of each day's last attempt, violations."""

    sums: Sums
    attempts: dict[tuple[str, date], str]
    named: list[Trouble]
    mended: set[tuple[str, date]]

    @property
    def exit_code(self) -> int:
        return int(any(trouble.kind in SERIOUS for trouble in self.named))

    def names(self, client_id: str, days: Sequence[date]) -> bool:
        return any(
            trouble.client_id == client_id
            and trouble.kind in SERIOUS
            and trouble.since <= days[-1]
            and trouble.until >= days[0]
            for trouble in self.named
        )


@dataclass
class Laboratory:
    """A warehouse with stored days, copied for each loss, and an empty one for first readings."""

    place: Place
    sandbox: SandboxProcess
    home: Path
    truth: Sums

    def collect(self, warehouse: Warehouse, run_id: str) -> Seen:
        clients = [
            Client(client_id=client_of(n), name=f"C{n}", ad_account_id=f"act_{n}", starts_on=SINCE)
            for n in ACCOUNTS
        ]
        settings = warehouse.settings(api_url=self.sandbox.url, retry_delays=(0.0, 0.0, 0.0))
        done = collect(settings, clients, since=SINCE, until=UNTIL, run_id=run_id)
        assert done.failed == []
        return seen(warehouse, settings, run_id)

    def calls_below(self) -> list[str]:
        """The deeper levels that were asked, in order."""
        log = requests.get(f"{self.sandbox.url}/sandbox/log", timeout=20).json()["requests"]
        levels = [entry.get("level") for entry in log]
        return [level for level in levels if level in ("adset", "ad")]

    def mend(self) -> None:
        requests.delete(f"{self.sandbox.url}/sandbox/faults", timeout=20)
        requests.delete(f"{self.sandbox.url}/sandbox/log", timeout=20)


def seen(warehouse: Warehouse, settings: Any, run_id: str) -> Seen:
    with connect(settings) as connection:
        named = troubles(connection, [client_of(n) for n in ACCOUNTS], run_id)
    return Seen(
        {
            (client, day, level): (delivery, tuple(actions or ()))
            for client, day, level, delivery, actions in warehouse.rows(SUMS)
        },
        {
            (client, day): attempt
            for client, day, attempt in warehouse.rows(
                "select client_id, date_day, last_attempt from ops.slice_state "
                "where level = 'campaign'"
            )
        },
        named,
        {
            (client, day)
            for client, day in warehouse.rows(
                "select client_id, date_day from ops.slice_state "
                "where level = 'campaign' and mended_from = 'adset'"
            )
        },
    )
