"""Data that Meta loses end as the truth, refused, or named: never as smaller numbers unnoticed.

A table of losses: what is lost, at which levels, on days that stand or that are read for the first
time, of one client or of all. One collection meets the fault on three days of one client and on
three others of all; a loss of everything is met twice. After the fault one collection heals it.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from lost_data import ACCOUNTS, SINCE, UNTIL, Laboratory, Seen, Sums, client_of
from places import Place
from sandbox_support import spoil

from orchestration.sandbox.process import SandboxProcess
from orchestration.warehouse.embedded.server import EmbeddedServer

NOW = datetime(2026, 11, 15, 12, tzinfo=UTC)
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


def days_of(since: date, until: date) -> list[date]:
    return [since + timedelta(days=n) for n in range((until - since).days + 1)]


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
