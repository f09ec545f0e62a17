"""Data that Meta loses end as the truth, refused, or named: never as smaller numbers unnoticed.

A table of losses: what is lost, at which levels, on days that stand or that are read for the first
time, of one client or of all. One collection meets the fault on three days of one client and on
three others of all; a loss of everything is met twice. After the fault one collection heals it.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from databases import Warehouse
from places import Place
from sandbox_support import spoil

from orchestration.cli.actions.jobs import SERIOUS
from orchestration.clients.model import Client
from orchestration.collection.collection import collect
from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.connection import connect
from orchestration.warehouse.embedded.server import EmbeddedServer
from orchestration.warehouse.ledger.summary import Trouble, troubles

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
ACCOUNTS = (1001, 1002)
"""Two shops: only shops are expected to have purchases and values."""
SINCE, UNTIL = date(2026, 10, 18), date(2026, 11, 14)
"""Four weeks: the first window of a new client, or a lookback that is read again."""
OF_ONE = (date(2026, 11, 3), date(2026, 11, 5))
OF_ALL = (date(2026, 11, 8), date(2026, 11, 10))
SAVED = "losses_standing"

LOST: dict[str, dict[str, Any]] = {
    "all actions": {"what": "actions"},
    "off-site types": {"what": "offsite"},
    "one family": {"what": "family"},
    "values only": {"what": "values"},
    "a share of delivery": {"what": "delivery"},
    "whole days": {"what": "rows"},
    "everything": {"what": "rows"},
}
LEVELS = {
    "all levels": "account,campaign,adset,ad",
    "upper levels": "account,campaign",
    "campaigns only": "campaign",
}
TRUE, REFUSED, NAMED = "true", "refused", "named"
"""The conversions of deeper levels complete the day; the day is refused; it is kept and named."""
CONVERSIONS = ("all actions", "off-site types", "one family", "values only")
EXPECTED: dict[tuple[str, str, str], str] = {
    **{
        (sight, lost, levels): TRUE if levels != "all levels" else REFUSED
        for sight in ("standing", "first sight")
        for lost in CONVERSIONS
        for levels in LEVELS
    },
    **{
        (sight, lost, levels): REFUSED
        for sight in ("standing", "first sight")
        for lost in LOST.keys() - {*CONVERSIONS}
        for levels in LEVELS
    },
    # No level and no past tells these: they are kept, named, and the next reading mends them.
    ("first sight", "a share of delivery", "all levels"): NAMED,
    ("first sight", "whole days", "all levels"): NAMED,
    ("first sight", "everything", "all levels"): NAMED,
}

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


def days_of(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


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


@pytest.fixture(scope="module")
def laboratory(
    server: EmbeddedServer,
    template: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Laboratory]:
    place = Place(server, template)
    with SandboxProcess(now=NOW) as sandbox:
        made = Laboratory(place, sandbox, tmp_path_factory.mktemp("losses"), {})
        with place.warehouse(made.home, {}) as warehouse:
            clean = made.collect(warehouse, "clean")
            assert clean.named == []
            made.truth = clean.sums
            place.save(SAVED)
        assert made.calls_below() == [], "undisturbed days ask no deeper level"
        yield made
        place.forget(SAVED)


def outcome(found: Seen, truth: Sums, client_id: str, days: Sequence[date], sight: str) -> set[str]:
    """How these days ended; anything but the three allowed ends fails here."""
    ends = set()
    for day in days:
        keys = [(client_id, day, level) for level in ("account", "campaign")]
        is_true = all(found.sums.get(key) == truth[key] for key in keys)
        if found.attempts[client_id, day] == "refused":
            assert is_true if sight == "standing" else not any(key in found.sums for key in keys)
            ends.add(REFUSED)
        else:
            ends.add(TRUE if is_true else NAMED)
    if ends & {REFUSED, NAMED}:
        assert found.exit_code == 1
        assert found.names(client_id, days), found.named
    return ends


def strike(laboratory: Laboratory, lost: str, levels: str, whom: str) -> dict[str, list[date]]:
    """Set the faults; returns the affected days by client."""
    how = LOST[lost] | {"levels": LEVELS[levels]}
    struck: dict[str, list[date]] = {client_of(n): [] for n in ACCOUNTS}
    if lost == "everything":
        of = {"account": f"act_{ACCOUNTS[0]}"} if whom == "one client" else {}
        spoil(laboratory.sandbox, "vanish", **how, **of)
        for n in ACCOUNTS[: 1 if of else None]:
            struck[client_of(n)] = days_of(SINCE, UNTIL)
        return struck
    for account, (since, until) in (({"account": f"act_{ACCOUNTS[0]}"}, OF_ONE), ({}, OF_ALL)):
        days = {"since": str(since), "until": str(until)}
        spoil(laboratory.sandbox, "vanish", **how, **days, **account)
    struck[client_of(ACCOUNTS[0])] = [*days_of(*OF_ONE), *days_of(*OF_ALL)]
    struck[client_of(ACCOUNTS[1])] = days_of(*OF_ALL)
    return struck


CELLS = [
    (sight, lost, levels, whom)
    for sight in ("standing", "first sight")
    for lost in LOST
    for levels in LEVELS
    for whom in (["one client", "all clients"] if lost == "everything" else ["one and all"])
]


@pytest.mark.parametrize(("sight", "lost", "levels", "whom"), CELLS)
def test_a_loss_ends_as_the_truth_or_refused_or_named_and_heals(
    laboratory: Laboratory, sight: str, lost: str, levels: str, whom: str
) -> None:
    laboratory.mend()
    struck = strike(laboratory, lost, levels, whom)
    like = SAVED if sight == "standing" else None
    with laboratory.place.warehouse(laboratory.home, {}, like=like) as warehouse:
        found = laboratory.collect(warehouse, "struck")
        for client_id, days in struck.items():
            expected = EXPECTED[sight, lost, levels]
            if days:
                ends = outcome(found, laboratory.truth, client_id, days, sight)
                assert ends == {expected}, found.named
            if expected == TRUE:
                assert {day for client, day in found.mended if client == client_id} == {*days}
            for day in {*days_of(SINCE, UNTIL)} - {*days}:
                assert found.attempts[client_id, day] == "received"
                for level in ("account", "campaign"):
                    key = (client_id, day, level)
                    assert found.sums[key] == laboratory.truth[key]
        laboratory.mend()
        healed = laboratory.collect(warehouse, "healed")
        assert healed.sums == laboratory.truth
        assert healed.mended == set()
        assert healed.named == []
        assert {*healed.attempts.values()} == {"received"}
        assert laboratory.calls_below() == []
